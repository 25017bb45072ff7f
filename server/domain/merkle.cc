#include "server/domain/merkle.h"

#include <algorithm>
#include <bit>

#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"

namespace renkei::domain {
namespace {

// The leaves from begin to before end, one of the ranges that halving a tree
// gives: begin is a multiple of a power of two not smaller than the length.
struct Leaves {
  uint64_t begin = 0;
  uint64_t end = 0;
  uint64_t size() const { return end - begin; }
};

// Where RFC 6962 splits: the left half is the largest power of two smaller than
// the whole. REQUIRES: leaves.size() > 1.
uint64_t SplitOf(const Leaves& leaves) {
  return leaves.begin + std::bit_floor(leaves.size() - 1);
}

// REQUIRES: leaves.size() > 0.
absl::StatusOr<Hash32> HashOf(const Leaves& leaves, ReadNode read) {
  std::vector<Hash32> complete;  // subtrees from left to right
  Leaves rest = leaves;
  while (rest.size() != 0) {
    const auto level = static_cast<uint32_t>(std::bit_width(rest.size()) - 1);
    ASSIGN_OR_RETURN(const Hash32 hash, read({level, rest.begin >> level}));
    complete.push_back(hash);
    rest.begin += uint64_t{1} << level;
  }
  Hash32 hash = complete.back();
  for (auto left = complete.rbegin() + 1; left != complete.rend(); ++left) {
    hash = ParentHash(*left, hash);
  }
  return hash;
}

}  // namespace

Hash32 LeafHash(absl::string_view leaf) {
  return crypto::Sha256({absl::string_view("\0", 1), leaf});
}

Hash32 ParentHash(const Hash32& left, const Hash32& right) {
  return crypto::Sha256({"\1", left.bytes(), right.bytes()});
}

absl::StatusOr<Hash32> TreeRoot(uint64_t size, ReadNode read) {
  if (size == 0) {
    return crypto::Sha256("");
  }
  return HashOf({0, size}, read);
}

absl::StatusOr<std::vector<Hash32>> InclusionProof(uint64_t index,
                                                   uint64_t size,
                                                   ReadNode read) {
  std::vector<Hash32> path;
  Leaves around{0, size};
  while (around.size() > 1) {
    const uint64_t split = SplitOf(around);
    const bool is_left = index < split;
    const Leaves sibling =
        is_left ? Leaves{split, around.end} : Leaves{around.begin, split};
    ASSIGN_OR_RETURN(const Hash32 hash, HashOf(sibling, read));
    path.push_back(hash);
    around = is_left ? Leaves{around.begin, split} : Leaves{split, around.end};
  }
  std::reverse(path.begin(), path.end());
  return path;
}

absl::StatusOr<std::vector<Hash32>> ConsistencyProof(uint64_t older,
                                                     uint64_t size,
                                                     ReadNode read) {
  std::vector<Hash32> proof;
  Leaves around{0, size};
  while (older != around.end) {
    const uint64_t split = SplitOf(around);
    const bool is_left = older <= split;
    const Leaves sibling =
        is_left ? Leaves{split, around.end} : Leaves{around.begin, split};
    ASSIGN_OR_RETURN(const Hash32 hash, HashOf(sibling, read));
    proof.push_back(hash);
    around = is_left ? Leaves{around.begin, split} : Leaves{split, around.end};
  }
  // The older tree as a whole is known to who checks; a part of it is not.
  if (around.begin != 0) {
    ASSIGN_OR_RETURN(const Hash32 hash, HashOf(around, read));
    proof.push_back(hash);
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

}  // namespace renkei::domain
