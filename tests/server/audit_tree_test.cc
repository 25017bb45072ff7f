#include "server/domain/audit_tree.h"

#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/domain/authorize.h"
#include "tests/support/status_matchers.h"
#include "tests/support/world.h"

namespace renkei::domain {
namespace {

using ::renkei::testing::Actor;
using ::renkei::testing::Must;
using ::renkei::testing::StatusIs;
using ::renkei::testing::World;

// RFC 6962 by its definition, over leaf hashes, each subtree hashed once.
class Model {
 public:
  void Append(absl::string_view leaf) { leaves_.push_back(LeafHash(leaf)); }
  Hash32 Root(uint64_t begin, uint64_t end) {
    if (end - begin == 1) {
      return leaves_[begin];
    }
    const auto known = known_.find({begin, end});
    if (known != known_.end()) {
      return known->second;
    }
    const uint64_t split = begin + std::bit_floor(end - begin - 1);
    const Hash32 hash = ParentHash(Root(begin, split), Root(split, end));
    known_[{begin, end}] = hash;
    return hash;
  }
  std::vector<Hash32> Path(uint64_t index, uint64_t begin, uint64_t end) {
    if (end - begin == 1) {
      return {};
    }
    const uint64_t split = begin + std::bit_floor(end - begin - 1);
    const bool left = index < split;
    std::vector<Hash32> path =
        left ? Path(index, begin, split) : Path(index, split, end);
    path.push_back(left ? Root(split, end) : Root(begin, split));
    return path;
  }
  std::vector<Hash32> Proof(uint64_t older, uint64_t begin, uint64_t end,
                            bool known) {
    if (older == end) {
      return known ? std::vector<Hash32>() : std::vector{Root(begin, end)};
    }
    const uint64_t split = begin + std::bit_floor(end - begin - 1);
    const bool left = older <= split;
    std::vector<Hash32> proof = left ? Proof(older, begin, split, known)
                                     : Proof(older, split, end, false);
    proof.push_back(left ? Root(split, end) : Root(begin, split));
    return proof;
  }

 private:
  std::vector<Hash32> leaves_;
  std::map<std::pair<uint64_t, uint64_t>, Hash32> known_;
};

// Crosses the first tile of the third level.
constexpr uint64_t kLeaves = 300;

class AuditTreeTest : public ::testing::Test {
 protected:
  World world_;
  Model model_;

  void Append(uint64_t count) {
    world_.Change([&](storage::Transaction& tx) -> absl::Status {
      for (uint64_t i = 0; i < count; ++i) {
        const std::string leaf = absl::StrCat("leaf ", appended_);
        RETURN_IF_ERROR(AppendToTree(tx, world_.network(), appended_++, leaf));
        model_.Append(leaf);
      }
      return absl::OkStatus();
    });
  }
  uint64_t appended_ = 0;
};

TEST_F(AuditTreeTest, HasTheRootOfTheDefinitionAtEverySize) {
  for (uint64_t size = 1; size <= kLeaves; ++size) {
    Append(1);
    const storage::Snapshot view = world_.Look();
    const AuditTree tree = Must(AuditTree::Open(view, world_.network()));
    ASSERT_EQ(tree.size(), size);
    const Hash32 root = Must(tree.RootAt(size));
    ASSERT_EQ(root, model_.Root(0, size)) << size;
  }
}

TEST_F(AuditTreeTest, ProvesEveryLeafAndEveryPairOfSizes) {
  Append(kLeaves);
  const storage::Snapshot view = world_.Look();
  const AuditTree tree = Must(AuditTree::Open(view, world_.network()));
  for (uint64_t size = 1; size <= kLeaves; size += size < 70 ? 1 : 23) {
    const Hash32 root = Must(tree.RootAt(size));
    ASSERT_EQ(root, model_.Root(0, size)) << size;
    for (uint64_t index = 0; index < size; ++index) {
      const auto path = Must(tree.ProveInclusion(index, size));
      ASSERT_EQ(path, model_.Path(index, 0, size)) << index << " " << size;
      const auto proof = Must(tree.ProveConsistency(index + 1, size));
      ASSERT_EQ(proof, model_.Proof(index + 1, 0, size, true))
          << index + 1 << " " << size;
    }
  }
}

TEST_F(AuditTreeTest, KeepsItsEdgeAcrossAReopening) {
  Append(37);
  world_.Reopen();
  Append(37);
  const storage::Snapshot view = world_.Look();
  const AuditTree tree = Must(AuditTree::Open(view, world_.network()));
  const Hash32 root = Must(tree.RootAt(74));
  EXPECT_EQ(root, model_.Root(0, 74));
}

TEST_F(AuditTreeTest, RefusesWhatIsNotInTheLog) {
  Append(5);
  const storage::Snapshot view = world_.Look();
  const AuditTree tree = Must(AuditTree::Open(view, world_.network()));
  const auto out_of_range = StatusIs(absl::StatusCode::kOutOfRange);
  EXPECT_THAT(tree.RootAt(6).status(), out_of_range);
  EXPECT_THAT(tree.ProveInclusion(5, 5).status(), out_of_range);
  EXPECT_THAT(tree.ProveInclusion(0, 6).status(), out_of_range);
  EXPECT_THAT(tree.ProveConsistency(0, 5).status(), out_of_range);
  EXPECT_THAT(tree.ProveConsistency(5, 4).status(), out_of_range);
}

TEST_F(AuditTreeTest, RefusesAnEventOutOfOrder) {
  Append(3);
  absl::Status refused;
  world_.Change([&](storage::Transaction& tx) {
    refused = AppendToTree(tx, world_.network(), 5, "later");
    return absl::OkStatus();
  });
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kDataLoss));
}

// What is hashed is what is kept: an auditor who is given the stored bytes
// needs no other form of them.
TEST(AuditLog, HasTheStoredBytesAsLeavesOfItsTree) {
  World world;
  const Actor nurse =
      world.AddPerson("佐藤", "visiting_nurse", world.AddFacility("訪問看護"));
  for (int i = 0; i < 20; ++i) {
    ASSERT_OK(world.Read(nurse, Action::kGetNetwork, 100, [](ReadCall& call) {
      call.note.details = {{"query", "exact_name"}};
      return Authorize(call, Action::kGetNetwork, {});
    }));
  }
  const storage::Snapshot view = world.Look();
  const AuditTree tree = Must(AuditTree::Open(view, world.network()));
  ASSERT_EQ(tree.size(), 20u);
  Model model;
  for (uint64_t index = 0; index < tree.size(); ++index) {
    const storage::v1::AuditRecord record =
        Must(view.Get(storage::kAudit, {world.network(), index}));
    model.Append(record.leaf());
  }
  const Hash32 root = Must(tree.RootAt(20));
  EXPECT_EQ(root, model.Root(0, 20));
}

// The form of a leaf is for ever: these bytes were written by the first
// release.
TEST(AuditLeaf, KeepsItsBytesAndItsHash) {
  storage::v1::AuditLeaf leaf;
  leaf.set_format(1);
  leaf.set_network(std::string(16, '\x11'));
  leaf.set_index(7);
  leaf.set_time_micros(1775034000000000);
  leaf.set_type(301);
  leaf.set_outcome(storage::v1::AUDIT_OUTCOME_ALLOWED);
  leaf.set_actor(std::string(16, '\x22'));
  leaf.set_action("list_messages");
  leaf.set_rule("member");
  leaf.set_access_version(4);
  leaf.set_policy_version(1);
  leaf.set_patient(std::string(16, '\x33'));
  leaf.set_group(std::string(16, '\x44'));
  leaf.set_first_message(1);
  leaf.set_last_message(50);
  leaf.set_messages(50);
  leaf.set_details_commitment(std::string(32, '\x55'));
  const std::string bytes = leaf.SerializeAsString();
  EXPECT_EQ(bytes.size(), 165u);
  EXPECT_EQ(absl::BytesToHexString(LeafHash(bytes).bytes()),
            "43801c5a4101311ed01dd5ddaf05eec8c4c23b9184e3e88ff81fa3827fd8cbf7");
}

}  // namespace
}  // namespace renkei::domain
