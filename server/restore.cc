#include "server/restore.h"

#include <filesystem>
#include <future>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/domain/backups.h"
#include "server/operate.h"
#include "storage/base/status_macros.h"

namespace renkei::server {
namespace {

// Closed to others, as `renkeid init` makes them.
absl::Status MakeFolders(const config::v1::ServerConfig& config) {
  for (const std::string& folder : {config.data_dir(), config.key_dir()}) {
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (!failed) {
      std::filesystem::permissions(folder, std::filesystem::perms::owner_all,
                                   failed);
    }
    if (failed) {
      return absl::UnavailableError(
          absl::StrCat(folder, ": ", failed.message()));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<storage::RestoreSummary> Restore(
    const config::v1::ServerConfig& config, const crypto::Secret& root,
    const std::string& place) {
  if (IsAnswering(config)) {
    return absl::FailedPreconditionError(
        absl::StrCat("a server answers at ", config.operator_socket_path(),
                     ": stop it first"));
  }
  storage::Disk& disk = storage::MachineDisk();
  std::string path = place;
  std::error_code ignored;
  if (std::filesystem::is_directory(place, ignored)) {
    ASSIGN_OR_RETURN(path, storage::NewestBackup(disk, place));
  }
  RETURN_IF_ERROR(MakeFolders(config));
  return storage::RestoreBackup(
      disk, path, root,
      {config.data_dir(), config.key_dir(), config.audit_mark_file()},
      absl::Now());
}

absl::Status RecordRestore(const config::v1::ServerConfig& config,
                           OpenedStore& opened) {
  storage::Disk& disk = opened.store().disk();
  ASSIGN_OR_RETURN(const std::optional<storage::v1::RestoreMark> mark,
                   storage::FindRestoreMark(disk, config.data_dir()));
  if (!mark) {
    return absl::OkStatus();
  }
  std::promise<absl::Status> recorded;
  opened.store().Write(
      storage::WriteKind::kRecordOnly,
      [&](storage::Transaction& tx) -> absl::Status {
        domain::WriteCall call =
            domain::NewWriteCall(tx, std::nullopt, {}, opened.keys());
        absl::Status done = domain::RecordRestore(
            call, {absl::FromUnixMicros(mark->made_at_micros()),
                   mark->file_bytes(), mark->records()});
        if (!done.ok()) {
          tx.DropEffects();
        }
        return done;
      },
      [&recorded](const absl::Status& status) { recorded.set_value(status); });
  RETURN_IF_ERROR(recorded.get_future().get());
  // A crash before this writes the event a second time, which is true as well.
  return storage::RemoveRestoreMark(disk, config.data_dir());
}

}  // namespace renkei::server
