#include "server/domain/merkle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <string>

#include "absl/strings/escaping.h"
#include "storage/crypto/hash.h"
#include "tests/support/status_matchers.h"

namespace renkei::domain {
namespace {

using ::renkei::testing::Must;
using ::testing::ElementsAreArray;

// The leaves, roots and paths that certificate transparency's implementations
// test against.
const std::vector<std::string>& Leaves() {
  static const auto& leaves = *new std::vector<std::string>{
      "",
      absl::HexStringToBytes("00"),
      absl::HexStringToBytes("10"),
      absl::HexStringToBytes("2021"),
      absl::HexStringToBytes("3031"),
      absl::HexStringToBytes("40414243"),
      absl::HexStringToBytes("5051525354555657"),
      absl::HexStringToBytes("606162636465666768696a6b6c6d6e6f")};
  return leaves;
}

constexpr const char* kRoots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

std::vector<std::string> Hex(const std::vector<Hash32>& hashes) {
  std::vector<std::string> hex;
  for (const Hash32& hash : hashes) {
    hex.push_back(absl::BytesToHexString(hash.bytes()));
  }
  return hex;
}

// The definition itself: a subtree's hash from its leaves.
Hash32 HashOfLeaves(const std::vector<std::string>& leaves, uint64_t begin,
                    uint64_t end) {
  if (end - begin == 1) {
    return LeafHash(leaves[begin]);
  }
  const uint64_t split = begin + std::bit_floor(end - begin - 1);
  return ParentHash(HashOfLeaves(leaves, begin, split),
                    HashOfLeaves(leaves, split, end));
}

absl::StatusOr<Hash32> ReadVector(const TreeNode& node) {
  return HashOfLeaves(Leaves(), node.index << node.level,
                      (node.index + 1) << node.level);
}

TEST(TreeRoot, IsThePublishedOneAtEverySize) {
  for (uint64_t size = 0; size <= 8; ++size) {
    const Hash32 root = Must(TreeRoot(size, ReadVector));
    EXPECT_EQ(absl::BytesToHexString(root.bytes()), kRoots[size]) << size;
  }
}

TEST(InclusionProof, IsThePublishedOne) {
  struct Case {
    uint64_t index, size;
    std::vector<std::string> path;
  };
  const Case cases[] = {
      {0, 1, {}},
      {0,
       8,
       {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
      {5,
       8,
       {"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
      {2,
       3,
       {"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}},
      {1,
       5,
       {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}}};
  for (const Case& c : cases) {
    const auto path = Must(InclusionProof(c.index, c.size, ReadVector));
    EXPECT_THAT(Hex(path), ElementsAreArray(c.path)) << c.index << c.size;
  }
}

TEST(ConsistencyProof, IsThePublishedOne) {
  struct Case {
    uint64_t older, size;
    std::vector<std::string> proof;
  };
  const Case cases[] = {
      {1, 1, {}},
      {1,
       8,
       {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
      {6,
       8,
       {"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
      {2,
       5,
       {"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}},
      {6,
       7,
       {"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}}};
  for (const Case& c : cases) {
    const auto proof = Must(ConsistencyProof(c.older, c.size, ReadVector));
    EXPECT_THAT(Hex(proof), ElementsAreArray(c.proof)) << c.older << c.size;
  }
}

TEST(TreeRoot, PassesOnWhatTheReaderCannotRead) {
  const auto refuse = [](const TreeNode&) -> absl::StatusOr<Hash32> {
    return absl::DataLossError("row");
  };
  EXPECT_EQ(TreeRoot(3, refuse).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(InclusionProof(1, 3, refuse).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace renkei::domain
