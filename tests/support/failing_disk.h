// A disk in memory that loses power and fails on demand. After a power loss it
// holds what a real machine would find: everything that was synced, and of the
// rest some, torn at any byte or with sectors missing, or nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "rocksdb/env.h"
#include "rocksdb/io_status.h"
#include "storage/engine.h"

namespace renkei::testing {

class FailingFiles;

// Thread-safe.
class FailingDisk {
 public:
  // What an unlucky moment leaves behind is drawn from `seed`.
  explicit FailingDisk(uint64_t seed);
  ~FailingDisk();

  storage::Disk* env() { return env_.get(); }

  // Everything that changes the disk counts: writes, syncs, new names.
  uint64_t changes() const;

  // After `changes_from_now` more changes nothing reaches the disk any more and
  // every change fails, as if the process had died there.
  void CutPowerAt(uint64_t changes_from_now);
  bool has_power() const;

  // What was not synced is lost wholly, partly or not at all: bytes of files,
  // whole sectors of them (zeros where there was nothing before), names in
  // folders. Not simulated: files that hold bytes nobody wrote to them, as ext4
  // with data=writeback leaves them. REQUIRES: no file is open.
  void RestorePower();
  // The process died and the machine did not: all that was written is there.
  void RestorePowerLosingNothing();

  // After `changes_from_now` more changes one fails with `error`, or all do, if
  // it `stays`. What would have changed stays as it is.
  void FailAt(uint64_t changes_from_now, const rocksdb::IOStatus& error,
              bool stays);
  // The same for one sync of a file. What it should have made durable no later
  // sync will: the machine has dropped it, as Linux does.
  void FailSyncAt(uint64_t syncs_from_now, const rocksdb::IOStatus& error);
  // Was such an error given since?
  bool has_failed() const;
  // No failures from now on, except a lack of power.
  void Heal();

  // What the disk says is free; at first it does not know.
  void SetFreeBytes(uint64_t bytes);

  // ---- damage, and looking at it; for disks with power ----
  std::string ReadAll(const std::string& path);
  void Overwrite(const std::string& path, const std::string& bytes);
  void Remove(const std::string& path);
  bool Has(const std::string& path);
  // Paths of the files of `folder` whose names end like this.
  std::vector<std::string> FilesOf(const std::string& folder,
                                   absl::string_view ending);

 private:
  std::shared_ptr<FailingFiles> files_;
  std::unique_ptr<storage::Disk> env_;
};

}  // namespace renkei::testing
