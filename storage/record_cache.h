// Plaintext records that are asked for again and again, as of known views.
// Their truth is in the store.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "storage/base/mutex.h"
#include "storage/shared_record.h"

namespace renkei::storage {

// Thread-safe. A cached value carries the number of the view that it was first
// right for; it stays right for every later view until Change. Bounded: a full
// shard starts anew.
class RecordCache {
 public:
  explicit RecordCache(size_t bytes_max)
      : shard_bytes_max_(bytes_max / kShards) {}

  // nullopt when unknown for the view with this number; nullptr: known not to
  // exist.
  std::optional<std::shared_ptr<const SharedRecord>> Find(absl::string_view key,
                                                          uint64_t view) const;

  // What a reader of view `view` found. Not kept when something of the shard
  // changed after that view. A key with no record is never learned: whoever
  // guesses tokens must not push out what is needed.
  void Learn(absl::string_view key, uint64_t view,
             std::shared_ptr<const SharedRecord> record);

  // Before view `view` is published; nullptr: deleted.
  void Change(absl::string_view key, uint64_t view,
              std::shared_ptr<const SharedRecord> record);

 private:
  static constexpr size_t kShards = 16;
  struct Entry {
    uint64_t view = 0;
    std::shared_ptr<const SharedRecord> record;
  };
  struct Shard {
    mutable Mutex mutex;
    absl::flat_hash_map<std::string, Entry> entries ABSL_GUARDED_BY(mutex);
    size_t bytes ABSL_GUARDED_BY(mutex) = 0;
    uint64_t changed_view ABSL_GUARDED_BY(mutex) = 0;
  };
  void Keep(Shard& shard, absl::string_view key, uint64_t view,
            std::shared_ptr<const SharedRecord> record)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);

  Shard& ShardOf(absl::string_view key) const {
    return shards_[absl::HashOf(key) % kShards];
  }

  const size_t shard_bytes_max_;
  mutable std::array<Shard, kShards> shards_;
};

}  // namespace renkei::storage
