#include "storage/record_cache.h"

#include <utility>

namespace renkei::storage {
namespace {

// With what a map entry and its allocations take; the parsed record, and what
// is rendered of it, take about as much as the plaintext each.
constexpr size_t kEntryBytes = 320;

size_t BytesOf(absl::string_view key, const SharedRecord* record) {
  return kEntryBytes + key.size() +
         (record != nullptr ? 3 * record->bytes() : 0);
}

}  // namespace

std::optional<std::shared_ptr<const SharedRecord>> RecordCache::Find(
    absl::string_view key, uint64_t view) const {
  Shard& shard = ShardOf(key);
  MutexLock lock(shard.mutex);
  const auto found = shard.entries.find(key);
  if (found == shard.entries.end() || found->second.view > view) {
    return std::nullopt;
  }
  return found->second.record;
}

void RecordCache::Learn(absl::string_view key, uint64_t view,
                        std::shared_ptr<const SharedRecord> record) {
  Shard& shard = ShardOf(key);
  MutexLock lock(shard.mutex);
  if (shard.changed_view <= view) {
    Keep(shard, key, view, std::move(record));
  }
}

void RecordCache::Change(absl::string_view key, uint64_t view,
                         std::shared_ptr<const SharedRecord> record) {
  Shard& shard = ShardOf(key);
  MutexLock lock(shard.mutex);
  shard.changed_view = view;
  Keep(shard, key, view, std::move(record));
}

void RecordCache::Keep(Shard& shard, absl::string_view key, uint64_t view,
                       std::shared_ptr<const SharedRecord> record) {
  const size_t bytes = BytesOf(key, record.get());
  if (shard.bytes + bytes > shard_bytes_max_) {
    shard.entries.clear();
    shard.bytes = 0;
  }
  const auto [entry, is_new] = shard.entries.try_emplace(key);
  if (!is_new) {
    shard.bytes -= BytesOf(key, entry->second.record.get());
  }
  entry->second = {view, std::move(record)};
  shard.bytes += bytes;
}

}  // namespace renkei::storage
