// `renkeid restore`, and what the next start owes to it.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "renkei/config/v1/config.pb.h"
#include "server/opened_store.h"
#include "storage/backup.h"
#include "storage/crypto/secret.h"

namespace renkei::server {

// Puts back the backup at `place`, or the newest one if that is a folder, where
// the configuration names its folders. FailedPrecondition when a server answers
// at the operator's socket, or for what storage::RestoreBackup refuses, whose
// other errors are given too.
absl::StatusOr<storage::RestoreSummary> Restore(
    const config::v1::ServerConfig& config, const crypto::Secret& root,
    const std::string& place);

// If the store was just restored, writes that into its audit logs and ends
// every session; done when it is durable. To be called before anything is
// served.
absl::Status RecordRestore(const config::v1::ServerConfig& config,
                           OpenedStore& opened);

}  // namespace renkei::server
