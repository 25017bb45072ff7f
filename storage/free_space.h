// Watches the disk so that it never gets full under the database: below the
// low-water mark changes are refused; when the rest runs out too, a reserve
// file is given up for the audit of reads, and for nothing else: what it set
// free does not count as room for changes.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "storage/base/mutex.h"
#include "storage/engine.h"

namespace renkei::storage {

// Thread-safe.
class FreeSpace {
 public:
  FreeSpace(Disk& disk, std::string directory, uint64_t low_water_bytes,
            uint64_t reserve_bytes);

  // Gives up what an earlier process kept in reserve, if the disk has got full:
  // opening a database writes.
  void MakeRoomToOpen();

  // Makes the reserve file if there is room for it above the low-water mark.
  // Without room there is none, and changes are refused from the start.
  absl::Status MakeReserve();

  // Looks at the disk, at most every 100 ms of `now`. A disk that cannot tell
  // has room.
  void Check(absl::Time now);

  bool low() const { return low_.load(std::memory_order_relaxed); }

  // What is free now; the largest number when the disk cannot tell.
  uint64_t FreeBytes() const;

 private:
  absl::Status WriteReserve(const std::string& path);

  Disk& disk_;
  const std::string directory_;
  const uint64_t low_water_bytes_;
  const uint64_t reserve_bytes_;
  Mutex mutex_;
  absl::Time checked_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  bool reserve_held_ ABSL_GUARDED_BY(mutex_) = false;
  std::atomic<bool> low_{false};
};

}  // namespace renkei::storage
