// Plaintext records that nearly every call asks for, as of known views. Their
// truth is in the store.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message_lite.h"
#include "storage/base/mutex.h"

namespace renkei::storage {

// What is known of one key; parsed at most once, by the first who asks for the
// record. Thread-safe.
class CachedRecord {
 public:
  // nullopt: known not to exist.
  explicit CachedRecord(std::optional<std::string> plaintext)
      : plaintext_(std::move(plaintext)) {}

  const std::optional<std::string>& plaintext() const { return plaintext_; }

  // nullptr when it does not parse. REQUIRES: it exists; Record is the one type
  // of the key's table.
  template <typename Record>
  std::shared_ptr<const Record> Parsed() const {
    std::call_once(parse_once_, [this] {
      auto parsed = std::make_shared<Record>();
      if (parsed->ParseFromString(*plaintext_)) {
        parsed_ = std::move(parsed);
      }
    });
    return std::static_pointer_cast<const Record>(parsed_);
  }

 private:
  const std::optional<std::string> plaintext_;
  mutable std::once_flag parse_once_;
  mutable std::shared_ptr<const google::protobuf::MessageLite> parsed_;
};

// Thread-safe. A cached value carries the number of the view that it was first
// right for; it stays right for every later view until Change. Bounded: a full
// shard starts anew.
class RecordCache {
 public:
  // nullptr when unknown for the view with this number.
  std::shared_ptr<const CachedRecord> Find(absl::string_view key,
                                           uint64_t view) const;

  // What a reader of view `view` found, nullopt: nothing. Not kept when
  // something of the shard changed after that view, nor when there is nothing:
  // whoever guesses tokens must not push out what is needed.
  std::shared_ptr<const CachedRecord> Learn(
      absl::string_view key, uint64_t view,
      std::optional<std::string> plaintext);

  // The commit thread, before view `view` is published.
  void Change(absl::string_view key, uint64_t view,
              std::optional<std::string> plaintext);

 private:
  static constexpr size_t kShards = 16;
  static constexpr size_t kBytesMaxPerShard = size_t{8} << 20;
  struct Entry {
    uint64_t view = 0;
    std::shared_ptr<const CachedRecord> value;
  };
  struct Shard {
    mutable Mutex mutex;
    absl::flat_hash_map<std::string, Entry> entries ABSL_GUARDED_BY(mutex);
    size_t bytes ABSL_GUARDED_BY(mutex) = 0;
    uint64_t changed_view ABSL_GUARDED_BY(mutex) = 0;
  };
  static void Keep(Shard& shard, absl::string_view key, uint64_t view,
                   std::shared_ptr<const CachedRecord> value)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);

  Shard& ShardOf(absl::string_view key) const {
    return shards_[absl::HashOf(key) % kShards];
  }

  mutable std::array<Shard, kShards> shards_;
};

}  // namespace renkei::storage
