#include "server/domain/messages.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "server/domain/audience.h"
#include "storage/crypto/hash.h"
#include "storage/crypto/random.h"
#include "tests/support/conversation.h"
#include "tests/support/status_matchers.h"

namespace renkei::domain {
namespace {

using ::renkei::testing::Actor;
using ::renkei::testing::Conversation;
using ::renkei::testing::RefusedWith;
using ::renkei::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

RequestId NewRequest() {
  return RequestId::Make(absl::UnixEpoch(), crypto::RandomIdBytes());
}

class SendMessageTest : public ::testing::Test {
 protected:
  Conversation talk_;
  const Actor& nurse_ = talk_.team().nurse;
  const Actor& physician_ = talk_.team().physician;
  const Actor& care_manager_ = talk_.team().care_manager;
  const Actor& stranger_ = talk_.team().stranger;

  std::vector<AuditEvent> Audit() { return talk_.world().Audit(); }
  storage::v1::GroupHeadRecord Head() {
    return *talk_.world().Look().Get(
        storage::kGroupHeads, {talk_.world().network(), talk_.team().group});
  }
};

TEST_F(SendMessageTest, NumbersMessagesFromOneWithoutGaps) {
  EXPECT_EQ(talk_.Send(nurse_, "おはようございます")->key.sequence, 1u);
  EXPECT_THAT(talk_.Send(stranger_, "hello"), RefusedWith(Reason::kNotFound));
  EXPECT_EQ(talk_.Send(physician_, "了解です")->key.sequence, 2u);
  EXPECT_EQ(Head().last_sequence(), 2u);
}

TEST_F(SendMessageTest, SignsWithWhatTheAuthorIsAtThatMoment) {
  const PostedMessage posted = *talk_.Send(nurse_, "血圧 132/78");
  EXPECT_EQ(posted.record->author(), nurse_.person.bytes());
  EXPECT_EQ(posted.record->affiliation(), nurse_.affiliation.bytes());
  EXPECT_EQ(posted.record->signature().display_name(), "染地 由美");
  EXPECT_EQ(posted.record->signature().profession(), "visiting_nurse");
  EXPECT_EQ(posted.record->signature().facility_name(),
            "訪問看護ステーションひばり");
  talk_.world().Change([&](storage::Transaction& tx) -> absl::Status {
    const storage::PersonKey key{talk_.world().network(), nurse_.person};
    ASSIGN_OR_RETURN(auto person, tx.Get(storage::kPeople, key));
    person.set_display_name("深大寺 由美");
    return tx.Put(storage::kPeople, key, person);
  });
  EXPECT_EQ(talk_.Get(physician_, 1)->record->signature().display_name(),
            "染地 由美");
}

TEST_F(SendMessageTest, LeavesOneAuditEventThatNamesTheMessage) {
  ASSERT_OK(talk_.Send(nurse_, "一"));
  ASSERT_OK(talk_.Send(nurse_, "二"));
  const std::vector<AuditEvent> events = Audit();
  ASSERT_EQ(events.size(), 2u);
  const storage::v1::AuditLeaf& leaf = events[1].leaf;
  EXPECT_EQ(leaf.type(), 300u);
  EXPECT_EQ(leaf.group(), talk_.team().group.bytes());
  EXPECT_EQ(leaf.patient(), talk_.team().patient.bytes());
  EXPECT_EQ(leaf.first_message(), 2u);
  EXPECT_EQ(leaf.last_message(), 2u);
  EXPECT_EQ(leaf.messages(), 1u);
  EXPECT_EQ(leaf.group_head_hash(), Head().head_hash());
  EXPECT_NE(leaf.group_head_hash(), events[0].leaf.group_head_hash());
}

TEST_F(SendMessageTest, GoesOnWithTheGroupsChainAfterAReopening) {
  ASSERT_OK(talk_.Send(nurse_, "一"));
  talk_.world().Reopen();
  EXPECT_EQ(Audit().back().leaf.group_head_hash(), Head().head_hash());
  EXPECT_EQ(talk_.Send(nurse_, "二")->key.sequence, 2u);
  const std::vector<AuditEvent> events = Audit();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].leaf.previous_group_head_hash(),
            events[0].leaf.group_head_hash());
}

TEST_F(SendMessageTest, WakesTheGroupsStreamOnce) {
  ASSERT_OK(talk_.Send(nurse_, "一"));
  const std::vector<Outcome> published = talk_.world().published();
  ASSERT_EQ(published.size(), 1u);
  ASSERT_EQ(published[0].wakes.size(), 1u);
  EXPECT_EQ(published[0].wakes[0].stream,
            storage::StreamOf(talk_.team().group));
}

TEST_F(SendMessageTest, KeepsAnyUnicodeByteForByte) {
  const std::vector<std::string> bodies = {
      "\u202eevil\u202c bidi",
      "zero\u200bwidth\u200d\ufeff",
      "𠮷野家 \U0001F469\u200D\u2695\uFE0F",
      "か\u3099と\u309A (NFD)",
      std::string("nul \0 inside", 12),
      " \t\r\n ",
      "<script>alert('x')</script>",
      "'; DROP TABLE messages; --",
      "\U0010FFFF\uFFFE",
      "ﬁ ﾊﾟﾋﾟ ㍻",
  };
  for (const std::string& body : bodies) {
    const auto posted = talk_.Send(nurse_, body);
    ASSERT_OK(posted);
    EXPECT_EQ(talk_.Get(physician_, posted->key.sequence)->record->body(),
              body);
  }
}

TEST_F(SendMessageTest, RefusesWhatIsNotUtf8) {
  for (const absl::string_view body : {"\xff", "\xc0\xaf", "\xed\xa0\x80",
                                       "\xf4\x90\x80\x80", "ok \xe3\x81"}) {
    EXPECT_THAT(talk_.Send(nurse_, body), RefusedWith(Reason::kFieldInvalid));
  }
}

TEST_F(SendMessageTest, TakesTwentyThousandCodePointsAndNoMore) {
  std::string body;
  for (size_t i = 0; i < kBodyCodePointsMax; ++i) {
    body += "𠮷";
  }
  ASSERT_OK(talk_.Send(nurse_, body));
  EXPECT_EQ(talk_.Get(physician_, 1)->record->body(), body);
  EXPECT_THAT(talk_.Send(nurse_, body + "a"),
              RefusedWith(Reason::kFieldInvalid));
  EXPECT_THAT(talk_.Send(nurse_, ""), RefusedWith(Reason::kFieldInvalid));
}

TEST_F(SendMessageTest, IsRefusedWithoutConsentAndInAClosedGroup) {
  talk_.ChangeGroup([](storage::v1::GroupRecord& group) {
    group.set_state(storage::v1::GROUP_STATE_DRAFT);
    group.clear_consent();
  });
  EXPECT_THAT(talk_.Send(nurse_, "一"), RefusedWith(Reason::kConsentMissing));
  talk_.ChangeGroup([](storage::v1::GroupRecord& group) {
    group.set_state(storage::v1::GROUP_STATE_CLOSED);
  });
  EXPECT_THAT(talk_.Send(nurse_, "一"), RefusedWith(Reason::kGroupClosed));
  EXPECT_EQ(talk_.world()
                .Look()
                .Find(storage::kGroupHeads,
                      {talk_.world().network(), talk_.team().group})
                ->has_value(),
            false);
}

TEST_F(SendMessageTest, IsRefusedAsUnknownAfterRemoval) {
  ASSERT_OK(talk_.Send(care_manager_, "一"));
  talk_.Remove(care_manager_);
  EXPECT_THAT(talk_.Send(care_manager_, "二"), RefusedWith(Reason::kNotFound));
  EXPECT_EQ(Audit().back().leaf.outcome(), storage::v1::AUDIT_OUTCOME_DENIED);
}

TEST_F(SendMessageTest, RepliesStayInTheThreadAndLaneOfTheirRoot) {
  ASSERT_OK(talk_.Send(nurse_, "根"));
  const PostedMessage reply = *talk_.Send(physician_, talk_.Reply(1, "返信"));
  EXPECT_EQ(reply.record->thread(), 1u);
  EXPECT_EQ(reply.record->lane(), storage::v1::LANE_PROFESSIONAL);
  EXPECT_EQ(talk_.Get(nurse_, 1)->reply_count, 1u);
  EXPECT_THAT(talk_.Send(nurse_, talk_.Reply(2, "x")),
              RefusedWith(Reason::kNotFound));
  EXPECT_THAT(talk_.Send(nurse_, talk_.Reply(9, "x")),
              RefusedWith(Reason::kNotFound));
  NewMessage elsewhere = talk_.Reply(1, "x");
  elsewhere.lane = storage::v1::LANE_PATIENT;
  EXPECT_THAT(talk_.Send(nurse_, elsewhere),
              RefusedWith(Reason::kNotPermitted));
}

TEST_F(SendMessageTest, NewcomersReplyToOldThreadsOnceTheyAreContinued) {
  ASSERT_OK(talk_.Send(nurse_, "根"));
  AddMember(talk_.world(), talk_.team(), stranger_, 2);
  EXPECT_THAT(talk_.Send(stranger_, talk_.Reply(1, "x")),
              RefusedWith(Reason::kNotFound));
  ASSERT_OK(talk_.Send(nurse_, talk_.Reply(1, "続き")));
  EXPECT_OK(talk_.Send(stranger_, talk_.Reply(1, "x")));
}

TEST_F(SendMessageTest, MentionsMembersAndKnownProfessionsOnly) {
  NewMessage message = talk_.Draft("お願いします");
  message.mentions = {Conversation::Person(physician_),
                      Conversation::Profession("care_manager")};
  const auto posted = talk_.Send(nurse_, message);
  ASSERT_OK(posted);
  EXPECT_EQ(posted->record->mentions_size(), 2);
  message.mentions = {Conversation::Person(stranger_)};
  EXPECT_THAT(talk_.Send(nurse_, message), RefusedWith(Reason::kFieldInvalid));
  message.mentions = {Conversation::Profession("wizard")};
  EXPECT_THAT(talk_.Send(nurse_, message), RefusedWith(Reason::kFieldInvalid));
  message.mentions.assign(kMentionsMax + 1, Conversation::Person(physician_));
  EXPECT_THAT(talk_.Send(nurse_, message), RefusedWith(Reason::kFieldInvalid));
  talk_.Remove(physician_);
  message.mentions = {Conversation::Person(physician_)};
  EXPECT_THAT(talk_.Send(nurse_, message), RefusedWith(Reason::kFieldInvalid));
}

TEST_F(SendMessageTest, TellsWhoCameAndWentSinceTheSenderLooked) {
  const auto etag = [&] {
    return AudienceEtag(*talk_.world().Look().Get(
        storage::kGroups, {talk_.world().network(), talk_.team().group}));
  };
  const auto name = [&](const Actor& actor) {
    return absl::StrCat("networks/", talk_.world().network().ToText(),
                        "/people/", actor.person.ToText());
  };
  NewMessage message = talk_.Draft("内密");
  message.audience = ParseAudienceEtag(etag());
  ASSERT_OK(talk_.Send(nurse_, message));
  AddMember(talk_.world(), talk_.team(), stranger_, 1);
  talk_.Remove(care_manager_);
  const auto refused = talk_.Send(nurse_, message);
  ASSERT_THAT(refused, RefusedWith(Reason::kAudienceChanged));
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kAborted));
  const ReasonMetadata metadata = MetadataOf(refused.status());
  EXPECT_EQ(metadata.at("added"), name(stranger_));
  EXPECT_EQ(metadata.at("removed"), name(care_manager_));
  EXPECT_EQ(metadata.at("audience_etag"), etag());
  message.audience = ParseAudienceEtag(etag());
  EXPECT_OK(talk_.Send(nurse_, message));
}

TEST_F(SendMessageTest, CountsWhoLeftAndCameBackAsUnchanged) {
  storage::v1::GroupRecord group;
  storage::v1::MembershipRecord member;
  ChangeAudience(group, member);
  ChangeAudience(group, member);
  ChangeAudience(group, member);
  EXPECT_THAT(member.audience_changes(), ElementsAre(1, 2, 3));
  EXPECT_EQ(ParseAudienceEtag(AudienceEtag(group)), 3u);
  for (const absl::string_view text : {"", "3", "p", "p03", "p-1", "q3"}) {
    EXPECT_EQ(ParseAudienceEtag(text), std::nullopt) << text;
  }
}

TEST_F(SendMessageTest, KeepsTheSendersOwnOrder) {
  const RequestId first = NewRequest();
  NewMessage second = talk_.Draft("二");
  second.after = first;
  EXPECT_THAT(talk_.Send(nurse_, second),
              RefusedWith(Reason::kPredecessorMissing));
  ASSERT_OK(talk_.SendOnce(nurse_, talk_.Draft("一"), first));
  EXPECT_EQ(talk_.Send(nurse_, second)->key.sequence, 2u);
  // Somebody else's request is not the caller's.
  EXPECT_THAT(talk_.Send(physician_, second),
              RefusedWith(Reason::kPredecessorMissing));
  NewMessage later = talk_.Draft("五");
  later.after = uint64_t{4};
  EXPECT_THAT(talk_.Send(nurse_, later),
              RefusedWith(Reason::kPredecessorMissing));
  later.after = uint64_t{2};
  EXPECT_OK(talk_.Send(nurse_, later));
}

TEST_F(SendMessageTest, AnswersARetryTheSameAcrossARestart) {
  const RequestId request = NewRequest();
  const auto first = talk_.SendOnce(nurse_, talk_.Draft("一度だけ"), request);
  ASSERT_OK(first);
  talk_.world().Reopen();
  talk_.world().Advance(absl::Minutes(5));
  const auto again = talk_.SendOnce(nurse_, talk_.Draft("一度だけ"), request);
  ASSERT_OK(again);
  EXPECT_EQ(again->key.sequence, first->key.sequence);
  EXPECT_EQ(again->record->SerializeAsString(),
            first->record->SerializeAsString());
  EXPECT_EQ(Head().last_sequence(), 1u);
  EXPECT_EQ(Audit().back().leaf.reason(), "REPLAYED");
  EXPECT_EQ(Audit().back().leaf.first_message(), 1u);
  EXPECT_EQ(Audit().back().leaf.group(), talk_.team().group.bytes());
  EXPECT_THAT(talk_.SendOnce(nurse_, talk_.Draft("別の内容"), request),
              RefusedWith(Reason::kRequestIdReused));
  EXPECT_THAT(talk_.SendOnce(physician_, talk_.Draft("別の人"), request),
              ::renkei::testing::IsOk());
}

class TimelineTest : public SendMessageTest {
 protected:
  static std::vector<uint64_t> Sequences(const TimelinePage& page) {
    std::vector<uint64_t> sequences;
    for (const ShownMessage& message : page.messages) {
      sequences.push_back(message.sequence);
    }
    return sequences;
  }
  // All pages, one after the other.
  std::vector<uint64_t> Walk(const Actor& reader, TimelineQuery query) {
    std::vector<uint64_t> all;
    do {
      const TimelinePage page = *talk_.List(reader, query);
      for (const uint64_t sequence : Sequences(page)) {
        all.push_back(sequence);
      }
      query.start = page.next;
    } while (query.start);
    return all;
  }
};

TEST_F(TimelineTest, PagesFromTheNewestAndFromTheOldest) {
  for (int i = 0; i < 7; ++i) {
    ASSERT_OK(talk_.Send(nurse_, "x"));
  }
  TimelineQuery query = talk_.Timeline(3);
  EXPECT_THAT(Sequences(*talk_.List(physician_, query)), ElementsAre(7, 6, 5));
  EXPECT_THAT(Walk(physician_, query), ElementsAre(7, 6, 5, 4, 3, 2, 1));
  query.start = 4;
  EXPECT_THAT(Walk(physician_, query), ElementsAre(4, 3, 2, 1));
  query.oldest_first = true;
  EXPECT_THAT(Walk(physician_, query), ElementsAre(4, 5, 6, 7));
  query.start.reset();
  EXPECT_THAT(Walk(physician_, query), ElementsAre(1, 2, 3, 4, 5, 6, 7));
  query.limit = 7;
  EXPECT_EQ(talk_.List(physician_, query)->next, std::nullopt);
  query.start = 8;
  EXPECT_THAT(Walk(physician_, query), IsEmpty());
}

TEST_F(TimelineTest, ListsOneThread) {
  ASSERT_OK(talk_.Send(nurse_, "根 1"));
  ASSERT_OK(talk_.Send(nurse_, "根 2"));
  ASSERT_OK(talk_.Send(physician_, talk_.Reply(1, "返 3")));
  ASSERT_OK(talk_.Send(physician_, talk_.Reply(2, "返 4")));
  ASSERT_OK(talk_.Send(nurse_, talk_.Reply(1, "返 5")));
  for (const size_t limit : {1, 2, 3, 10}) {
    TimelineQuery query = talk_.Timeline(limit);
    query.thread = 1;
    EXPECT_THAT(Walk(nurse_, query), ElementsAre(5, 3, 1));
    query.oldest_first = true;
    EXPECT_THAT(Walk(nurse_, query), ElementsAre(1, 3, 5));
  }
  TimelineQuery query = talk_.Timeline(10);
  query.thread = 3;
  EXPECT_THAT(talk_.List(nurse_, query), RefusedWith(Reason::kNotFound));
  query.thread.reset();
  const TimelinePage page = *talk_.List(nurse_, query);
  ASSERT_EQ(page.messages.size(), 5u);
  EXPECT_EQ(page.messages[4].reply_count, 2u);
  EXPECT_EQ(page.messages[3].reply_count, 1u);
  EXPECT_EQ(page.messages[0].reply_count, 0u);
}

TEST_F(TimelineTest, LeavesOutWhatIsOlderThanTheReadersHistory) {
  ASSERT_OK(talk_.Send(nurse_, "根 1"));
  ASSERT_OK(talk_.Send(nurse_, "根 2"));
  ASSERT_OK(talk_.Send(nurse_, talk_.Reply(1, "返 3")));
  ASSERT_OK(talk_.Send(nurse_, talk_.Reply(1, "返 4")));
  AddMember(talk_.world(), talk_.team(), stranger_, 4);
  TimelineQuery query = talk_.Timeline(10);
  EXPECT_THAT(Walk(stranger_, query), ElementsAre(4));
  query.start = 2;
  EXPECT_THAT(Walk(stranger_, query), IsEmpty());
  query.oldest_first = true;
  EXPECT_THAT(Walk(stranger_, query), ElementsAre(4));
  query.start.reset();
  query.thread = 1;
  EXPECT_THAT(Walk(stranger_, query), ElementsAre(4));
  query.thread = 2;
  EXPECT_THAT(talk_.List(stranger_, query), RefusedWith(Reason::kNotFound));
  EXPECT_THAT(talk_.Get(stranger_, 3), RefusedWith(Reason::kNotFound));
  EXPECT_OK(talk_.Get(stranger_, 4));
}

TEST_F(TimelineTest, ShowsNothingToStrangersAndTellsThemNothing) {
  ASSERT_OK(talk_.Send(nurse_, "一"));
  const auto there = talk_.List(stranger_, talk_.Timeline(5));
  TimelineQuery nowhere = talk_.Timeline(5);
  nowhere.group = GroupId::Make(talk_.world().now(), {9});
  const auto not_there = talk_.List(stranger_, nowhere);
  EXPECT_THAT(there, RefusedWith(Reason::kNotFound));
  EXPECT_EQ(there.status(), not_there.status());
  EXPECT_THAT(talk_.Get(stranger_, 1), RefusedWith(Reason::kNotFound));
  EXPECT_EQ(Audit().back().leaf.outcome(), storage::v1::AUDIT_OUTCOME_DENIED);
}

TEST_F(TimelineTest, AuditsWhatThePageShowed) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_OK(talk_.Send(nurse_, "x"));
  }
  TimelineQuery query = talk_.Timeline(2);
  query.start = 4;
  ASSERT_OK(talk_.List(physician_, query));
  const storage::v1::AuditLeaf leaf = Audit().back().leaf;
  EXPECT_EQ(leaf.type(), 301u);
  EXPECT_EQ(leaf.actor(), physician_.person.bytes());
  EXPECT_EQ(leaf.patient(), talk_.team().patient.bytes());
  EXPECT_EQ(leaf.first_message(), 3u);
  EXPECT_EQ(leaf.last_message(), 4u);
  EXPECT_EQ(leaf.messages(), 2u);
}

TEST_F(TimelineTest, ReadsOnInAClosedGroup) {
  ASSERT_OK(talk_.Send(nurse_, "一"));
  talk_.ChangeGroup([](storage::v1::GroupRecord& group) {
    group.set_state(storage::v1::GROUP_STATE_CLOSED);
  });
  EXPECT_EQ(talk_.List(physician_, talk_.Timeline(5))->messages.size(), 1u);
}

}  // namespace
}  // namespace renkei::domain
