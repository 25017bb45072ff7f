// The Merkle tree over the audit events of a network, as kept in the store: a
// row for every sixteen hashes of a level, and what is not sixteen yet in one
// record that stays in memory.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/domain/merkle.h"
#include "storage/base/id.h"
#include "storage/schema.h"
#include "storage/store.h"

namespace renkei::domain {

// Adds the event with this index, whose stored bytes are `leaf`, in the same
// transaction. DataLoss when the tree has not exactly the events before it.
absl::Status AppendToTree(storage::Transaction& tx, const NetworkId& network,
                          uint64_t index, absl::string_view leaf);

// The tree of one network as of a view, which must outlive it.
class AuditTree {
 public:
  static absl::StatusOr<AuditTree> Open(const storage::Snapshot& view,
                                        const NetworkId& network);

  uint64_t size() const { return record_.size(); }

  // OutOfRange for what the tree does not have (or 0 where something must be
  // there); DataLoss when a row is missing.
  absl::StatusOr<Hash32> RootAt(uint64_t size) const;
  absl::StatusOr<std::vector<Hash32>> ProveInclusion(uint64_t index,
                                                     uint64_t size) const;
  absl::StatusOr<std::vector<Hash32>> ProveConsistency(uint64_t older,
                                                       uint64_t size) const;
  // The hashes of the complete subtrees that the first `size` leaves fall
  // into, from left to right.
  absl::StatusOr<std::vector<Hash32>> FrontierAt(uint64_t size) const;

 private:
  AuditTree(const storage::Snapshot& view, const NetworkId& network,
            storage::v1::AuditTreeRecord record)
      : view_(view), network_(network), record_(std::move(record)) {}

  absl::StatusOr<Hash32> Read(const TreeNode& node) const;

  const storage::Snapshot& view_;
  const NetworkId network_;
  const storage::v1::AuditTreeRecord record_;
};

}  // namespace renkei::domain
