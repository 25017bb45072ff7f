// The second file: how many audit events each log had when they were
// acknowledged. Written after every commit, before its answers leave, so that a
// database that lost acknowledged events is found out.
//
// The file holds two slots of equal size, written in turn, each:
//   sequence (8) | count (4) | count × (network id (16) | size (8)) | zeros |
//   SHA-256 of all before (32)
// Numbers are big-endian. The readable slot with the higher sequence counts.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
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
  static constexpr size_t kNetworksMax = 160;

  // Opens or creates the file. DataLoss when it exists and neither slot is
  // readable.
  static absl::StatusOr<std::unique_ptr<LogSizes>> Open(
      Disk* disk, const std::string& path);
  ~LogSizes();

  const Sizes& sizes() const { return sizes_; }

  // Raises the given sizes. In the page cache when it returns (survives the
  // process), on disk at most a second of commits later (after a power loss the
  // file may lag behind, never lead).
  absl::Status Note(const Sizes& raised, absl::Time now);
  absl::Status Sync();

 private:
  explicit LogSizes(std::unique_ptr<rocksdb::RandomRWFile> file);
  absl::Status ReadSlots();

  std::unique_ptr<rocksdb::RandomRWFile> file_;
  Sizes sizes_;
  uint64_t sequence_ = 0;
  absl::Time synced_at_ = absl::InfinitePast();
};

}  // namespace renkei::storage
