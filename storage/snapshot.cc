#include "storage/snapshot.h"

#include "storage/store.h"

namespace renkei::storage {

absl::StatusOr<Snapshot::Found> Snapshot::FindBytes(
    const TableFacts& table, absl::string_view key) const {
  if (std::optional<Found> found = FindBytesInMemory(table, key)) {
    return *std::move(found);
  }
  Found found;
  ASSIGN_OR_RETURN(const std::optional<std::string> blob,
                   store_->engine_->Find(*view_, table.family, key));
  if (!blob) {
    return found;
  }
  found.exists = true;
  ASSIGN_OR_RETURN(found.opened, store_->sealer_.Open(table, key, *blob));
  Learn(table, key, found);
  return found;
}

std::optional<Snapshot::Found> Snapshot::FindBytesInMemory(
    const TableFacts& table, absl::string_view key) const {
  const RecordCache* const cache = store_->CacheOf(table);
  auto known =
      cache == nullptr ? std::nullopt : cache->Find(key, view_->number());
  if (!known) {
    return std::nullopt;
  }
  return Found{*known != nullptr, *std::move(known), {}};
}

void Snapshot::Learn(const TableFacts& table, absl::string_view key,
                     Found& found) const {
  if (RecordCache* const cache = store_->CacheOf(table)) {
    found.shared =
        std::make_shared<const SharedRecord>(std::move(found.opened));
    cache->Learn(key, view_->number(), found.shared);
  }
}

absl::StatusOr<uint64_t> Snapshot::CountReadable(
    const TableFacts& table) const {
  uint64_t records = 0;
  const std::string all(1, table.prefix);
  RETURN_IF_ERROR(ScanBytes(table, {all, AfterPrefix(all)}, Direction::kForward,
                            Opening::kAnew, [&](absl::string_view, Found&) {
                              ++records;
                              return true;
                            }));
  return records;
}

absl::Status Snapshot::ScanBytes(const TableFacts& table, const KeyRange& range,
                                 Direction direction, Opening opening,
                                 VisitFound visit) const {
  const bool shared = opening == Opening::kShared;
  const auto look_at = [&](absl::string_view key,
                           absl::string_view blob) -> absl::StatusOr<Found> {
    std::optional<Found> known =
        shared ? Snapshot::FindBytesInMemory(table, key) : std::nullopt;
    if (known) {
      return *std::move(known);
    }
    Found found;
    found.exists = true;
    ASSIGN_OR_RETURN(found.opened, store_->sealer_.Open(table, key, blob));
    if (shared) {
      Learn(table, key, found);
    }
    return found;
  };
  absl::Status opened = absl::OkStatus();
  RETURN_IF_ERROR(
      store_->engine_->Scan(*view_, table.family, range, direction,
                            [&](absl::string_view key, absl::string_view blob) {
                              absl::StatusOr<Found> found = look_at(key, blob);
                              opened = found.status();
                              return opened.ok() && visit(key, *found);
                            }));
  return opened;
}

}  // namespace renkei::storage
