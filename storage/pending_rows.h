// Rows that wait to be written: those of one transaction, or of a whole batch.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "storage/crypto/aead.h"
#include "storage/shared_record.h"
#include "storage/table.h"

namespace renkei::storage {

struct PendingRow {
  std::string key;
  size_t hash = 0;  // HashOfKey(key)
  const TableFacts* table = nullptr;
  std::shared_ptr<const SharedRecord> record;  // nullptr: deleted
  // Held from the Put on, so that no key can go before its row is sealed.
  std::shared_ptr<const crypto::SealingKey> sealing;
  // Other rows imply it: seen like any other, not written.
  bool implied = false;
};

// Every operation in the commit turn goes through here, with some twenty
// look-ups: rows are found by hash, a key is hashed once, and rows stay where
// they are made, so that moving them copies nothing. They are put in order
// once, when the last one has come.
class PendingRows {
 public:
  using Rows = std::vector<std::unique_ptr<PendingRow>>;

  bool empty() const { return rows_.empty(); }
  void Clear() {
    by_key_.clear();
    rows_.clear();
  }

  // nullptr if nothing waits under `key`. `hash`: HashOfKey(key).
  const PendingRow* Find(absl::string_view key, size_t hash) const {
    const auto found = by_key_.find(HashedKey{key, hash});
    return found == by_key_.end() ? nullptr : *found;
  }

  // Instead of what waited under its key.
  void Put(PendingRow row) {
    Put(std::make_unique<PendingRow>(std::move(row)));
  }

  // All rows of `later`, each instead of what waited under its key.
  void Take(PendingRows& later) {
    later.by_key_.clear();
    for (std::unique_ptr<PendingRow>& row : later.rows_) {
      Put(std::move(row));
    }
    later.rows_.clear();
  }

  // In the order of their keys from now on. REQUIRES: no Put or Take after it.
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
  struct HashedKey {
    absl::string_view key;
    size_t hash;
  };
  static HashedKey KeyOf(const HashedKey& key) { return key; }
  static HashedKey KeyOf(const PendingRow* row) {
    return {row->key, row->hash};
  }
  struct Hash {
    using is_transparent = void;
    size_t operator()(const auto& row) const { return KeyOf(row).hash; }
  };
  struct SameKey {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const {
      return KeyOf(a).key == KeyOf(b).key;
    }
  };

  // What most operations put fits at once.
  static constexpr size_t kRowsOfOne = 14;

  void Put(std::unique_ptr<PendingRow> row) {
    if (rows_.empty()) {
      rows_.reserve(kRowsOfOne);
      by_key_.reserve(kRowsOfOne);
    }
    const auto [place, is_new] = by_key_.insert(row.get());
    if (is_new) {
      rows_.push_back(std::move(row));
    } else {
      PendingRow& waiting = **place;
      waiting.record = std::move(row->record);
      waiting.sealing = std::move(row->sealing);
      waiting.implied = row->implied;
    }
  }

  Rows rows_;
  absl::flat_hash_set<PendingRow*, Hash, SameKey> by_key_;
  bool sorted_ = false;
};

}  // namespace renkei::storage
