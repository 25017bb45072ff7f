// The second file: how many audit events each log had when they were
// acknowledged. Written after every commit, before its answers leave, so that a
// database that lost acknowledged events is found out.
//
// The file holds two slots of kSlotBytes, each:
//   sequence (8) | count (4) | count × (network id (16) | size (8)) |
//   SHA-256 of all before (32) | zeros
// Numbers are big-endian. The readable slot with the higher sequence counts.
// What is not on disk yet is only ever written over itself, so that a power
// loss leaves the other slot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/base/id.h"
#include "storage/engine.h"

namespace rocksdb {
class RandomRWFile;
}

namespace renkei::storage {

// For one thread.
class LogSizes {
 public:
  using Sizes = std::map<NetworkId, uint64_t>;
  static constexpr size_t kNetworksMax = 2500;

  static bool IsThere(Disk& disk, const std::string& path);

  // Makes the file for a new store, with these sizes.
  static absl::Status Create(Disk& disk, const std::string& path,
                             const Sizes& sizes);

  // DataLoss when there is no file, or neither slot is readable.
  static absl::StatusOr<std::unique_ptr<LogSizes>> Open(
      Disk& disk, const std::string& path);
  ~LogSizes();

  const Sizes& sizes() const { return sizes_; }

  // Raises the given sizes. In the page cache when it returns (survives the
  // process), on disk at most a second of commits later (after a power loss the
  // file may lag behind, never lead). ResourceExhausted for more than
  // kNetworksMax networks.
  absl::Status Note(const Sizes& raised, absl::Time now);
  absl::Status Sync();

 private:
  explicit LogSizes(std::unique_ptr<rocksdb::RandomRWFile> file);
  bool ReadSlots(absl::string_view bytes);

  std::unique_ptr<rocksdb::RandomRWFile> file_;
  Sizes sizes_;
  uint64_t sequence_ = 0;
  uint64_t place_ = 0;  // of the slot that may be written over
  bool dirty_ = true;  // that slot may not be on disk as it was read or written
  absl::Time synced_at_ = absl::InfinitePast();
};

}  // namespace renkei::storage
