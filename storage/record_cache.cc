#include "storage/record_cache.h"

namespace renkei::storage {
namespace {

// With what a map entry, its allocations and the parsed record take.
constexpr size_t kEntryBytes = 320;

size_t BytesOf(absl::string_view key, const CachedRecord& value) {
  return kEntryBytes + key.size() +
         (value.plaintext() ? 2 * value.plaintext()->size() : 0);
}

}  // namespace

std::shared_ptr<const CachedRecord> RecordCache::Find(absl::string_view key,
                                                      uint64_t view) const {
  Shard& shard = ShardOf(key);
  MutexLock lock(shard.mutex);
  const auto found = shard.entries.find(key);
  if (found == shard.entries.end() || found->second.view > view) {
    return nullptr;
  }
  return found->second.value;
}

std::shared_ptr<const CachedRecord> RecordCache::Learn(
    absl::string_view key, uint64_t view,
    std::optional<std::string> plaintext) {
  const bool exists = plaintext.has_value();
  auto learned = std::make_shared<const CachedRecord>(std::move(plaintext));
  if (!exists) {
    return learned;
  }
  Shard& shard = ShardOf(key);
  MutexLock lock(shard.mutex);
  if (shard.changed_view <= view) {
    Keep(shard, key, view, learned);
  }
  return learned;
}

void RecordCache::Change(absl::string_view key, uint64_t view,
                         std::optional<std::string> plaintext) {
  auto changed = std::make_shared<const CachedRecord>(std::move(plaintext));
  Shard& shard = ShardOf(key);
  MutexLock lock(shard.mutex);
  shard.changed_view = view;
  Keep(shard, key, view, std::move(changed));
}

void RecordCache::Keep(Shard& shard, absl::string_view key, uint64_t view,
                       std::shared_ptr<const CachedRecord> value) {
  const size_t bytes = BytesOf(key, *value);
  if (shard.bytes + bytes > kBytesMaxPerShard) {
    shard.entries.clear();
    shard.bytes = 0;
  }
  Entry& entry = shard.entries[key];
  if (entry.value != nullptr) {
    shard.bytes -= BytesOf(key, *entry.value);
  }
  entry = {view, std::move(value)};
  shard.bytes += bytes;
}

}  // namespace renkei::storage
