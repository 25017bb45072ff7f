// Plaintext records that nearly every call asks for, as of known views. Their
// truth is in the store.
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

namespace renkei::storage {

// Thread-safe. A cached value carries the number of the view that it was first
// right for; it stays right for every later view until Change. Bounded: a full
// shard starts anew.
class RecordCache {
 public:
  using Value = std::optional<std::string>;  // nullopt: known not to exist

  // nullptr when unknown for the view with this number.
  std::shared_ptr<const Value> Find(absl::string_view key, uint64_t view) const;

  // What a reader of view `view` found. Not kept when something of the shard
  // changed after that view, nor when there is nothing: whoever guesses tokens
  // must not push out what is needed.
  void Learn(absl::string_view key, uint64_t view, const Value& value);

  // The commit thread, before view `view` is published.
  void Change(absl::string_view key, uint64_t view, const Value& value);

 private:
  static constexpr size_t kShards = 16;
  static constexpr size_t kBytesMaxPerShard = size_t{8} << 20;
  struct Entry {
    uint64_t view;
    std::shared_ptr<const Value> value;
  };
  struct Shard {
    mutable Mutex mutex;
    absl::flat_hash_map<std::string, Entry> entries ABSL_GUARDED_BY(mutex);
    size_t bytes ABSL_GUARDED_BY(mutex) = 0;
    uint64_t changed_view ABSL_GUARDED_BY(mutex) = 0;
  };
  static void Keep(Shard& shard, absl::string_view key, uint64_t view,
                   const Value& value)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);

  Shard& ShardOf(absl::string_view key) const {
    return shards_[absl::HashOf(key) % kShards];
  }

  mutable std::array<Shard, kShards> shards_;
};

}  // namespace renkei::storage
