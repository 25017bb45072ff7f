// What the operator asks of a running server over its local socket.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "renkei/config/v1/config.pb.h"
#include "renkei/v1/admin.pb.h"

namespace renkei::server {

// Unseals with a root key file's line, or with the passphrase of the configured
// one.
absl::Status AskToUnseal(const config::v1::ServerConfig& config,
                         const v1::UnsealRequest& request);

// Waits until the backup is done.
absl::StatusOr<v1::BackupResponse> AskToBackUp(
    const config::v1::ServerConfig& config, const std::string& directory);

// Is there a server at the operator's socket?
bool IsAnswering(const config::v1::ServerConfig& config);

}  // namespace renkei::server
