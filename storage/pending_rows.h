// Rows that wait to be written: those of one transaction, or of a whole batch.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "storage/crypto/aead.h"
#include "storage/shared_record.h"
#include "storage/table.h"

namespace renkei::storage {

struct PendingRow {
  std::string key;
  const TableFacts* table = nullptr;
  std::shared_ptr<const SharedRecord> record;  // nullptr: deleted
  // Held from the Put on, so that no key can go before its row is sealed.
  std::shared_ptr<const crypto::SealingKey> sealing;
};

// In the order of their keys. Every operation in the commit turn goes through
// here: rows stay where they are made, and moving them copies nothing.
class PendingRows {
 public:
  // By key, which is the row's own.
  using Rows = absl::btree_map<absl::string_view, std::unique_ptr<PendingRow>>;

  bool empty() const { return rows_.empty(); }
  void Clear() { rows_.clear(); }

  // nullptr if nothing waits under `key`.
  const PendingRow* Find(absl::string_view key) const {
    const auto found = rows_.find(key);
    return found == rows_.end() ? nullptr : found->second.get();
  }

  // Instead of what waited under its key.
  void Put(PendingRow row) {
    Place(std::make_unique<PendingRow>(std::move(row)));
  }
  // The same of a row that comes from somewhere else; nullptr if it took the
  // place of another, or else the row.
  const PendingRow* Place(std::unique_ptr<PendingRow> row) {
    const absl::string_view key = row->key;
    const auto place = rows_.lower_bound(key);
    if (place == rows_.end() || place->first != key) {
      return rows_.emplace_hint(place, key, std::move(row))->second.get();
    }
    // The map's key is a part of the row that stays.
    place->second->record = std::move(row->record);
    place->second->sealing = std::move(row->sealing);
    return nullptr;
  }

  const Rows& rows() const { return rows_; }

 private:
  friend class BatchRows;

  Rows rows_;
};

// Those of many transactions: each look-up of the next one comes here, so they
// are found by hash, too.
class BatchRows {
  using ByKey = absl::flat_hash_map<absl::string_view, const PendingRow*>;

 public:
  bool empty() const { return rows_.empty(); }

  // `hash`: HashOfKey(key).
  const PendingRow* Find(absl::string_view key, size_t hash) const {
    const auto found = by_key_.find(key, hash);
    return found == by_key_.end() ? nullptr : found->second;
  }

  // All rows of `later`, each instead of what waited under its key.
  void Take(PendingRows& later) {
    for (auto& [key, row] : later.rows_) {
      if (const PendingRow* const added = rows_.Place(std::move(row))) {
        by_key_.emplace(added->key, added);
      }
    }
    later.rows_.clear();
  }

  const PendingRows::Rows& rows() const { return rows_.rows(); }

 private:
  PendingRows rows_;
  ByKey by_key_;
};

}  // namespace renkei::storage
