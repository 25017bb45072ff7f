// A view of the store, and typed access to it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/base/status_macros.h"
#include "storage/engine.h"
#include "storage/shared_record.h"
#include "storage/table.h"

namespace renkei::storage {

class Store;

// A consistent view of everything that was durable when it was taken. A reader
// cannot write: it has no Put. Cheap to copy. Thread-safe. Must not outlive its
// Store.
class Snapshot {
 public:
  virtual ~Snapshot() = default;

  // NotFound if there is no such record, DataLoss if it does not open or parse.
  template <typename Key, typename Record>
  absl::StatusOr<Record> Get(const Table<Key, Record>& table,
                             const Key& key) const;

  // nullopt if there is no such record; DataLoss as above.
  template <typename Key, typename Record>
  absl::StatusOr<std::optional<Record>> Find(const Table<Key, Record>& table,
                                             const Key& key) const;

  // The same without a copy, none if there is no such record: for tables of
  // which something stays in memory.
  template <typename Key, typename Record>
  absl::StatusOr<RecordRef<Record>> FindShared(const Table<Key, Record>& table,
                                               const Key& key) const;

  // The same from memory alone, none also if only the disk knows.
  template <typename Key, typename Record>
  absl::StatusOr<RecordRef<Record>> FindInMemory(
      const Table<Key, Record>& table, const Key& key) const;

  // Calls `visit(key, record)` for the records in `range`, in key order or
  // backward, until it returns false. DataLoss if a key or record does not
  // decode. Inside a write, rows that the visit puts do not appear.
  template <typename Key, typename Record, typename Visit>
  absl::Status Scan(const Table<Key, Record>& table, const KeyRange& range,
                    Direction direction, Visit visit) const;

  // The same with `visit(key, RecordRef<Record>)`: what is in memory is not
  // opened again, and what was opened stays there.
  template <typename Key, typename Record, typename Visit>
  absl::Status ScanShared(const Table<Key, Record>& table,
                          const KeyRange& range, Direction direction,
                          Visit visit) const;

  // Opens every row of the table; gives their number. DataLoss if one does not
  // open.
  absl::StatusOr<uint64_t> CountReadable(const TableFacts& table) const;

 protected:
  friend class Store;
  friend class Transaction;
  Snapshot(const Store& store, std::shared_ptr<const EngineView> view)
      : store_(&store), view_(std::move(view)) {}

  // A record, or that there is none, wherever it was found.
  struct Found {
    bool exists = false;
    // If it waits to be written or is kept in memory; or else
    std::shared_ptr<const SharedRecord> shared;
    std::string opened;
  };
  using VisitFound =
      absl::FunctionRef<bool(absl::string_view key, Found& found)>;
  // What a scan does with rows that may be in memory.
  enum class Opening : uint8_t { kAnew, kShared };

  absl::StatusOr<Found> FindBytes(const TableFacts& table,
                                  absl::string_view key) const;
  // nullopt: only the disk knows.
  virtual std::optional<Found> FindBytesInMemory(const TableFacts& table,
                                                 absl::string_view key) const;
  // The same among what is durable; `hash`: HashOfKey(key).
  std::optional<Found> FindInCache(const TableFacts& table,
                                   absl::string_view key, size_t hash) const;
  virtual absl::Status ScanBytes(const TableFacts& table, const KeyRange& range,
                                 Direction direction, Opening opening,
                                 VisitFound visit) const;

  // The same of a table in runs.
  absl::StatusOr<Found> FindInRun(const TableFacts& table,
                                  absl::string_view key) const;
  absl::Status ScanRuns(const TableFacts& table, const KeyRange& range,
                        Direction direction, VisitFound visit) const;
  // Where a scan of runs begins that is to see `key`: at the row that it may
  // lie in.
  absl::StatusOr<std::string> BeginOfRuns(const TableFacts& table,
                                          absl::string_view key) const;

  // Shares what was opened, if the table's records stay in memory.
  void Learn(const TableFacts& table, absl::string_view key,
             Found& found) const;

  // None if nothing exists. Takes what was opened.
  template <typename Record>
  static absl::StatusOr<RecordRef<Record>> Share(const TableFacts& table,
                                                 Found& found);
  // nullopt if nothing exists.
  template <typename Record>
  static absl::StatusOr<std::optional<Record>> Copy(const TableFacts& table,
                                                    const Found& found);

  const Store* store_;
  std::shared_ptr<const EngineView> view_;
};

// ---- typed access over bytes ----

template <typename Record>
bool ParseRecord(absl::string_view plaintext, Record& record) {
  return record.ParseFromArray(plaintext.data(),
                               static_cast<int>(plaintext.size()));
}

template <typename Record>
absl::StatusOr<std::optional<Record>> Snapshot::Copy(const TableFacts& table,
                                                     const Found& found) {
  std::optional<Record> record;
  if (found.shared != nullptr) {
    const RecordRef<Record> shared(found.shared);
    if (!shared) {
      return absl::DataLossError(table.name);
    }
    record = *shared;
  } else if (found.exists && !ParseRecord(found.opened, record.emplace())) {
    return absl::DataLossError(table.name);
  }
  return record;
}

template <typename Record>
absl::StatusOr<RecordRef<Record>> Snapshot::Share(const TableFacts& table,
                                                  Found& found) {
  if (!found.exists) {
    return RecordRef<Record>();
  }
  RecordRef<Record> record(
      found.shared != nullptr
          ? std::move(found.shared)
          : std::make_shared<const SharedRecord>(std::move(found.opened)));
  if (!record) {
    return absl::DataLossError(table.name);
  }
  return record;
}

template <typename Key, typename Record>
absl::StatusOr<std::optional<Record>> Snapshot::Find(
    const Table<Key, Record>& table, const Key& key) const {
  ASSIGN_OR_RETURN(const Found found,
                   FindBytes(table.facts, EncodeKey(table.facts, key)));
  return Copy<Record>(table.facts, found);
}

template <typename Key, typename Record>
absl::StatusOr<RecordRef<Record>> Snapshot::FindShared(
    const Table<Key, Record>& table, const Key& key) const {
  ASSIGN_OR_RETURN(Found found,
                   FindBytes(table.facts, EncodeKey(table.facts, key)));
  return Share<Record>(table.facts, found);
}

template <typename Key, typename Record>
absl::StatusOr<RecordRef<Record>> Snapshot::FindInMemory(
    const Table<Key, Record>& table, const Key& key) const {
  std::optional<Found> found =
      FindBytesInMemory(table.facts, EncodeKey(table.facts, key));
  return found ? Share<Record>(table.facts, *found) : RecordRef<Record>();
}

template <typename Key, typename Record>
absl::StatusOr<Record> Snapshot::Get(const Table<Key, Record>& table,
                                     const Key& key) const {
  ASSIGN_OR_RETURN(std::optional<Record> record, Find(table, key));
  if (!record) {
    return absl::NotFoundError(table.facts.name);
  }
  return *std::move(record);
}

template <typename Key, typename Record, typename Visit>
absl::Status Snapshot::Scan(const Table<Key, Record>& table,
                            const KeyRange& range, Direction direction,
                            Visit visit) const {
  bool decodes = true;
  RETURN_IF_ERROR(ScanBytes(table.facts, range, direction, Opening::kAnew,
                            [&](absl::string_view key, Found& found) {
                              const std::optional<Key> decoded =
                                  DecodeKey<Key>(key);
                              auto record = Copy<Record>(table.facts, found);
                              decodes = decoded && record.ok();
                              return decodes && visit(*decoded, **record);
                            }));
  return decodes ? absl::OkStatus() : absl::DataLossError(table.facts.name);
}

template <typename Key, typename Record, typename Visit>
absl::Status Snapshot::ScanShared(const Table<Key, Record>& table,
                                  const KeyRange& range, Direction direction,
                                  Visit visit) const {
  bool decodes = true;
  RETURN_IF_ERROR(ScanBytes(table.facts, range, direction, Opening::kShared,
                            [&](absl::string_view key, Found& found) {
                              const std::optional<Key> decoded =
                                  DecodeKey<Key>(key);
                              const auto record =
                                  Share<Record>(table.facts, found);
                              decodes = decoded && record.ok();
                              return decodes && visit(*decoded, *record);
                            }));
  return decodes ? absl::OkStatus() : absl::DataLossError(table.facts.name);
}

}  // namespace renkei::storage
