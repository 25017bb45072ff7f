#include "server/domain/receipts.h"

#include <gtest/gtest.h>

#include "tests/support/conversation.h"
#include "tests/support/status_matchers.h"

namespace renkei::domain {
namespace {

using ::renkei::testing::Actor;
using ::renkei::testing::Conversation;
using ::renkei::testing::RefusedWith;
using ::testing::SizeIs;

class ReceiptsTest : public ::testing::Test {
 protected:
  Conversation talk_;
  const Actor& nurse_ = talk_.team().nurse;
  const Actor& physician_ = talk_.team().physician;
  const Actor& care_manager_ = talk_.team().care_manager;
  const Actor& stranger_ = talk_.team().stranger;

  ReceiptFacts FactsOf(const Actor& reader, uint64_t sequence) {
    const storage::Snapshot view = talk_.world().Look();
    ReceiptReader receipts(view, talk_.world().network(), talk_.team().group,
                           reader.person);
    return *receipts.Find(sequence);
  }
  int64_t Now() { return absl::ToUnixMicros(talk_.world().now()); }
  void Send(int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_OK(talk_.Send(nurse_, "x"));
    }
  }
  // Of the last row of the person's stream, as it is kept.
  int ItemsKept(const Actor& actor) {
    int items = 0;
    EXPECT_OK(talk_.world().Look().Scan(
        storage::kEvents,
        storage::KeysUnder(storage::kEvents, talk_.world().network(),
                           storage::StreamOf(actor.person)),
        storage::Direction::kBackward,
        [&](const storage::EventsKey&,
            const storage::v1::EventsRecord& events) {
          items = events.items_size();
          return false;
        }));
    return items;
  }
  const Receipt* Find(const ReceiptPage& page, const Actor& reader) {
    for (const Receipt& receipt : page.receipts) {
      if (receipt.person == reader.person) {
        return &receipt;
      }
    }
    return nullptr;
  }
};

TEST_F(ReceiptsTest, NotesTheFirstDisclosureOnly) {
  Send(3);
  const int64_t first = Now();
  ASSERT_OK(talk_.List(physician_, talk_.Timeline(2)));
  EXPECT_EQ(FactsOf(physician_, 3).disclosed_at_micros, first);
  EXPECT_EQ(FactsOf(physician_, 2).disclosed_at_micros, first);
  EXPECT_FALSE(FactsOf(physician_, 1).Any());
  talk_.world().Advance(absl::Minutes(1));
  ASSERT_OK(talk_.List(physician_, talk_.Timeline(10)));
  ASSERT_OK(talk_.Get(physician_, 3));
  EXPECT_EQ(FactsOf(physician_, 3).disclosed_at_micros, first);
  EXPECT_EQ(FactsOf(physician_, 1).disclosed_at_micros, Now());
}

TEST_F(ReceiptsTest, DisclosesNothingToTheAuthorNorOnARefusal) {
  Send(1);
  ASSERT_OK(talk_.List(nurse_, talk_.Timeline(10)));
  EXPECT_FALSE(FactsOf(nurse_, 1).Any());
  EXPECT_THAT(talk_.Get(stranger_, 1), RefusedWith(Reason::kNotFound));
  EXPECT_FALSE(FactsOf(stranger_, 1).Any());
}

TEST_F(ReceiptsTest, SpansBlocks) {
  Send(130);
  ASSERT_OK(talk_.List(physician_, talk_.Timeline(200)));
  for (const uint64_t sequence : {1, 63, 64, 65, 127, 128, 130}) {
    EXPECT_EQ(FactsOf(physician_, sequence).disclosed_at_micros, Now());
  }
  EXPECT_FALSE(FactsOf(physician_, 131).Any());
  ASSERT_OK(talk_.Display(physician_, {130, 64, 63, 64}));
  EXPECT_NE(FactsOf(physician_, 64).displayed_at_micros, 0);
  EXPECT_EQ(FactsOf(physician_, 65).displayed_at_micros, 0);
}

TEST_F(ReceiptsTest, RecordsDeliveryOnce) {
  Send(2);
  const auto deliver = [&] {
    return talk_.world().Write(
        physician_, Action::kMarkDisplayed, 303, [&](WriteCall& call) {
          const absl::Status done = MarkDisplayed(
              call, {talk_.world().network(), talk_.team().group}, {{1, 1}});
          return done.ok()
                     ? RecordDelivered(call, talk_.team().group,
                                       physician_.person, {{{2, 1}, {1, 1}}})
                     : done;
        });
  };
  const int64_t first = Now();
  ASSERT_OK(deliver());
  talk_.world().Advance(absl::Seconds(1));
  ASSERT_OK(deliver());
  EXPECT_EQ(FactsOf(physician_, 1).delivered_at_micros, first);
  EXPECT_EQ(FactsOf(physician_, 2).delivered_at_micros, first);
  EXPECT_EQ(FactsOf(physician_, 2).displayed_at_micros, 0);
}

TEST_F(ReceiptsTest, BeginsAnewWithALaterRevisionAndIgnoresEarlierOnes) {
  Send(1);
  const auto record = [&](Fact fact, uint32_t revision) {
    size_t fresh = 0;
    EXPECT_OK(talk_.world().Write(
        physician_, Action::kMarkDisplayed, 303,
        [&](WriteCall& call) -> absl::Status {
          RETURN_IF_ERROR(MarkDisplayed(
              call, {talk_.world().network(), talk_.team().group}, {{1, 1}}));
          ASSIGN_OR_RETURN(
              const auto noted,
              RecordFact(call, talk_.team().group, physician_.person, fact,
                         {{1, revision}}));
          fresh = noted.size();
          return absl::OkStatus();
        }));
    return fresh;
  };
  EXPECT_EQ(record(Fact::kAcknowledged, 1), 1u);
  EXPECT_EQ(record(Fact::kDisclosed, 2), 1u);
  EXPECT_EQ(record(Fact::kAcknowledged, 1), 0u);
  const ReceiptFacts facts = FactsOf(physician_, 1);
  EXPECT_EQ(facts.revision, 2u);
  EXPECT_EQ(facts.acknowledged_at_micros, 0);
  EXPECT_EQ(facts.displayed_at_micros, 0);
  EXPECT_EQ(facts.disclosed_at_micros, Now());
}

TEST_F(ReceiptsTest, AcknowledgingCountsAsDisplayedAndTheFirstTimeCounts) {
  Send(1);
  const int64_t first = Now();
  const Receipt receipt = *talk_.Acknowledge(physician_, 1);
  EXPECT_EQ(receipt.person, physician_.person);
  EXPECT_EQ(receipt.signature.profession(), "physician");
  EXPECT_EQ(receipt.facts.acknowledged_at_micros, first);
  EXPECT_EQ(receipt.facts.displayed_at_micros, first);
  EXPECT_EQ(receipt.facts.disclosed_at_micros, 0);
  talk_.world().Advance(absl::Hours(1));
  talk_.world().Advance(-absl::Minutes(50));
  EXPECT_EQ(talk_.Acknowledge(physician_, 1)->facts.acknowledged_at_micros,
            first);
}

TEST_F(ReceiptsTest, RefusesToAcknowledgeOnesOwnAndWhatIsOutOfSight) {
  Send(2);
  EXPECT_THAT(talk_.Acknowledge(nurse_, 1), RefusedWith(Reason::kStateWrong));
  EXPECT_THAT(talk_.Acknowledge(physician_, 3), RefusedWith(Reason::kNotFound));
  EXPECT_THAT(talk_.Acknowledge(stranger_, 1), RefusedWith(Reason::kNotFound));
  AddMember(talk_.world(), talk_.team(), stranger_, 2);
  EXPECT_THAT(talk_.Acknowledge(stranger_, 1), RefusedWith(Reason::kNotFound));
  EXPECT_OK(talk_.Acknowledge(stranger_, 2));
}

TEST_F(ReceiptsTest, OneUnknownMessageRefusesTheWholeReport) {
  Send(2);
  EXPECT_THAT(talk_.Display(physician_, {1, 2, 3}),
              RefusedWith(Reason::kNotFound));
  EXPECT_FALSE(FactsOf(physician_, 1).Any());
  EXPECT_THAT(
      talk_.Display(physician_, std::vector<MessageRevision>{{1, 1}, {2, 2}}),
      RefusedWith(Reason::kNotFound));
  AddMember(talk_.world(), talk_.team(), stranger_, 2);
  EXPECT_THAT(talk_.Display(stranger_, {1, 2}), RefusedWith(Reason::kNotFound));
  EXPECT_OK(talk_.Display(stranger_, {2}));
}

TEST_F(ReceiptsTest, PassesOverOnesOwnMessages) {
  Send(1);
  ASSERT_OK(talk_.Display(nurse_, {1}));
  EXPECT_FALSE(FactsOf(nurse_, 1).Any());
  EXPECT_TRUE(talk_.EventsOf(nurse_).empty());
}

TEST_F(ReceiptsTest, TellsTheAuthorsAloneAndFoldsWhatOneCallReports) {
  Send(3);
  ASSERT_OK(talk_.Send(care_manager_, "y"));
  const size_t before = talk_.world().published().size();
  ASSERT_OK(talk_.Display(physician_, {1, 2, 3, 4}));
  const std::vector<storage::v1::EventItem> items = talk_.EventsOf(nurse_);
  ASSERT_THAT(items, SizeIs(3));
  EXPECT_EQ(items[0].kind(), storage::v1::EVENT_KIND_DISPLAYED);
  EXPECT_EQ(items[0].person(), physician_.person.bytes());
  EXPECT_EQ(items[0].group(), talk_.team().group.bytes());
  EXPECT_EQ(items[1].sequence(), 2u);
  EXPECT_EQ(items[2].sequence(), 3u);
  EXPECT_EQ(ItemsKept(nurse_), 1);
  EXPECT_THAT(talk_.EventsOf(care_manager_), SizeIs(1));
  EXPECT_TRUE(talk_.EventsOf(physician_).empty());
  const std::vector<Outcome> published = talk_.world().published();
  ASSERT_EQ(published.size(), before + 1);
  EXPECT_THAT(published.back().wakes, SizeIs(2));
  ASSERT_OK(talk_.Acknowledge(physician_, 2));
  ASSERT_THAT(talk_.EventsOf(nurse_), SizeIs(1));
  EXPECT_EQ(talk_.EventsOf(nurse_)[0].kind(),
            storage::v1::EVENT_KIND_ACKNOWLEDGED);
  // Nothing new, nobody told.
  ASSERT_OK(talk_.Display(physician_, {1, 2}));
  ASSERT_OK(talk_.Acknowledge(physician_, 2));
  EXPECT_TRUE(talk_.world().published().back().wakes.empty());
}

TEST_F(ReceiptsTest, ReadsWakeNobody) {
  Send(1);
  ASSERT_OK(talk_.List(physician_, talk_.Timeline(5)));
  EXPECT_TRUE(talk_.world().published().back().wakes.empty());
}

TEST_F(ReceiptsTest, ListsEveryMemberButTheAuthor) {
  NewMessage message = talk_.Draft("確認してください");
  message.mentions = {Conversation::Profession("physician")};
  ASSERT_OK(talk_.Send(nurse_, message));
  ASSERT_OK(talk_.Get(physician_, 1));
  const ReceiptPage page = *talk_.Receipts(nurse_, 1);
  ASSERT_THAT(page.receipts, SizeIs(2));
  ASSERT_NE(Find(page, physician_), nullptr);
  EXPECT_TRUE(Find(page, physician_)->acknowledgement_asked);
  EXPECT_NE(Find(page, physician_)->facts.disclosed_at_micros, 0);
  ASSERT_NE(Find(page, care_manager_), nullptr);
  EXPECT_FALSE(Find(page, care_manager_)->acknowledgement_asked);
  EXPECT_FALSE(Find(page, care_manager_)->facts.Any());
  EXPECT_EQ(Find(page, care_manager_)->signature.facility_name(),
            "くすのきケアセンター");
  EXPECT_THAT(talk_.Receipts(stranger_, 1), RefusedWith(Reason::kNotFound));
  EXPECT_THAT(talk_.Receipts(nurse_, 2), RefusedWith(Reason::kNotFound));
}

TEST_F(ReceiptsTest, FactsSurviveLeavingAndNewcomersWithoutSightAreLeftOut) {
  Send(2);
  ASSERT_OK(talk_.Acknowledge(care_manager_, 1));
  AddMember(talk_.world(), talk_.team(), stranger_, 2);
  talk_.Remove(care_manager_);
  const ReceiptPage first = *talk_.Receipts(nurse_, 1);
  ASSERT_THAT(first.receipts, SizeIs(2));
  ASSERT_NE(Find(first, care_manager_), nullptr);
  EXPECT_NE(Find(first, care_manager_)->facts.acknowledged_at_micros, 0);
  EXPECT_EQ(Find(first, stranger_), nullptr);
  const ReceiptPage second = *talk_.Receipts(nurse_, 2);
  ASSERT_THAT(second.receipts, SizeIs(2));
  EXPECT_EQ(Find(second, care_manager_), nullptr);
  EXPECT_NE(Find(second, stranger_), nullptr);
}

TEST_F(ReceiptsTest, PagesThroughTheMembers) {
  Send(1);
  std::optional<PersonId> after;
  std::vector<PersonId> seen;
  for (int page_number = 0; page_number < 2; ++page_number) {
    ReceiptPage page;
    ASSERT_OK(talk_.world().Read(
        nurse_, Action::kListReceipts, 304,
        [&](ReadCall& call) -> absl::Status {
          ASSIGN_OR_RETURN(
              page, ListReceipts(
                        call, {talk_.world().network(), talk_.team().group, 1},
                        after, 1));
          return absl::OkStatus();
        }));
    ASSERT_THAT(page.receipts, SizeIs(1));
    EXPECT_EQ(page.next.has_value(), page_number == 0);
    seen.push_back(page.receipts[0].person);
    after = page.next;
  }
  EXPECT_NE(seen[0], seen[1]);
}

TEST_F(ReceiptsTest, AuditsWhatWasReported) {
  Send(4);
  ASSERT_OK(talk_.Display(physician_, {2, 4}));
  storage::v1::AuditLeaf leaf = talk_.world().Audit().back().leaf;
  EXPECT_EQ(leaf.type(), 303u);
  EXPECT_EQ(leaf.first_message(), 2u);
  EXPECT_EQ(leaf.last_message(), 4u);
  EXPECT_EQ(leaf.messages(), 2u);
  ASSERT_OK(talk_.Acknowledge(physician_, 3));
  leaf = talk_.world().Audit().back().leaf;
  EXPECT_EQ(leaf.type(), 302u);
  EXPECT_EQ(leaf.first_message(), 3u);
}

}  // namespace
}  // namespace renkei::domain
