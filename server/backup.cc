#include "server/backup.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/time/clock.h"
#include "server/domain/refusal.h"

namespace renkei::server {
namespace {

using domain::Reason;

absl::Status ForOperator(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return domain::RefuseField("directory", status.message());
    case absl::StatusCode::kResourceExhausted:
      return domain::Refuse(status.code(), Reason::kDiskLow, status.message());
    case absl::StatusCode::kDataLoss:
      return domain::Refuse(status.code(), Reason::kRecordDamaged,
                            status.message());
    case absl::StatusCode::kCancelled:
      return domain::Refuse(absl::StatusCode::kUnavailable,
                            Reason::kServerStopping, status.message());
    default:
      return domain::Refuse(absl::StatusCode::kInternal, Reason::kInternal,
                            status.message());
  }
}

}  // namespace

absl::StatusOr<storage::BackupSummary> Backups::Write(
    OpenedStore& opened, const std::string& folder,
    std::function<bool()> called_off) {
  if (writing_.exchange(true)) {
    return domain::Refuse(
        absl::StatusCode::kFailedPrecondition, Reason::kStateWrong,
        "another backup is being written", {{"state", "BACKING_UP"}});
  }
  const absl::Cleanup done = [this] { writing_ = false; };
  absl::StatusOr<storage::BackupSummary> made = storage::WriteBackup(
      opened.store(), opened.key_store(), opened.backup_key(),
      {folder, absl::Now(), std::move(called_off)});
  if (!made.ok()) {
    return ForOperator(made.status());
  }
  // The front shares the server's group; what it cannot open it need not have.
  std::error_code ignored;
  std::filesystem::permissions(
      made->path,
      std::filesystem::perms::owner_read | std::filesystem::perms::owner_write,
      ignored);
  return made;
}

}  // namespace renkei::server
