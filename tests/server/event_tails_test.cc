#include "server/domain/event_tails.h"

#include <gtest/gtest.h>

#include <vector>

#include "server/domain/authorize.h"
#include "server/domain/streams.h"
#include "tests/support/conversation.h"
#include "tests/support/status_matchers.h"

namespace renkei::domain {
namespace {

using ::renkei::testing::Conversation;
using storage::v1::EventKind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr EventKind kPosted = storage::v1::EVENT_KIND_MESSAGE_CREATED;
constexpr EventKind kChanged = storage::v1::EVENT_KIND_GROUP_CHANGED;

class EventTailsTest : public ::testing::Test {
 protected:
  void Post(int count = 1) {
    for (int i = 0; i < count; ++i) {
      ASSERT_OK(talk_.Send(talk_.team().nurse, "x"));
    }
  }
  // Something that is no message happens in the group.
  void Change() {
    ASSERT_OK(talk_.world().Write(
        talk_.team().nurse, Action::kSendMessage, 300,
        [&](WriteCall& call) -> absl::Status {
          RETURN_IF_ERROR(Authorize(call, Action::kSendMessage,
                                    {.network = talk_.world().network(),
                                     .group = talk_.team().group}));
          storage::v1::EventItem item;
          item.set_kind(kChanged);
          return AppendEvent(call, storage::StreamOf(talk_.team().group), item);
        }));
  }
  uint64_t LastCommit() {
    return talk_.world()
        .Look()
        .Get(storage::kNetworkHeads, {talk_.world().network()})
        ->last_commit();
  }
  EventTails::Part Read(uint64_t after) {
    auto part = tails_.Read(
        talk_.world().Look(),
        {{talk_.world().network(), talk_.team().group}, after, LastCommit()});
    EXPECT_OK(part);
    return *std::move(part);
  }
  // What happened after a place, read to the end; in the order of commits.
  std::vector<EventKind> KindsAfter(uint64_t place) {
    std::vector<EventKind> kinds;
    uint64_t commit = place;
    while (place < LastCommit()) {
      const EventTails::Part part = Read(place);
      EXPECT_GT(part.through, place);
      for (const auto& event : part.events) {
        EXPECT_GT(event->commit, commit);
        commit = event->commit;
        kinds.push_back(event->item.kind());
      }
      place = part.through;
    }
    return kinds;
  }

  Conversation talk_;
  EventTails tails_{[](const storage::MessageKey&, const SharedMessage& message,
                       uint32_t, int64_t) { return message->body(); }};
};

TEST_F(EventTailsTest, MergeMessagesAndWhatElseHappenedByCommit) {
  Post();
  const uint64_t place = LastCommit();
  Change();
  Post();
  Change();
  Change();
  Post();
  EXPECT_THAT(KindsAfter(0), ElementsAre(kPosted, kChanged, kPosted, kChanged,
                                         kChanged, kPosted));
  EXPECT_THAT(KindsAfter(place),
              ElementsAre(kChanged, kPosted, kChanged, kChanged, kPosted));
  EXPECT_THAT(KindsAfter(LastCommit()), IsEmpty());
  // The tail goes on from where it was.
  Post();
  EXPECT_THAT(KindsAfter(LastCommit() - 1), ElementsAre(kPosted));
}

TEST_F(EventTailsTest, GiveManyEventsPieceByPieceAndLoseNone) {
  std::vector<EventKind> expected;
  for (int i = 0; i < 4; ++i) {
    Post(150);
    Change();
    expected.insert(expected.end(), 150, kPosted);
    expected.push_back(kChanged);
  }
  for (int i = 0; i < 300; ++i) {
    Change();
    expected.push_back(kChanged);
  }
  EXPECT_LT(Read(0).through, LastCommit());
  EXPECT_EQ(KindsAfter(0), expected);
  // Also of a tail that is kept.
  EXPECT_EQ(KindsAfter(0), expected);
}

TEST_F(EventTailsTest, PassOverTheRowThatAStoreOfBeforeHasForAMessage) {
  Post();
  const uint64_t commit = LastCommit();
  talk_.world().Change([&](storage::Transaction& tx) -> absl::Status {
    storage::v1::EventsRecord row;
    row.add_items()->set_kind(kPosted);
    row.mutable_items(0)->set_sequence(1);
    return tx.Put(storage::kEvents,
                  {talk_.world().network(),
                   storage::StreamOf(talk_.team().group), commit},
                  row);
  });
  Post();
  EXPECT_THAT(KindsAfter(0), ElementsAre(kPosted, kPosted));
}

}  // namespace
}  // namespace renkei::domain
