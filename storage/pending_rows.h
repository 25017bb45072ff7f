// Rows that wait to be written: those of one transaction, or of a whole batch.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

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
    const auto place = rows_.lower_bound(row.key);
    if (place == rows_.end() || place->first != row.key) {
      auto added = std::make_unique<PendingRow>(std::move(row));
      const absl::string_view key = added->key;
      rows_.emplace_hint(place, key, std::move(added));
    } else {
      // The map's key is a part of the row that stays.
      place->second->record = std::move(row.record);
      place->second->sealing = std::move(row.sealing);
    }
  }

  const Rows& rows() const { return rows_; }

 private:
  friend class BatchRows;

  Rows rows_;
};

// Those of many transactions: each look-up of the next one comes here, so they
// are found by hash. They are put in order once, when the last one has come.
class BatchRows {
 public:
  using Rows = std::vector<std::unique_ptr<PendingRow>>;

  bool empty() const { return rows_.empty(); }

  // `hash`: HashOfKey(key).
  const PendingRow* Find(absl::string_view key, size_t hash) const {
    const auto found = by_key_.find(key, hash);
    return found == by_key_.end() ? nullptr : found->second;
  }

  // All rows of `later`, each instead of what waited under its key.
  void Take(PendingRows& later) {
    for (auto& [key, row] : later.rows_) {
      const auto [place, is_new] = by_key_.try_emplace(row->key, row.get());
      if (is_new) {
        rows_.push_back(std::move(row));
      } else {
        // The map's key is a part of the row that stays.
        place->second->record = std::move(row->record);
        place->second->sealing = std::move(row->sealing);
      }
    }
    later.rows_.clear();
  }

  // In the order of their keys from now on. REQUIRES: no Take after it.
  void Sort() {
    std::sort(rows_.begin(), rows_.end(),
              [](const auto& a, const auto& b) { return a->key < b->key; });
    sorted_ = true;
  }

  // Calls `visit(const PendingRow&)` with those of the range, in some order.
  // Looks at every row until Sort was called.
  template <typename Visit>
  void VisitRange(const KeyRange& range, Visit visit) const {
    auto row = rows_.begin();
    if (sorted_) {
      row = std::lower_bound(
          rows_.begin(), rows_.end(), range.begin,
          [](const auto& a, const std::string& key) { return a->key < key; });
    }
    for (; row != rows_.end(); ++row) {
      if ((*row)->key >= range.begin && (*row)->key < range.end) {
        visit(**row);
      } else if (sorted_) {
        break;
      }
    }
  }

  // REQUIRES: Sort() was called, if their order matters.
  const Rows& rows() const { return rows_; }

 private:
  Rows rows_;
  absl::flat_hash_map<absl::string_view, PendingRow*> by_key_;
  bool sorted_ = false;
};

}  // namespace renkei::storage
