// Heads of groups: messages imply them, rows of before and other entries tell
// them.
#include "storage/group_head.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "storage/crypto/hash.h"
#include "storage/schema.h"
#include "storage/store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_rig.h"

namespace renkei::storage {
namespace {

using renkei::testing::IsOk;
using renkei::testing::StatusIs;
using renkei::testing::StoreRig;
using ::testing::Each;

// "1 12:34…": sequence, microseconds, hash in hexadecimal.
std::string Say(const v1::GroupHeadRecord& head) {
  return absl::StrCat(head.last_sequence(), " ", head.last_message_at_micros(),
                      ":", absl::BytesToHexString(head.head_hash()));
}

class GroupHeadTest : public ::testing::Test {
 protected:
  GroupHeadTest() { EXPECT_OK(rig_.Open()); }

  GroupKey Group() const { return {rig_.network(), rig_.group()}; }

  // As a message is posted.
  absl::Status Post(Transaction& tx) {
    ASSIGN_OR_RETURN(const auto found, tx.Find(kGroupHeads, Group()));
    const v1::GroupHeadRecord head = found.value_or(v1::GroupHeadRecord());
    const uint64_t sequence = head.last_sequence() + 1;
    v1::MessageRecord message;
    message.set_body(absl::StrCat("第", sequence, "報"));
    message.set_created_at_micros(1000 + static_cast<int64_t>(sequence));
    message.set_previous_head_hash(head.head_hash());
    RETURN_IF_ERROR(tx.Put(kMessages, rig_.MessageKeyOf(sequence), message));
    return tx.PutImplied(
        kGroupHeads, Group(),
        HeadAfter(sequence, message, message.SerializeAsString()));
  }
  // As the group changes otherwise.
  absl::Status Chain(Transaction& tx, absl::string_view entry) {
    ASSIGN_OR_RETURN(const auto found, tx.Find(kGroupHeads, Group()));
    v1::GroupHeadRecord head = found.value_or(v1::GroupHeadRecord());
    head.set_head_hash(ChainHash(head.head_hash(), entry));
    return tx.Put(kGroupHeads, Group(), head);
  }
  StoreRig::Body Posting() {
    return [this](Transaction& tx) { return Post(tx); };
  }
  StoreRig::Body Chaining(absl::string_view entry) {
    return [this, entry](Transaction& tx) { return Chain(tx, entry); };
  }

  std::string HeadIn(const Snapshot& view) const {
    const auto head = view.Find(kGroupHeads, Group());
    return !head.ok() ? head.status().ToString()
                      : (*head ? Say(**head) : "none");
  }
  std::string Head() { return HeadIn(rig_.store().Read()); }
  // What the disk alone tells.
  std::string HeadAnew() {
    EXPECT_OK(rig_.Reopen());
    return Head();
  }
  uint64_t Rows() {
    return *rig_.store().Read().CountReadable(kGroupHeads.facts);
  }

  StoreRig rig_{41};
};

TEST_F(GroupHeadTest, IsChainedOverTheHashesOfEntries) {
  const std::string first = ChainHash("", "一");
  EXPECT_EQ(first, crypto::Sha256(crypto::Sha256("一").bytes()).bytes());
  EXPECT_EQ(ChainHash(first, "二"),
            crypto::Sha256({first, crypto::Sha256("二").bytes()}).bytes());
}

TEST_F(GroupHeadTest, OfAGroupWithoutEntriesIsNotThere) {
  EXPECT_EQ(Head(), "none");
}

TEST_F(GroupHeadTest, IsImpliedByMessagesWithoutARow) {
  ASSERT_OK(rig_.Write(Posting()));
  const std::string first = Head();
  EXPECT_TRUE(first.starts_with("1 1001:")) << first;
  EXPECT_EQ(HeadAnew(), first);
  ASSERT_OK(rig_.Write(Posting()));
  const std::string second = Head();
  EXPECT_TRUE(second.starts_with("2 1002:")) << second;
  EXPECT_EQ(HeadAnew(), second);
  EXPECT_EQ(Rows(), 0u);
}

TEST_F(GroupHeadTest, IsTheSameWhereverItIsReadFrom) {
  std::string expected;
  for (const bool anew : {false, true}) {
    ASSERT_OK(rig_.Write([this](Transaction& tx) -> absl::Status {
      for (uint64_t i = 1; i <= 3; ++i) {
        tx.Delete(kMessages, rig_.MessageKeyOf(i));
      }
      tx.Delete(kGroupHeads, Group());
      return absl::OkStatus();
    }));
    for (const StoreRig::Body& change :
         {Chaining("作成"), Posting(), Posting(), Chaining("参加"), Posting(),
          Chaining("退出"), Chaining("終結")}) {
      ASSERT_OK(rig_.Write(change));
      if (anew) {
        ASSERT_OK(rig_.Reopen());
      }
    }
    const std::string head = anew ? HeadAnew() : Head();
    EXPECT_TRUE(head.starts_with("3 1003:")) << head;
    EXPECT_TRUE(!anew || head == expected) << head << " and " << expected;
    expected = head;
  }
  EXPECT_EQ(Rows(), 1u);
}

TEST_F(GroupHeadTest, WithinABatchTheLastChangeCounts) {
  EXPECT_THAT(rig_.WriteTogether({Posting(), Chaining("参加"), Posting()}),
              Each(IsOk()));
  const std::string posted = Head();
  EXPECT_TRUE(posted.starts_with("2 1002:")) << posted;
  EXPECT_EQ(HeadAnew(), posted);
  EXPECT_THAT(rig_.WriteTogether({Posting(), Chaining("退出")}), Each(IsOk()));
  const std::string chained = Head();
  EXPECT_TRUE(chained.starts_with("3 1003:")) << chained;
  EXPECT_EQ(HeadAnew(), chained);
  EXPECT_EQ(Rows(), 1u);
}

TEST_F(GroupHeadTest, OfAViewIsTheOneOfThatTime) {
  ASSERT_OK(rig_.Write(Posting()));
  ASSERT_OK(rig_.Reopen());
  const Snapshot before = rig_.store().Read();
  ASSERT_OK(rig_.Write(Posting()));
  EXPECT_TRUE(HeadIn(before).starts_with("1 ")) << HeadIn(before);
  EXPECT_TRUE(Head().starts_with("2 ")) << Head();
  EXPECT_TRUE(HeadIn(before).starts_with("1 ")) << HeadIn(before);
}

// A row of before says all; what its messages lack is not missed.
TEST_F(GroupHeadTest, OfAStoreOfBeforeIsItsRow) {
  v1::GroupHeadRecord head;
  head.set_last_sequence(1);
  head.set_last_message_at_micros(7);
  head.set_head_hash(std::string(32, 'h'));
  ASSERT_OK(rig_.PutBody(1, "発熱 38.2"));
  ASSERT_OK(rig_.Write(
      [&](Transaction& tx) { return tx.Put(kGroupHeads, Group(), head); }));
  EXPECT_EQ(HeadAnew(), Say(head));
  ASSERT_OK(rig_.Write(Posting()));
  EXPECT_TRUE(Head().starts_with("2 1002:")) << Head();
  EXPECT_EQ(HeadAnew(), Head());
}

TEST_F(GroupHeadTest, TheirTableIsNotScanned) {
  ASSERT_OK(rig_.Write(Chaining("作成")));
  EXPECT_THAT(
      rig_.store().Read().Scan(
          kGroupHeads, KeysUnder(kGroupHeads, rig_.network()),
          Direction::kForward, [](const auto&, const auto&) { return true; }),
      StatusIs(absl::StatusCode::kInternal));
}

}  // namespace
}  // namespace renkei::storage
