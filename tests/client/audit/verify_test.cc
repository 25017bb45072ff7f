#include "client/audit/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "storage/crypto/sign.h"
#include "tests/client/audit/exported_log.h"

namespace renkei::audit {
namespace {

using ::renkei::testing::Must;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::string_view kSecondIncarnation = "a second 1";

using VerifyTest = ExportedLogTest;

TEST_F(VerifyTest, FindsAnHonestLogInOrder) {
  EXPECT_THAT(Faults(log().text), IsEmpty());
  EXPECT_GT(log().size, 15u);
  const Verdict verdict = Verify({{"export", log().text}}, std::nullopt);
  EXPECT_THAT(verdict.faults, IsEmpty());
  EXPECT_THAT(verdict.facts, Contains(HasSubstr("compare it")));
}

TEST_F(VerifyTest, FindsConsecutiveAndOverlappingExportsInOrder) {
  for (const uint64_t begin : {uint64_t{1}, log().size / 2, log().size - 1}) {
    const Verdict verdict =
        Verify({{"all", log().text}, {"part", log().Export(begin)}}, log().key);
    EXPECT_THAT(verdict.faults, IsEmpty()) << begin;
  }
}

TEST_F(VerifyTest, NamesAGapBetweenFiles) {
  const std::string part = log().Export(log().size - 1);
  EXPECT_THAT(
      Verify({{"part", part}, {"kept", log().middle}}, log().key).faults,
      Contains(HasSubstr("no export here continues it")));
}

TEST_F(VerifyTest, WritesTheSameFileTwice) {
  EXPECT_EQ(log().Export(0), log().Export(0));
}

TEST_F(VerifyTest, SaysBetweenWhichEventsTheDifferenceIs) {
  std::vector<std::string> leaves = Leaves();
  const auto middle = Must(ParseCheckpoint(log().middle.substr(
                               0, log().middle.find("\n\n") + 1)))
                          .size;
  storage::v1::AuditLeaf leaf;
  ASSERT_TRUE(leaf.ParseFromString(leaves[middle + 1]));
  leaf.set_client_address("10.0.0.1");
  leaves[middle + 1] = leaf.SerializeAsString();
  EXPECT_NAMES(log().Forge(leaves),
               absl::StrCat("the difference is from event ", middle,
                            " to event ", log().size - 1));
}

TEST_F(VerifyTest, NamesAGroupThatWasSetBack) {
  std::vector<std::string> leaves = Leaves();
  std::vector<size_t> changes;
  for (size_t i = 0; i < leaves.size(); ++i) {
    storage::v1::AuditLeaf leaf;
    ASSERT_TRUE(leaf.ParseFromString(leaves[i]));
    if (!leaf.group_head_hash().empty()) {
      changes.push_back(i);
    }
  }
  ASSERT_GE(changes.size(), 3u);
  storage::v1::AuditLeaf first;
  storage::v1::AuditLeaf third;
  ASSERT_TRUE(first.ParseFromString(leaves[changes[0]]));
  ASSERT_TRUE(third.ParseFromString(leaves[changes[2]]));
  third.set_previous_group_head_hash(first.group_head_hash());
  leaves[changes[2]] = third.SerializeAsString();
  EXPECT_NAMES(log().Forge(leaves),
               absl::StrCat("the group was not in the state that event ",
                            changes[1], " left it in"));
}

// A log of `kept` events that was restored from a backup, and says so.
std::vector<std::string> Restored(std::vector<std::string> leaves, size_t kept,
                                  const std::string& previous) {
  leaves.resize(kept);
  storage::v1::AuditLeaf restored;
  CHECK(restored.ParseFromString(leaves.back()));
  restored.set_index(kept);
  restored.set_type(604);
  restored.set_outcome(storage::v1::AUDIT_OUTCOME_ALLOWED);
  restored.clear_group_head_hash();
  restored.clear_details_commitment();
  restored.set_previous_checkpoint(previous);
  leaves.push_back(restored.SerializeAsString());
  return leaves;
}

TEST_F(VerifyTest, FollowsALogOverARestoreAndTellsWhatIsGone) {
  const std::vector<std::string> whole =
      Restored(Leaves(), log().size, log().end);
  EXPECT_THAT(Faults(log().Forge(whole, kSecondIncarnation)), IsEmpty());
  EXPECT_THAT(
      Verify({{"export", log().Forge(whole, kSecondIncarnation)}}, std::nullopt)
          .facts,
      Contains(HasSubstr("was restored from a backup of")));
  const std::vector<std::string> shortened =
      Restored(Leaves(), log().size - 2, log().middle);
  EXPECT_NAMES(log().Forge(shortened, kSecondIncarnation),
               absl::StrCat("restored from a backup at event ", log().size - 2,
                            ", and the events from there to ", log().size - 1));
}

TEST_F(VerifyTest, NamesALogThatWasRewrittenUnderThePretextOfARestore) {
  std::vector<std::string> leaves = Leaves();
  storage::v1::AuditLeaf leaf;
  ASSERT_TRUE(leaf.ParseFromString(leaves[2]));
  leaf.set_client_address("10.0.0.1");
  leaves[2] = leaf.SerializeAsString();
  EXPECT_NAMES(
      log().Forge(Restored(leaves, log().size, log().end), kSecondIncarnation),
      "are not those of checkpoint 2 in kept");
  // Without the event of the restore it is simply another log.
  EXPECT_NAMES(log().Forge(leaves, kSecondIncarnation),
               "no export here continues it");
}

TEST_F(VerifyTest, NamesACheckpointByAnotherKey) {
  const crypto::SigningKey thief(crypto::Secret::Random(32));
  const std::string name = log().key.substr(0, log().key.find('+'));
  const std::string key = FormatVerifierKey(name, false, thief.PublicKey());
  EXPECT_THAT(Verify({{"export", log().text}}, key).faults,
              Contains(HasSubstr("names another key")));
  EXPECT_THAT(Verify({{"export", log().text}}, key).faults,
              Contains(HasSubstr("no signature by the key")));
}

TEST_F(VerifyTest, CountsErasedDetailsAndFindsThemInOrder) {
  std::vector<std::string> lines = Lines();
  int erased = 0;
  for (std::string& line : lines) {
    std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words[0] == "event" && words.size() == 6) {
      words.resize(4);
      line = absl::StrJoin(words, " ");
      ++erased;
    }
  }
  ASSERT_GT(erased, 0);
  const Verdict verdict = Verify({{"export", Join(lines)}}, log().key);
  EXPECT_THAT(verdict.faults, IsEmpty());
  EXPECT_THAT(
      verdict.facts,
      Contains(HasSubstr(absl::StrCat("details of ", erased, " were erased"))));
}

TEST_F(VerifyTest, HasNothingToSayWithoutAnExport) {
  EXPECT_THAT(Verify({{"kept", log().middle}}, log().key).faults,
              Not(IsEmpty()));
  EXPECT_THAT(Verify({}, std::nullopt).faults, Not(IsEmpty()));
  EXPECT_THAT(Verify({{"export", log().text}, {"empty", ""}}, log().key).faults,
              Not(IsEmpty()));
}

}  // namespace
}  // namespace renkei::audit
