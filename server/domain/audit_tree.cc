#include "server/domain/audit_tree.h"

#include <bit>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::v1::AuditTreeRecord;

// On disk: a tile spans kTileLevels levels and holds its lowest one.
constexpr uint32_t kTileLevels = 4;
constexpr uint64_t kTileHashes = uint64_t{1} << kTileLevels;
constexpr size_t kTileBytes = kTileHashes * kHash32Bytes;

// Of the hashes [first, first + count) in `hashes`; count is a power of two.
absl::StatusOr<Hash32> Fold(absl::string_view hashes, uint64_t first,
                            uint64_t count) {
  std::vector<Hash32> row;
  for (uint64_t i = first; i < first + count; ++i) {
    const auto hash =
        Hash32::FromBytes(hashes.substr(i * kHash32Bytes, kHash32Bytes));
    if (!hash) {
      return absl::DataLossError("audit tree: a tile is short");
    }
    row.push_back(*hash);
  }
  while (row.size() > 1) {
    for (size_t i = 0; i < row.size() / 2; ++i) {
      row[i] = ParentHash(row[2 * i], row[2 * i + 1]);
    }
    row.resize(row.size() / 2);
  }
  return row[0];
}

}  // namespace

absl::Status AppendToTree(storage::Transaction& tx, const NetworkId& network,
                          uint64_t index, absl::string_view leaf) {
  ASSIGN_OR_RETURN(auto found, tx.Find(storage::kAuditTrees, {network}));
  AuditTreeRecord tree = found ? *std::move(found) : AuditTreeRecord();
  if (tree.size() != index) {
    return absl::DataLossError(absl::StrCat("the audit tree has ", tree.size(),
                                            " events and the log ", index));
  }
  tree.set_size(index + 1);
  Hash32 hash = LeafHash(leaf);
  for (uint32_t level = 0;; ++level) {
    if (level == static_cast<uint32_t>(tree.open_tiles_size())) {
      tree.add_open_tiles();
    }
    std::string& tile = *tree.mutable_open_tiles(static_cast<int>(level));
    tile.append(hash.bytes().data(), hash.bytes().size());
    if (tile.size() < kTileBytes) {
      break;
    }
    ASSIGN_OR_RETURN(hash, Fold(tile, 0, kTileHashes));
    storage::v1::AuditTileRecord full;
    full.set_hashes(std::move(tile));
    tile.clear();
    const uint64_t row = index >> (kTileLevels * (level + 1));
    RETURN_IF_ERROR(tx.Put(storage::kAuditTiles,
                           {network, static_cast<uint8_t>(level), row},
                           std::move(full)));
  }
  return tx.Put(storage::kAuditTrees, {network}, std::move(tree));
}

absl::StatusOr<AuditTree> AuditTree::Open(const storage::Snapshot& view,
                                          const NetworkId& network) {
  ASSIGN_OR_RETURN(auto found, view.Find(storage::kAuditTrees, {network}));
  return AuditTree(view, network,
                   found ? *std::move(found) : AuditTreeRecord());
}

absl::StatusOr<Hash32> AuditTree::Read(const TreeNode& node) const {
  const uint32_t tile_level = node.level / kTileLevels;
  const uint32_t above = node.level % kTileLevels;
  const uint64_t first = node.index << above;  // on the tile's lowest level
  const uint64_t row = first / kTileHashes;
  const uint64_t in_tile = first % kTileHashes;
  const uint64_t rows_full = record_.size() >> (kTileLevels * (tile_level + 1));
  if (row < rows_full) {
    ASSIGN_OR_RETURN(
        const storage::v1::AuditTileRecord tile,
        view_.Get(storage::kAuditTiles,
                  {network_, static_cast<uint8_t>(tile_level), row}));
    return Fold(tile.hashes(), in_tile, uint64_t{1} << above);
  }
  if (tile_level >= static_cast<uint32_t>(record_.open_tiles_size())) {
    return absl::DataLossError("audit tree: a level is missing");
  }
  return Fold(record_.open_tiles(static_cast<int>(tile_level)), in_tile,
              uint64_t{1} << above);
}

absl::StatusOr<Hash32> AuditTree::RootAt(uint64_t size) const {
  if (size > record_.size()) {
    return absl::OutOfRangeError("the audit log is shorter");
  }
  return TreeRoot(size, [this](const TreeNode& node) { return Read(node); });
}

absl::StatusOr<std::vector<Hash32>> AuditTree::ProveInclusion(
    uint64_t index, uint64_t size) const {
  if (size > record_.size() || index >= size) {
    return absl::OutOfRangeError("the audit log is shorter");
  }
  return InclusionProof(index, size,
                        [this](const TreeNode& node) { return Read(node); });
}

absl::StatusOr<std::vector<Hash32>> AuditTree::ProveConsistency(
    uint64_t older, uint64_t size) const {
  if (size > record_.size() || older > size || older == 0) {
    return absl::OutOfRangeError("the audit log is shorter, or `older` is 0");
  }
  return ConsistencyProof(older, size,
                          [this](const TreeNode& node) { return Read(node); });
}

absl::StatusOr<std::vector<Hash32>> AuditTree::FrontierAt(uint64_t size) const {
  if (size > record_.size()) {
    return absl::OutOfRangeError("the audit log is shorter");
  }
  std::vector<Hash32> hashes;
  uint64_t begin = 0;
  while (begin < size) {
    const auto level = static_cast<uint32_t>(std::bit_width(size - begin) - 1);
    ASSIGN_OR_RETURN(const Hash32 hash, Read({level, begin >> level}));
    hashes.push_back(hash);
    begin += uint64_t{1} << level;
  }
  return hashes;
}

}  // namespace renkei::domain
