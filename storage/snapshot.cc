#include "storage/snapshot.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/row_run.h"
#include "storage/store.h"

namespace renkei::storage {

absl::StatusOr<Snapshot::Found> Snapshot::FindBytes(
    const TableFacts& table, absl::string_view key) const {
  if (std::optional<Found> found = FindBytesInMemory(table, key)) {
    return *std::move(found);
  }
  if (table.in_runs) {
    return FindInRun(table, key);
  }
  ASSIGN_OR_RETURN(const std::optional<std::string> blob,
                   store_->engine_->Find(*view_, table.family, key));
  std::optional<std::string> opened;
  if (blob) {
    ASSIGN_OR_RETURN(opened, store_->sealer_.Open(table, key, *blob));
  }
  if (table.catch_up != nullptr) {
    RETURN_IF_ERROR(table.catch_up(*this, key, opened));
  }
  Found found;
  if (!opened) {
    return found;
  }
  found.exists = true;
  found.opened = *std::move(opened);
  Learn(table, key, found);
  return found;
}

std::optional<Snapshot::Found> Snapshot::FindBytesInMemory(
    const TableFacts& table, absl::string_view key) const {
  return FindInCache(table, key, HashOfKey(key));
}

std::optional<Snapshot::Found> Snapshot::FindInCache(const TableFacts& table,
                                                     absl::string_view key,
                                                     size_t hash) const {
  const RecordCache* const cache = store_->CacheOf(table);
  auto known =
      cache == nullptr ? std::nullopt : cache->Find(key, hash, view_->number());
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
  uint64_t rows = 0;
  absl::Status opened = absl::OkStatus();
  const std::string all(1, table.prefix);
  RETURN_IF_ERROR(store_->engine_->Scan(
      *view_, table.family, {all, AfterPrefix(all)}, Direction::kForward,
      [&](absl::string_view key, absl::string_view blob) {
        opened = store_->sealer_.Open(table, key, blob).status();
        ++rows;
        return opened.ok();
      }));
  RETURN_IF_ERROR(opened);
  return rows;
}

absl::Status Snapshot::ScanBytes(const TableFacts& table, const KeyRange& range,
                                 Direction direction, Opening opening,
                                 VisitFound visit) const {
  if (table.catch_up != nullptr) {
    return absl::InternalError(absl::StrCat(table.name, " cannot be scanned"));
  }
  if (table.in_runs) {
    return ScanRuns(table, range, direction, visit);
  }
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

absl::StatusOr<Snapshot::Found> Snapshot::FindInRun(
    const TableFacts& table, absl::string_view key) const {
  Found asked;
  absl::Status opened = absl::OkStatus();
  const auto look_at = [&](absl::string_view first,
                           absl::string_view blob) -> absl::Status {
    const std::optional<uint64_t> place = PlaceInRun(first, key);
    if (!place) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const std::string run,
                     store_->sealer_.Open(table, first, blob));
    ASSIGN_OR_RETURN(const std::vector<absl::string_view> records,
                     RecordsOfRun(run));
    if (*place < records.size()) {
      asked = {true, nullptr, std::string(records[*place])};
    }
    return absl::OkStatus();
  };
  // The last row that does not begin after it.
  RETURN_IF_ERROR(store_->engine_->Scan(
      *view_, table.family,
      {std::string(1, table.prefix),
       absl::StrCat(key, absl::string_view("\0", 1))},
      Direction::kBackward,
      [&](absl::string_view first, absl::string_view blob) {
        opened = look_at(first, blob);
        return false;
      }));
  RETURN_IF_ERROR(opened);
  return asked;
}

absl::Status Snapshot::ScanRuns(const TableFacts& table, const KeyRange& range,
                                Direction direction, VisitFound visit) const {
  const auto visit_run = [&](absl::string_view first,
                             absl::string_view blob) -> absl::StatusOr<bool> {
    ASSIGN_OR_RETURN(const std::string run,
                     store_->sealer_.Open(table, first, blob));
    ASSIGN_OR_RETURN(const std::vector<absl::string_view> records,
                     RecordsOfRun(run));
    for (size_t i = 0; i < records.size(); ++i) {
      const size_t place =
          direction == Direction::kForward ? i : records.size() - 1 - i;
      const std::string key = KeyInRun(first, place);
      if (key < range.begin || key >= range.end) {
        continue;
      }
      Found found{true, nullptr, std::string(records[place])};
      if (!visit(key, found)) {
        return false;
      }
    }
    return true;
  };
  ASSIGN_OR_RETURN(std::string begin, BeginOfRuns(table, range.begin));
  absl::Status opened = absl::OkStatus();
  RETURN_IF_ERROR(store_->engine_->Scan(
      *view_, table.family, {std::move(begin), range.end}, direction,
      [&](absl::string_view key, absl::string_view blob) {
        const absl::StatusOr<bool> more = visit_run(key, blob);
        opened = more.status();
        return more.ok() && *more;
      }));
  return opened;
}

absl::StatusOr<std::string> Snapshot::BeginOfRuns(const TableFacts& table,
                                                  absl::string_view key) const {
  std::string begin(key);
  RETURN_IF_ERROR(store_->engine_->Scan(
      *view_, table.family, {std::string(1, table.prefix), begin},
      Direction::kBackward, [&](absl::string_view before, absl::string_view) {
        if (PlaceInRun(before, key)) {
          begin = std::string(before);
        }
        return false;
      }));
  return begin;
}

}  // namespace renkei::storage
