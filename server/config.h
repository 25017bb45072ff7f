// The configuration file, checked once.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "renkei/config/v1/config.pb.h"
#include "storage/crypto/argon2id.h"

namespace renkei::server {

// Reads a renkei.config.v1.ServerConfig in text format. Paths come back
// absolute, counted from the file's folder; limits left out have their
// defaults. InvalidArgument names the field and what is wanted.
absl::StatusOr<config::v1::ServerConfig> LoadConfig(const std::string& path);

// What one hash of a password costs.
crypto::Argon2Cost PasswordCost(const config::v1::ServerConfig& config);

}  // namespace renkei::server
