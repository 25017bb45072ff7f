// Whether the server still shows the audit log that it showed before.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/checkpoint_file.h"
#include "client/client.h"
#include "client/language.h"

namespace renkei::client {

// The server's last checkpoint of the log of `network`, its signature checked.
// NOT_FOUND while nothing is signed yet; an alarm if it is not signed well.
absl::StatusOr<SeenCheckpoint> FetchCheckpoint(Client& client,
                                               absl::string_view network);

// Compares the server's checkpoint with the one that was kept, by a proof of
// consistency, and keeps it when it continues that one; the first one ever seen
// is believed. An alarm means that the log was changed, cut or shown in two
// versions: what was kept stays, and what contradicts it is put beside it. Any
// other error means that the server could not be asked.
absl::Status CheckLog(Client& client, absl::string_view network,
                      const CheckpointFile& file);

bool IsLogAlarm(const absl::Status& status);

// For people; to be shown however the call itself ended.
Text LogAlarmText();

}  // namespace renkei::client
