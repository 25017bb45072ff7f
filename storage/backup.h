// Backup and restore: the database as of one moment, the wrapped keys and the
// sizes of the audit logs, in one sealed file.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "renkei/storage/v1/backup.pb.h"
#include "storage/base/id.h"
#include "storage/crypto/secret.h"
#include "storage/engine.h"
#include "storage/key_store.h"
#include "storage/store.h"

namespace renkei::storage {

// The key that seals the backups made under `root`. Who restores needs `root`
// as it was when the backup was made.
crypto::Secret BackupKeyOf(const crypto::Secret& root);

// The names of finished backups end so, and sort by time.
inline constexpr char kBackupSuffix[] = ".renkei-backup";

struct BackupOrder {
  std::string folder;  // where the file goes; made if it is not there
  absl::Time now;
  std::function<bool()> called_off;  // asked now and then
};

// What became of a backup.
struct BackupSummary {
  std::string path;  // of its file
  absl::Time made_at;
  uint64_t file_bytes = 0;
  uint64_t records = 0;
};

// Writes everything that was acknowledged before the call to a new file, which
// is whole, on disk and read again when this returns OK; a backup that fails
// leaves none. The store goes on serving. InvalidArgument when the folder
// cannot be made or looked into; ResourceExhausted, before anything is written,
// when the store's disk is low or the folder's would get low; AlreadyExists
// when there is a backup of that very time; Cancelled; DataLoss when the
// database does not read back. REQUIRES: no other backup of this store is being
// written.
absl::StatusOr<BackupSummary> WriteBackup(Store& store, const KeyStore& keys,
                                          const crypto::Secret& backup_key,
                                          const BackupOrder& order);

// The newest finished backup in `folder`. NotFound if there is none.
absl::StatusOr<std::string> NewestBackup(Disk& disk, const std::string& folder);

// Where a backup goes: what the server's configuration names.
struct RestoreTarget {
  std::string data_folder;
  std::string key_folder;
  std::string log_sizes_path;
};

struct RestoreSummary {
  std::string path;    // of the backup
  absl::Time made_at;  // the backup
  uint64_t records = 0;
  std::map<NetworkId, uint64_t> log_sizes;  // zero: the server's own log
};

// Puts a backup where a server finds it and gives every key a new epoch and the
// store a new incarnation. Every byte is proven while it is read, read again
// from the disk, and every record is opened, before it returns OK.
// FailedPrecondition if the folders hold anything, or the file of log sizes is
// there, or `path` is no backup; Unauthenticated if `root` is not the key it
// was made under; DataLoss if it is damaged. What a failed restore has written
// it removes; one that was cut short leaves a data folder that does not open
// and must be emptied by hand. A mark tells who next opens the store.
absl::StatusOr<RestoreSummary> RestoreBackup(Disk& disk,
                                             const std::string& path,
                                             const crypto::Secret& root,
                                             const RestoreTarget& target,
                                             absl::Time now);

// The mark of a restore that has not been written into the audit logs yet;
// nullopt if there is none. DataLoss if it is not readable.
absl::StatusOr<std::optional<v1::RestoreMark>> FindRestoreMark(
    Disk& disk, const std::string& data_folder);
absl::Status RemoveRestoreMark(Disk& disk, const std::string& data_folder);

}  // namespace renkei::storage
