// Rows that wait to be written: those of one transaction, or of a whole batch.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/strings/string_view.h"
#include "storage/crypto/aead.h"
#include "storage/table.h"

namespace renkei::storage {

struct PendingRow {
  std::string key;
  const TableFacts* table = nullptr;
  std::optional<std::string> plaintext;  // nullopt: deleted
  // Held from the Put on, so that no key can go before its row is sealed.
  std::shared_ptr<const crypto::SealingKey> sealing;
};

// In the order of their keys. Every operation of the commit thread goes through
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
    if (const auto found = rows_.find(row.key); found != rows_.end()) {
      // The map's key is a part of the row that stays.
      found->second->plaintext = std::move(row.plaintext);
      found->second->sealing = std::move(row.sealing);
      return;
    }
    auto kept = std::make_unique<PendingRow>(std::move(row));
    const absl::string_view key = kept->key;
    rows_.emplace(key, std::move(kept));
  }

  // Takes the rows of `later`, each instead of what waited under its key.
  void Fold(PendingRows& later) {
    for (auto& [key, row] : later.rows_) {
      if (const auto found = rows_.find(key); found != rows_.end()) {
        found->second->plaintext = std::move(row->plaintext);
        found->second->sealing = std::move(row->sealing);
      } else {
        const absl::string_view kept = row->key;
        rows_.emplace(kept, std::move(row));
      }
    }
    later.rows_.clear();
  }

  const Rows& rows() const { return rows_; }

 private:
  Rows rows_;
};

}  // namespace renkei::storage
