// Backups of the running server, one at a time.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "server/opened_store.h"
#include "storage/backup.h"

namespace renkei::server {

// Thread-safe.
class Backups {
 public:
  // Writes one into `folder`. Fails with a published reason: STATE_WRONG while
  // another is being written, FIELD_INVALID for the folder, DISK_LOW,
  // RECORD_DAMAGED, or SERVER_STOPPING once `called_off` says true.
  absl::StatusOr<storage::BackupSummary> Write(
      OpenedStore& opened, const std::string& folder,
      std::function<bool()> called_off);

 private:
  std::atomic<bool> writing_{false};
};

}  // namespace renkei::server
