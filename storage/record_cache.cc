#include "storage/record_cache.h"

namespace renkei::storage {
namespace {

// With what a map entry and its allocations take.
constexpr size_t kEntryBytes = 160;

size_t BytesOf(absl::string_view key, const RecordCache::Value& value) {
  return kEntryBytes + key.size() + (value ? value->size() : 0);
}

}  // namespace

std::shared_ptr<const RecordCache::Value> RecordCache::Find(
    absl::string_view key, uint64_t view) const {
  Shard& shard = ShardOf(key);
  MutexLock lock(shard.mutex);
  const auto found = shard.entries.find(key);
  if (found == shard.entries.end() || found->second.view > view) {
    return nullptr;
  }
  return found->second.value;
}

void RecordCache::Learn(absl::string_view key, uint64_t view,
                        const Value& value) {
  if (!value) {
    return;
  }
  Shard& shard = ShardOf(key);
  MutexLock lock(shard.mutex);
  if (shard.changed_view > view) {
    return;
  }
  Keep(shard, key, view, value);
}

void RecordCache::Change(absl::string_view key, uint64_t view,
                         const Value& value) {
  Shard& shard = ShardOf(key);
  MutexLock lock(shard.mutex);
  shard.changed_view = view;
  Keep(shard, key, view, value);
}

void RecordCache::Keep(Shard& shard, absl::string_view key, uint64_t view,
                       const Value& value) {
  const size_t bytes = BytesOf(key, value);
  if (shard.bytes + bytes > kBytesMaxPerShard) {
    shard.entries.clear();
    shard.bytes = 0;
  }
  Entry& entry = shard.entries[key];
  if (entry.value != nullptr) {
    shard.bytes -= BytesOf(key, *entry.value);
  }
  entry = {view, std::make_shared<const Value>(value)};
  shard.bytes += bytes;
}

}  // namespace renkei::storage
