#include "server/config.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "storage/base/status_macros.h"

namespace renkei::server {
namespace {

using config::v1::ServerConfig;

constexpr const char* kCheckpointFolder = "checkpoints";
constexpr uint32_t kQueuedWritesDefault = 4096;
constexpr uint64_t kLowWaterBytesDefault = uint64_t{1} << 30;
constexpr uint64_t kReserveBytesDefault = uint64_t{64} << 20;
constexpr uint32_t kQueuedWritesLimit = 1 << 20;
constexpr uint64_t kSpoolBytesDefault = uint64_t{1} << 30;
constexpr uint64_t kSpoolBytesMin = uint64_t{1} << 20;
constexpr uint32_t kSpoolLagSecondsDefault = 60;

absl::Status Resolve(const std::filesystem::path& folder,
                     absl::string_view field, std::string& path) {
  if (path.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(field, ": required"));
  }
  path = (folder / path).lexically_normal().string();
  return absl::OkStatus();
}

absl::Status ResolvePaths(const std::filesystem::path& folder,
                          ServerConfig& config) {
  RETURN_IF_ERROR(Resolve(folder, "data_dir", *config.mutable_data_dir()));
  RETURN_IF_ERROR(Resolve(folder, "key_dir", *config.mutable_key_dir()));
  RETURN_IF_ERROR(
      Resolve(folder, "audit_mark_file", *config.mutable_audit_mark_file()));
  if (config.checkpoint_dir().empty()) {
    config.set_checkpoint_dir(
        std::filesystem::path(config.audit_mark_file()).parent_path() /
        kCheckpointFolder);
  }
  RETURN_IF_ERROR(
      Resolve(folder, "checkpoint_dir", *config.mutable_checkpoint_dir()));
  RETURN_IF_ERROR(
      Resolve(folder, "socket_path", *config.mutable_socket_path()));
  RETURN_IF_ERROR(Resolve(folder, "operator_socket_path",
                          *config.mutable_operator_socket_path()));
  if (config.has_root_key_file()) {
    RETURN_IF_ERROR(
        Resolve(folder, "root_key_file", *config.mutable_root_key_file()));
  }
  if (!config.audit_spool_dir().empty()) {
    RETURN_IF_ERROR(
        Resolve(folder, "audit_spool_dir", *config.mutable_audit_spool_dir()));
  }
  const std::string data = config.data_dir() + "/";
  if (absl::StartsWith(config.key_dir() + "/", data) ||
      absl::StartsWith(config.audit_mark_file(), data) ||
      absl::StartsWith(config.checkpoint_dir() + "/", data) ||
      absl::StartsWith(config.audit_spool_dir() + "/", data)) {
    return absl::InvalidArgumentError(
        "key_dir, audit_mark_file, checkpoint_dir, audit_spool_dir: outside "
        "data_dir, so that no copy of it holds them");
  }
  return absl::OkStatus();
}

absl::Status CheckLimits(ServerConfig& config) {
  config::v1::Limits& limits = *config.mutable_limits();
  if (limits.queued_writes_max() == 0) {
    limits.set_queued_writes_max(kQueuedWritesDefault);
  }
  if (limits.queued_writes_max() > kQueuedWritesLimit) {
    return absl::InvalidArgumentError(
        absl::StrCat("limits.queued_writes_max: at most ", kQueuedWritesLimit));
  }
  if (limits.free_space_low_water_bytes() == 0) {
    limits.set_free_space_low_water_bytes(kLowWaterBytesDefault);
  }
  if (limits.disk_reserve_bytes() == 0) {
    limits.set_disk_reserve_bytes(kReserveBytesDefault);
  }
  if (limits.audit_spool_bytes_max() == 0) {
    limits.set_audit_spool_bytes_max(kSpoolBytesDefault);
  }
  if (limits.audit_spool_bytes_max() < kSpoolBytesMin) {
    return absl::InvalidArgumentError(absl::StrCat(
        "limits.audit_spool_bytes_max: at least ", kSpoolBytesMin));
  }
  if (limits.audit_spool_lag_seconds_max() == 0) {
    limits.set_audit_spool_lag_seconds_max(kSpoolLagSecondsDefault);
  }
  if (config.metrics_port() > 65535) {
    return absl::InvalidArgumentError("metrics_port: at most 65535");
  }
  if (config.has_test_password_hashing() &&
      (!config.development_mode() ||
       config.test_password_hashing().memory_kib() < 8 ||
       config.test_password_hashing().passes() < 1)) {
    return absl::InvalidArgumentError(
        "test_password_hashing: only with development_mode, memory_kib 8 or "
        "more, passes 1 or more");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ServerConfig> LoadConfig(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) {
    return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  }
  ServerConfig config;
  if (!google::protobuf::TextFormat::ParseFromString(text.str(), &config)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": not a ServerConfig in text format (see above)"));
  }
  std::error_code failed;
  const std::filesystem::path absolute =
      std::filesystem::absolute(path, failed);
  if (failed) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", failed.message()));
  }
  RETURN_IF_ERROR(ResolvePaths(absolute.parent_path(), config));
  RETURN_IF_ERROR(CheckLimits(config));
  return config;
}

crypto::Argon2Cost PasswordCost(const ServerConfig& config) {
  // About 175 ms of one core.
  crypto::Argon2Cost cost{
      .memory_kib = 64 * 1024, .iterations = 2, .parallelism = 1};
  if (config.has_test_password_hashing()) {
    cost.memory_kib = config.test_password_hashing().memory_kib();
    cost.iterations = config.test_password_hashing().passes();
  }
  return cost;
}

}  // namespace renkei::server
