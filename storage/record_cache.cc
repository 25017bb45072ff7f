#include "storage/record_cache.h"

namespace renkei::storage {

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
  if (shard.entries.size() >= kEntriesMaxPerShard) {
    shard.entries.clear();
  }
  shard.entries.insert_or_assign(
      std::string(key), Entry{view, std::make_shared<const Value>(value)});
}

void RecordCache::Change(absl::string_view key, uint64_t view,
                         const Value& value) {
  Shard& shard = ShardOf(key);
  MutexLock lock(shard.mutex);
  shard.changed_view = view;
  if (shard.entries.size() >= kEntriesMaxPerShard) {
    shard.entries.clear();
  }
  shard.entries.insert_or_assign(
      std::string(key), Entry{view, std::make_shared<const Value>(value)});
}

}  // namespace renkei::storage
