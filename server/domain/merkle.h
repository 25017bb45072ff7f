// The Merkle tree of RFC 6962 over SHA-256: hashes, roots and proofs, from the
// hashes of complete subtrees wherever they are kept.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/base/hash32.h"

namespace renkei::domain {

// A complete subtree: the leaves from index << level to before
// (index + 1) << level.
struct TreeNode {
  uint32_t level = 0;
  uint64_t index = 0;
};

// The hash of a complete subtree.
using ReadNode =
    absl::FunctionRef<absl::StatusOr<Hash32>(const TreeNode& node)>;

Hash32 LeafHash(absl::string_view leaf);
Hash32 ParentHash(const Hash32& left, const Hash32& right);

// The root of the first `size` leaves; that of no leaves is the hash of
// nothing. Reads O(log size) nodes, as the proofs do.
absl::StatusOr<Hash32> TreeRoot(uint64_t size, ReadNode read);

// The audit path of the leaf `index` among the first `size`, from the leaf up.
// REQUIRES: index < size.
absl::StatusOr<std::vector<Hash32>> InclusionProof(uint64_t index,
                                                   uint64_t size,
                                                   ReadNode read);

// That the first `older` leaves are the beginning of the first `size`; empty
// when the two are equal. REQUIRES: 0 < older <= size.
absl::StatusOr<std::vector<Hash32>> ConsistencyProof(uint64_t older,
                                                     uint64_t size,
                                                     ReadNode read);

}  // namespace renkei::domain
