#include "server/domain/sync.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <thread>

#include "server/domain/audit.h"
#include "server/domain/authorize.h"
#include "server/domain/members.h"
#include "server/domain/stream_place.h"
#include "server/domain/streams.h"
#include "storage/base/check.h"
#include "tests/support/care_team.h"
#include "tests/support/conversation.h"
#include "tests/support/perform.h"
#include "tests/support/status_matchers.h"

namespace renkei::domain {
namespace {

using ::renkei::testing::Actor;
using ::renkei::testing::Conversation;
using ::renkei::testing::PerformRead;
using ::renkei::testing::PerformWrite;
using ::renkei::testing::RefusedWith;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SyncTest : public ::testing::Test {
 protected:
  Conversation talk_;
  std::string incarnation_ = "incarnation";
  static std::string BodyOf(const storage::MessageKey&,
                            const SharedMessage& message, uint32_t, int64_t) {
    return message->body();
  }
  EventTails tails_{BodyOf};

  // As a stream reads that has news of the team's group and of its person.
  SyncQuery QueryAfter(uint64_t after) {
    SyncQuery query;
    query.network = talk_.world().network();
    query.after = after;
    query.bound = std::numeric_limits<uint64_t>::max();
    query.groups = {talk_.team().group};
    query.groups_as_of = std::numeric_limits<uint64_t>::max();
    return query;
  }
  absl::StatusOr<Deliveries> Deliver(const Actor& reader, uint64_t after) {
    return Deliver(reader, QueryAfter(after));
  }
  // With its session, without being activity.
  absl::StatusOr<Deliveries> Deliver(const Actor& reader,
                                     const SyncQuery& query) {
    Request request = talk_.world().RequestOf(
        reader, Action::kSync,
        static_cast<uint32_t>(AuditType::kStreamDelivered));
    request.token.reset();
    request.is_activity = false;
    request.stream = Caller{.network = talk_.world().network(),
                            .person = reader.person,
                            .session = reader.session};
    absl::StatusOr<Deliveries> deliveries = absl::UnknownError("not read");
    const absl::Status answer =
        talk_.world().Read(std::move(request), [&](ReadCall& call) {
          deliveries = ReadDeliveries(call, query, tails_);
          return deliveries.status();
        });
    return answer.ok() ? std::move(deliveries)
                       : absl::StatusOr<Deliveries>(answer);
  }
  static std::vector<uint64_t> MessagesOf(const Deliveries& deliveries) {
    std::vector<uint64_t> sequences;
    for (const Delivery& delivery : deliveries.items) {
      if (delivery.posting != nullptr) {
        sequences.push_back(delivery.event->item.sequence());
      }
    }
    return sequences;
  }
  uint64_t LastCommit() {
    const auto head = talk_.world().Look().Find(storage::kNetworkHeads,
                                                {talk_.world().network()});
    CHECK_OK(head.status());
    return *head ? (*head)->last_commit() : 0;
  }
  absl::StatusOr<StreamBeginning> Begin(const Actor& reader,
                                        absl::string_view cursor) {
    return PerformRead(talk_.world(), reader, Action::kSync,
                       static_cast<uint32_t>(AuditType::kStreamOpened),
                       [&](ReadCall& call) {
                         return BeginStream(call, incarnation_, cursor);
                       });
  }
  std::string CursorOf(const Actor& reader, uint64_t commit) {
    return MakeCursor(talk_.world().keys(),
                      {.network = talk_.world().network(),
                       .person = reader.person,
                       .device_id = "tablet"},
                      incarnation_, talk_.world().now(), commit);
  }
};

TEST_F(SyncTest, BringsEveryMessageOnceInOrder) {
  ASSERT_OK(talk_.Send(talk_.team().nurse, "発熱 38.2"));
  ASSERT_OK(talk_.Send(talk_.team().physician, "解熱剤を"));
  const auto first = Deliver(talk_.team().care_manager, 0);
  ASSERT_OK(first);
  EXPECT_THAT(MessagesOf(*first), ElementsAre(1, 2));
  EXPECT_FALSE(first->more);
  ASSERT_OK(talk_.Send(talk_.team().nurse, "了解しました"));
  const auto second = Deliver(talk_.team().care_manager, first->through);
  ASSERT_OK(second);
  EXPECT_THAT(MessagesOf(*second), ElementsAre(3));
}

TEST_F(SyncTest, RecordsADeliveryBeforeItLeaves) {
  ASSERT_OK(talk_.Send(talk_.team().nurse, "発熱 38.2"));
  ASSERT_OK(Deliver(talk_.team().care_manager, 0));
  const AuditEvent event = talk_.world().Audit().back();
  EXPECT_EQ(event.leaf.type(),
            static_cast<uint32_t>(AuditType::kStreamDelivered));
  EXPECT_EQ(event.leaf.actor(), talk_.team().care_manager.person.bytes());
  EXPECT_EQ(event.leaf.patient(), talk_.team().patient.bytes());
  EXPECT_EQ(event.leaf.first_message(), 1u);
  EXPECT_EQ(event.leaf.messages(), 1u);
}

TEST_F(SyncTest, RecordsNothingWhenNoTextIsHandedOut) {
  const size_t events = talk_.world().Audit().size();
  ASSERT_OK(Deliver(talk_.team().care_manager, 0));
  EXPECT_EQ(talk_.world().Audit().size(), events);
}

TEST_F(SyncTest, GivesAStrangerNothing) {
  ASSERT_OK(talk_.Send(talk_.team().nurse, "発熱 38.2"));
  const auto read = Deliver(talk_.team().stranger, 0);
  ASSERT_OK(read);
  EXPECT_THAT(read->items, IsEmpty());
}

TEST_F(SyncTest, CatchesUpWithThousandsInBoundedWindows) {
  for (int i = 0; i < 600; ++i) {
    ASSERT_OK(talk_.Send(talk_.team().nurse, "経過"));
  }
  std::vector<uint64_t> seen;
  uint64_t place = 0;
  bool more = true;
  int windows = 0;
  while (more) {
    const auto read = Deliver(talk_.team().care_manager, place);
    ASSERT_OK(read);
    const std::vector<uint64_t> part = MessagesOf(*read);
    EXPECT_LE(part.size(), 256u);
    seen.insert(seen.end(), part.begin(), part.end());
    place = read->through;
    more = read->more;
    ++windows;
  }
  ASSERT_EQ(seen.size(), 600u);
  for (size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i], i + 1);
  }
  EXPECT_GE(windows, 3);
}

TEST_F(SyncTest, ReadsTheStoreForAPlaceBeforeWhatIsKept) {
  ASSERT_OK(talk_.Send(talk_.team().nurse, "一"));
  ASSERT_OK(talk_.Send(talk_.team().nurse, "二"));
  const uint64_t place = LastCommit();
  ASSERT_OK(talk_.Send(talk_.team().nurse, "三"));
  const auto ahead = Deliver(talk_.team().physician, place);
  ASSERT_OK(ahead);
  EXPECT_THAT(MessagesOf(*ahead), ElementsAre(3));
  const auto behind = Deliver(talk_.team().care_manager, 0);
  ASSERT_OK(behind);
  EXPECT_THAT(MessagesOf(*behind), ElementsAre(1, 2, 3));
}

TEST_F(SyncTest, ShowsAMessageAsItIsTodayThoughItWasReadBefore) {
  ASSERT_OK(talk_.Send(talk_.team().nurse, "一"));
  ASSERT_OK(talk_.Send(talk_.team().nurse, "二"));
  const auto before = Deliver(talk_.team().physician, 0);
  ASSERT_OK(before);
  EXPECT_THAT(MessagesOf(*before), ElementsAre(1, 2));
  ASSERT_OK(talk_.world().Write(
      talk_.team().nurse, Action::kSendMessage, 300,
      [&](WriteCall& call) -> absl::Status {
        Target target;
        target.network = talk_.world().network();
        target.group = talk_.team().group;
        RETURN_IF_ERROR(Authorize(call, Action::kSendMessage, target));
        const storage::MessageKey key{target.network, target.group, 1};
        ASSIGN_OR_RETURN(auto message, call.tx.Get(storage::kMessages, key));
        message.set_state(storage::v1::MESSAGE_STATE_RETRACTED);
        RETURN_IF_ERROR(call.tx.Put(storage::kMessages, key, message));
        storage::v1::EventItem item;
        item.set_kind(storage::v1::EVENT_KIND_MESSAGE_RETRACTED);
        item.set_sequence(1);
        return AppendEvent(call, storage::StreamOf(target.group), item);
      }));
  const auto after = Deliver(talk_.team().care_manager, 0);
  ASSERT_OK(after);
  EXPECT_THAT(MessagesOf(*after), ElementsAre(2));
}

TEST_F(SyncTest, KeepsAboutAsMuchAsItMay) {
  std::string body;
  for (int i = 0; i < 20'000; ++i) {
    body += "あ";
  }
  size_t sent = 0;
  while (sent < 2 * EventTails::kBytesMax) {
    ASSERT_OK(talk_.Send(talk_.team().nurse, body));
    sent += 2 * body.size();
  }
  uint64_t place = 0;
  for (bool more = true; more;) {
    const auto read = Deliver(talk_.team().care_manager, place);
    ASSERT_OK(read);
    more = read->more;
    place = read->through;
    EXPECT_LE(tails_.bytes(), EventTails::kBytesMax + 64 * 2 * body.size());
  }
}

TEST_F(SyncTest, LooksNoFurtherThanItWasTold) {
  ASSERT_OK(talk_.Send(talk_.team().nurse, "一"));
  SyncQuery query = QueryAfter(0);
  query.bound = LastCommit();
  ASSERT_OK(talk_.Send(talk_.team().nurse, "二"));
  const auto told = Deliver(talk_.team().care_manager, query);
  ASSERT_OK(told);
  EXPECT_THAT(MessagesOf(*told), ElementsAre(1));
  EXPECT_EQ(told->through, query.bound);
  EXPECT_FALSE(told->more);
}

TEST_F(SyncTest, StopsBeforeACommitThatBringsAGroupNotListenedTo) {
  const Actor& reader = talk_.team().stranger;
  SyncQuery query = QueryAfter(LastCommit());
  query.groups.clear();
  query.groups_as_of = LastCommit();
  ASSERT_OK(talk_.world().Write(
      talk_.team().nurse, Action::kSendMessage, 300,
      [&](WriteCall& call) -> absl::Status {
        Target target;
        target.network = talk_.world().network();
        target.group = talk_.team().group;
        RETURN_IF_ERROR(Authorize(call, Action::kSendMessage, target));
        storage::v1::EventItem item;
        item.set_kind(storage::v1::EVENT_KIND_MEMBER_JOINED);
        item.set_group(std::string(target.group.bytes()));
        item.set_person(std::string(reader.person.bytes()));
        return AppendEvent(call, storage::StreamOf(reader.person), item);
      }));
  ::renkei::testing::AddMember(talk_.world(), talk_.team(), reader, 1);
  ASSERT_OK(talk_.Send(talk_.team().nurse, "ようこそ"));
  const auto stopped = Deliver(reader, query);
  ASSERT_OK(stopped);
  EXPECT_EQ(stopped->through, query.after);
  EXPECT_TRUE(stopped->more);
  ASSERT_TRUE(stopped->groups.has_value());
  EXPECT_THAT(*stopped->groups, ElementsAre(talk_.team().group));
  query.groups = *stopped->groups;
  query.groups_as_of = stopped->groups_as_of;
  const auto on = Deliver(reader, query);
  ASSERT_OK(on);
  EXPECT_EQ(on->items.size(), 2u) << "joined, and the message";
  EXPECT_THAT(MessagesOf(*on), ElementsAre(1));
  EXPECT_FALSE(on->groups.has_value());
}

TEST_F(SyncTest, EndsWithTheSession) {
  talk_.world().Change([&](storage::Transaction& tx) {
    const storage::SessionKey key{talk_.world().network(),
                                  talk_.team().nurse.session};
    auto session = *tx.Get(storage::kSessions, key);
    session.set_state(storage::v1::SESSION_STATE_ENDED);
    return tx.Put(storage::kSessions, key, session);
  });
  EXPECT_THAT(Deliver(talk_.team().nurse, 0),
              RefusedWith(Reason::kSessionEnded));
}

TEST_F(SyncTest, LocksWithAnIdleSessionAlthoughItDelivers) {
  talk_.world().Advance(absl::Minutes(10));
  ASSERT_OK(Deliver(talk_.team().nurse, 0));
  talk_.world().Advance(absl::Minutes(6));
  EXPECT_THAT(Deliver(talk_.team().nurse, 0),
              RefusedWith(Reason::kSessionLocked));
}

TEST_F(SyncTest, ResumesAtItsCursorAndNobodyElses) {
  const Actor& nurse = talk_.team().nurse;
  const auto fresh = Begin(nurse, "");
  ASSERT_OK(fresh);
  EXPECT_EQ(fresh->mode, StreamBeginning::Mode::kFresh);
  const std::string cursor = CursorOf(nurse, 7);
  const auto resumed = Begin(nurse, cursor);
  ASSERT_OK(resumed);
  EXPECT_EQ(resumed->mode, StreamBeginning::Mode::kResumed);
  EXPECT_EQ(resumed->commit, 7u);
  EXPECT_THAT(Begin(talk_.team().physician, cursor),
              RefusedWith(Reason::kCursorInvalid));
  EXPECT_THAT(Begin(nurse, "AAAA"), RefusedWith(Reason::kCursorInvalid));
  std::string other = cursor;
  other[10] = other[10] == 'A' ? 'B' : 'A';
  EXPECT_THAT(Begin(nurse, other), RefusedWith(Reason::kCursorInvalid));
}

TEST_F(SyncTest, SaysSoWhenACursorIsTooOld) {
  const std::string cursor = CursorOf(talk_.team().nurse, 7);
  talk_.world().Advance(kCursorLifetime + absl::Hours(1));
  const Actor again = talk_.world().SignInAgain(talk_.team().nurse, "tablet");
  const auto expired = Begin(again, cursor);
  ASSERT_OK(expired);
  EXPECT_EQ(expired->mode, StreamBeginning::Mode::kExpired);
}

TEST_F(SyncTest, SaysSoWhenACursorIsOfAStoreBeforeItsRestore) {
  const Actor& nurse = talk_.team().nurse;
  const std::string cursor = CursorOf(nurse, 7);
  incarnation_ = "another one";
  const auto expired = Begin(nurse, cursor);
  ASSERT_OK(expired);
  EXPECT_EQ(expired->mode, StreamBeginning::Mode::kExpired);
  EXPECT_THAT(talk_.world().Write(nurse, Action::kAckDelivery, 402,
                                  [&](WriteCall& call) {
                                    return AckDelivery(call, incarnation_,
                                                       cursor);
                                  }),
              RefusedWith(Reason::kCursorInvalid));
}

TEST_F(SyncTest, ConfirmsWhatArrivedAndNoMore) {
  const Actor& reader = talk_.team().care_manager;
  ASSERT_OK(Begin(reader, ""));
  ASSERT_OK(talk_.Send(talk_.team().nurse, "一"));
  const auto read = Deliver(reader, 0);
  ASSERT_OK(read);
  ASSERT_OK(talk_.Send(talk_.team().nurse, "二"));
  ASSERT_OK(talk_.world().Write(
      reader, Action::kAckDelivery, 402, [&](WriteCall& call) {
        return AckDelivery(call, incarnation_, CursorOf(reader, read->through));
      }));
  const auto of_first = talk_.Receipts(talk_.team().nurse, 1);
  ASSERT_OK(of_first);
  const auto of_second = talk_.Receipts(talk_.team().nurse, 2);
  ASSERT_OK(of_second);
  const auto delivered = [&](const ReceiptPage& page) {
    for (const Receipt& receipt : page.receipts) {
      if (receipt.person == reader.person) {
        return receipt.facts.delivered_at_micros != 0;
      }
    }
    return false;
  };
  EXPECT_TRUE(delivered(*of_first));
  EXPECT_FALSE(delivered(*of_second));
}

// The guarantee: once the removal has committed, nothing posted after it
// reaches the removed member, however the posting, the removal and the delivery
// fall.
TEST_F(SyncTest, GivesARemovedMemberNothingPostedAfterTheRemoval) {
  const storage::GroupKey group{talk_.world().network(), talk_.team().group};
  constexpr int kRounds = 1000;
  for (int round = 0; round < kRounds; ++round) {
    const Actor member =
        talk_.world().AddPerson("出入り", "pharmacist", talk_.team().clinic);
    ::renkei::testing::AddMember(talk_.world(), talk_.team(), member, 1);
    const uint64_t begin = LastCommit();
    std::atomic<bool> removed{false};
    std::vector<uint64_t> seen;
    std::thread poster([&] {
      for (int i = 0; i < 4; ++i) {
        EXPECT_OK(talk_.Send(talk_.team().nurse, "経過"));
      }
    });
    std::thread reader([&] {
      uint64_t place = begin;
      for (bool last = false; !last;) {
        last = removed.load();
        const auto read = Deliver(member, place);
        ASSERT_OK(read);
        const std::vector<uint64_t> part = MessagesOf(*read);
        seen.insert(seen.end(), part.begin(), part.end());
        place = read->through;
      }
    });
    uint64_t posted_before_removal = 0;
    EXPECT_OK(talk_.world().Write(
        talk_.team().physician, Action::kRemoveMember, 231,
        [&](WriteCall& call) {
          const auto head_now = *call.tx.Find(storage::kGroupHeads, group);
          posted_before_removal = head_now ? head_now->last_sequence() : 0;
          return RemoveMember(call, {group.network, group.group, member.person},
                              "異動")
              .status();
        }));
    removed.store(true);
    poster.join();
    reader.join();
    for (const uint64_t sequence : seen) {
      ASSERT_LE(sequence, posted_before_removal) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace renkei::domain
