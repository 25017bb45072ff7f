// The copy of a running store's database that a backup is read from.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/engine.h"
#include "storage/store.h"

namespace renkei::storage {

// Lies in a folder of the data folder, so that tables are there as a second
// name and not as a second copy; gone with this object.
class BackupCheckpoint {
 public:
  // Holds everything that was acknowledged before the call. REQUIRES: `store`
  // has no other one, and outlives this.
  static absl::StatusOr<std::unique_ptr<BackupCheckpoint>> Make(
      const Store& store);
  ~BackupCheckpoint();
  BackupCheckpoint(const BackupCheckpoint&) = delete;
  BackupCheckpoint& operator=(const BackupCheckpoint&) = delete;

  const std::string& folder() const { return folder_; }
  // Of its files, sorted.
  const std::vector<std::string>& names() const { return names_; }
  absl::StatusOr<uint64_t> Bytes() const;

  // Reads every row against its checksum; gives the number of records.
  // DataLoss if a block is damaged; Cancelled once `called_off` says true.
  absl::StatusOr<uint64_t> CountRecords(
      absl::FunctionRef<bool()> called_off) const;

 private:
  BackupCheckpoint(Disk& disk, std::string folder)
      : disk_(disk), folder_(std::move(folder)) {}

  Disk& disk_;
  const std::string folder_;
  std::vector<std::string> names_;
};

// Removes what a checkpoint of a process that died left in the data folder: it
// would hold the space of tables that are long gone.
absl::Status RemoveLeftCheckpoint(Disk& disk, const std::string& data_folder);

}  // namespace renkei::storage
