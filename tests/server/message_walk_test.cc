#include "server/domain/message_walk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/conversation.h"
#include "tests/support/status_matchers.h"

namespace renkei::domain {
namespace {

using ::renkei::testing::Conversation;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint64_t kMessages = 30;

class MessageWalkTest : public ::testing::Test {
 protected:
  MessageWalkTest() {
    for (uint64_t sequence = 1; sequence <= kMessages; ++sequence) {
      EXPECT_OK(talk_.Send(talk_.team().nurse, absl::StrCat(sequence)));
    }
  }

  storage::GroupKey Group() {
    return {talk_.world().network(), talk_.team().group};
  }
  bool InMemory(uint64_t sequence) {
    const auto found = talk_.world().Look().FindInMemory(
        storage::kMessages, {Group().network, Group().group, sequence});
    EXPECT_OK(found);
    return static_cast<bool>(*found);
  }
  void ForgetAllBut(std::initializer_list<uint64_t> sequences) {
    talk_.world().Reopen();
    for (const uint64_t sequence : sequences) {
      EXPECT_OK(talk_.world().Look().Get(
          storage::kMessages, {Group().network, Group().group, sequence}));
    }
  }
  // The sequences visited until `limit`; each message must be the right one.
  std::vector<uint64_t> Walk(MessageWalk walk, size_t limit) {
    walk.group = Group();
    std::vector<uint64_t> visited;
    EXPECT_OK(
        WalkMessages(talk_.world().Look(), walk,
                     [&](uint64_t sequence, const SharedMessage& message) {
                       EXPECT_EQ(message->body(), absl::StrCat(sequence));
                       visited.push_back(sequence);
                       return visited.size() < limit;
                     }));
    return visited;
  }

  Conversation talk_;
};

TEST_F(MessageWalkTest, SendsStayInMemoryAndSoDoesWhatWasWalked) {
  EXPECT_TRUE(InMemory(1));
  ForgetAllBut({});
  EXPECT_FALSE(InMemory(29));
  const MessageWalk newest{
      .group = {}, .direction = storage::Direction::kBackward, .expected = 3};
  EXPECT_THAT(Walk(newest, 3), ElementsAre(30, 29, 28));
  // The group's head brought 30; a piece of three is read after it.
  EXPECT_TRUE(InMemory(27));
  EXPECT_FALSE(InMemory(26));
}

TEST_F(MessageWalkTest, FindsTheFirstMessageAfterACommit) {
  std::vector<uint64_t> commits;
  for (uint64_t sequence = 1; sequence <= kMessages; ++sequence) {
    commits.push_back(
        talk_.world()
            .Look()
            .Get(storage::kMessages, {Group().network, Group().group, sequence})
            ->commit());
  }
  ForgetAllBut({});
  for (uint64_t commit = 0; commit <= commits.back() + 1; ++commit) {
    const auto expected =
        std::upper_bound(commits.begin(), commits.end(), commit) -
        commits.begin() + 1;
    const auto found = FirstAfterCommit(talk_.world().Look(), Group(), commit);
    ASSERT_OK(found);
    EXPECT_EQ(*found, static_cast<uint64_t>(expected)) << commit;
  }
  const storage::GroupKey empty{Group().network, GroupId()};
  EXPECT_EQ(*FirstAfterCommit(talk_.world().Look(), empty, 5), 1u);
}

TEST_F(MessageWalkTest, EndsWhereTheGroupDoes) {
  EXPECT_THAT(Walk({.group = {}, .first = kMessages + 1, .expected = 1}, 9),
              IsEmpty());
  EXPECT_THAT(Walk({.group = {}, .first = 29, .expected = 50}, 9),
              ElementsAre(29, 30));
  ForgetAllBut({});
  EXPECT_THAT(Walk({.group = {}, .first = 29, .expected = 50}, 9),
              ElementsAre(29, 30));
  EXPECT_THAT(Walk({.group = {},
                    .last = 2,
                    .direction = storage::Direction::kBackward,
                    .expected = 50},
                   9),
              ElementsAre(2, 1));
}

// Whatever is in memory and whatever is wanted.
TEST_F(MessageWalkTest, AgreesWithItsDefinition) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 300; ++round) {
    if (round % 30 == 0) {
      ForgetAllBut({1 + random() % kMessages, 1 + random() % kMessages,
                    1 + random() % kMessages});
    }
    const bool forward = random() % 2 == 0;
    const uint64_t first = 1 + random() % kMessages;
    const uint64_t last = first + random() % 12 - 1;
    const size_t limit = 1 + random() % 10;
    std::vector<uint64_t> wanted;
    for (uint64_t i = first; i <= std::min(last, kMessages); ++i) {
      wanted.push_back(i);
    }
    if (!forward) {
      std::reverse(wanted.begin(), wanted.end());
    }
    wanted.resize(std::min(wanted.size(), limit));
    EXPECT_EQ(Walk({.group = {},
                    .first = first,
                    .last = last,
                    .direction = forward ? storage::Direction::kForward
                                         : storage::Direction::kBackward,
                    .expected = 1 + random() % 12},
                   limit),
              wanted);
  }
}

}  // namespace
}  // namespace renkei::domain
