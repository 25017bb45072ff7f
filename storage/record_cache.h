// Plaintext records that are asked for again and again, as of known views.
// Their truth is in the store.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "storage/base/mutex.h"
#include "storage/base/recent_map.h"
#include "storage/shared_record.h"
#include "storage/table.h"

namespace renkei::storage {

// Thread-safe. A cached value carries the number of the view that it was first
// right for; it stays right for every later view until Change. Bounded.
class RecordCache {
 public:
  explicit RecordCache(size_t bytes_max)
      : shards_(MakeShards(bytes_max / kShards,
                           std::make_index_sequence<kShards>())) {}

  // nullopt when unknown for the view with this number; nullptr: known not to
  // exist. `hash`: HashOfKey(key).
  std::optional<std::shared_ptr<const SharedRecord>> Find(absl::string_view key,
                                                          size_t hash,
                                                          uint64_t view) const;

  // What a reader of view `view` found. Not kept when something of the shard
  // changed after that view. A key with no record is never learned: whoever
  // guesses tokens must not push out what is needed.
  void Learn(absl::string_view key, uint64_t view,
             std::shared_ptr<const SharedRecord> record);

  // Before view `view` is published; nullptr: deleted. `hash`: HashOfKey(key).
  void Change(absl::string_view key, size_t hash, uint64_t view,
              std::shared_ptr<const SharedRecord> record);

 private:
  static constexpr size_t kShardBits = 4;
  static constexpr size_t kShards = size_t{1} << kShardBits;
  struct Entry {
    uint64_t view = 0;
    std::shared_ptr<const SharedRecord> record;
  };
  using Entries = RecentMap<std::string, Entry>;
  struct Shard {
    explicit Shard(size_t bytes_max) : entries(bytes_max) {}

    Mutex mutex;
    Entries entries ABSL_GUARDED_BY(mutex);
    uint64_t changed_view ABSL_GUARDED_BY(mutex) = 0;
  };
  template <size_t... kEach>
  static std::array<Shard, kShards> MakeShards(size_t bytes_max,
                                               std::index_sequence<kEach...>) {
    return {((void)kEach, Shard(bytes_max))...};
  }
  static void Keep(Shard& shard, absl::string_view key, size_t hash,
                   uint64_t view, std::shared_ptr<const SharedRecord> record)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);

  // By the bits that a shard's own map uses least.
  Shard& ShardOf(size_t hash) const {
    return shards_[hash >> (8 * sizeof(size_t) - kShardBits)];
  }

  mutable std::array<Shard, kShards> shards_;
};

}  // namespace renkei::storage
