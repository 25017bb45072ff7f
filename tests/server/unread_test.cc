#include "server/domain/unread.h"

#include <gtest/gtest.h>

#include <ostream>
#include <random>
#include <set>
#include <utility>

#include "server/domain/read_floor.h"
#include "tests/support/conversation.h"
#include "tests/support/status_matchers.h"

namespace renkei::domain {

static bool operator==(const UnreadCount& a, const UnreadCount& b) {
  return a.unread == b.unread && a.urgent == b.urgent && a.asked == b.asked &&
         a.more == b.more;
}
static void PrintTo(const UnreadCount& count, std::ostream* out) {
  *out << count.unread << " unread, " << count.urgent << " urgent, "
       << count.asked << " asked" << (count.more ? ", more" : "");
}

namespace {

using ::renkei::testing::Actor;
using ::renkei::testing::Conversation;
using ::testing::IsEmpty;
using ::testing::SizeIs;

UnreadCount Count(uint32_t unread, uint32_t urgent, uint32_t asked) {
  return {{}, unread, urgent, asked, false};
}

class UnreadTest : public ::testing::Test {
 protected:
  Conversation talk_;
  const Actor& nurse_ = talk_.team().nurse;
  const Actor& physician_ = talk_.team().physician;
  const Actor& care_manager_ = talk_.team().care_manager;
  const Actor& stranger_ = talk_.team().stranger;

  void SendUrgent(const Actor& author) {
    NewMessage message = talk_.Draft("至急");
    message.priority = kPriorityUrgent;
    ASSERT_OK(talk_.Send(author, message));
  }
  void SendAsking(const Actor& author, const storage::v1::Mention& mention) {
    NewMessage message = talk_.Draft("確認を");
    message.mentions = {mention};
    ASSERT_OK(talk_.Send(author, message));
  }
  uint64_t FloorKept(const Actor& reader) {
    return talk_.world()
        .Look()
        .Get(storage::kPersonGroups,
             {talk_.world().network(), reader.person, talk_.team().group})
        ->read_through();
  }
};

TEST_F(UnreadTest, CountsAfterEachStep) {
  EXPECT_THAT(*talk_.Unread(physician_), IsEmpty());
  ASSERT_OK(talk_.Send(nurse_, "一"));
  EXPECT_EQ(talk_.UnreadHere(physician_), Count(1, 0, 0));
  EXPECT_EQ(talk_.UnreadHere(nurse_), Count(0, 0, 0));
  SendUrgent(nurse_);
  EXPECT_EQ(talk_.UnreadHere(physician_), Count(2, 1, 0));
  SendAsking(nurse_, Conversation::Person(physician_));
  EXPECT_EQ(talk_.UnreadHere(physician_), Count(3, 1, 1));
  EXPECT_EQ(talk_.UnreadHere(care_manager_), Count(3, 1, 0));
  // Reading is no displaying.
  ASSERT_OK(talk_.List(physician_, talk_.Timeline(10)));
  EXPECT_EQ(talk_.UnreadHere(physician_), Count(3, 1, 1));
  ASSERT_OK(talk_.Display(physician_, {2}));
  EXPECT_EQ(talk_.UnreadHere(physician_), Count(2, 0, 1));
  ASSERT_OK(talk_.Display(physician_, {1, 3}));
  EXPECT_EQ(talk_.UnreadHere(physician_), Count(0, 0, 1));
  ASSERT_OK(talk_.Acknowledge(physician_, 3));
  EXPECT_THAT(*talk_.Unread(physician_), IsEmpty());
  EXPECT_EQ(FloorKept(physician_), 3u);
  EXPECT_EQ(talk_.UnreadHere(care_manager_), Count(3, 1, 0));
}

TEST_F(UnreadTest, AcknowledgingAloneReads) {
  ASSERT_OK(talk_.Send(nurse_, "一"));
  ASSERT_OK(talk_.Acknowledge(physician_, 1));
  EXPECT_EQ(talk_.UnreadHere(physician_), Count(0, 0, 0));
}

TEST_F(UnreadTest, AProfessionIsAskedAsAWhole) {
  SendAsking(nurse_, Conversation::Profession("physician"));
  SendAsking(physician_, Conversation::Profession("physician"));
  EXPECT_EQ(talk_.UnreadHere(physician_), Count(1, 0, 1));
  EXPECT_EQ(talk_.UnreadHere(care_manager_), Count(2, 0, 0));
}

TEST_F(UnreadTest, OldAcknowledgementsStayAskedBelowTheFloor) {
  SendAsking(nurse_, Conversation::Person(physician_));
  ASSERT_OK(talk_.Send(nurse_, "二"));
  ASSERT_OK(talk_.Display(physician_, {1, 2}));
  EXPECT_EQ(FloorKept(physician_), 2u);
  EXPECT_EQ(talk_.UnreadHere(physician_), Count(0, 0, 1));
  ASSERT_OK(talk_.Acknowledge(physician_, 1));
  EXPECT_EQ(talk_.UnreadHere(physician_), Count(0, 0, 0));
}

TEST_F(UnreadTest, StartsWithTheReadersHistoryAndEndsWithTheMembership) {
  ASSERT_OK(talk_.Send(nurse_, "一"));
  ASSERT_OK(talk_.Send(nurse_, "二"));
  AddMember(talk_.world(), talk_.team(), stranger_, 2);
  EXPECT_EQ(talk_.UnreadHere(stranger_), Count(1, 0, 0));
  talk_.Remove(stranger_);
  EXPECT_THAT(*talk_.Unread(stranger_), IsEmpty());
}

TEST_F(UnreadTest, ANewMembershipVoidsTheFloorOfTheOneBefore) {
  ASSERT_OK(talk_.Send(nurse_, "一"));
  ASSERT_OK(talk_.Send(nurse_, "二"));
  AddMember(talk_.world(), talk_.team(), stranger_, 2);
  ASSERT_OK(talk_.Display(stranger_, {2}));
  EXPECT_EQ(talk_.UnreadHere(stranger_), Count(0, 0, 0));
  talk_.world().Advance(absl::Minutes(1));
  talk_.world().Change([&](storage::Transaction& tx) -> absl::Status {
    const storage::GroupPersonKey key{talk_.world().network(),
                                      talk_.team().group, stranger_.person};
    ASSIGN_OR_RETURN(auto membership, tx.Get(storage::kMemberships, key));
    membership.set_visible_from(1);
    membership.set_begin_at_micros(absl::ToUnixMicros(tx.now()));
    return tx.Put(storage::kMemberships, key, membership);
  });
  EXPECT_EQ(talk_.UnreadHere(stranger_), Count(1, 0, 0));
}

TEST_F(UnreadTest, LooksAtTheNewestThousandAndSaysThatThereIsMore) {
  talk_.world().Change([&](storage::Transaction& tx) -> absl::Status {
    const storage::GroupKey group{talk_.world().network(), talk_.team().group};
    for (uint64_t sequence = 1; sequence <= kUnreadLookedAtMax + 1;
         ++sequence) {
      storage::v1::MessageRecord message;
      message.set_thread(sequence);
      message.set_lane(storage::v1::LANE_PROFESSIONAL);
      message.set_author(std::string(nurse_.person.bytes()));
      message.set_revision(1);
      RETURN_IF_ERROR(tx.Put(storage::kMessages,
                             {group.network, group.group, sequence}, message));
    }
    storage::v1::GroupHeadRecord head;
    head.set_last_sequence(kUnreadLookedAtMax + 1);
    return tx.Put(storage::kGroupHeads, group, head);
  });
  UnreadCount count = talk_.UnreadHere(physician_);
  EXPECT_EQ(count.unread, kUnreadLookedAtMax);
  EXPECT_TRUE(count.more);
  ASSERT_OK(talk_.Display(physician_, {1}));
  count = talk_.UnreadHere(physician_);
  EXPECT_EQ(count.unread, kUnreadLookedAtMax);
  EXPECT_FALSE(count.more);
  // One call raises the floor a bounded way; the next goes on.
  for (uint64_t first = 2; first <= kUnreadLookedAtMax + 1; first += 200) {
    std::vector<MessageRevision> page;
    for (uint64_t i = first; i < first + 200 && i <= kUnreadLookedAtMax + 1;
         ++i) {
      page.push_back({i, 1});
    }
    ASSERT_OK(talk_.Display(physician_, page));
  }
  EXPECT_THAT(*talk_.Unread(physician_), IsEmpty());
  EXPECT_EQ(FloorKept(physician_), kUnreadLookedAtMax + 1);
}

TEST_F(UnreadTest, WritesNoAuditEvent) {
  ASSERT_OK(talk_.Send(nurse_, "一"));
  const size_t before = talk_.world().Audit().size();
  ASSERT_OK(talk_.Unread(physician_));
  EXPECT_THAT(talk_.world().Audit(), SizeIs(before));
}

// ---- random histories against the definition ----

struct Posted {
  const Actor* author;
  bool urgent;
  std::vector<const Actor*> asked;
};

class RandomHistory {
 public:
  explicit RandomHistory(unsigned seed) : random_(seed) {}

  void Step() {
    switch (Below(posted_.empty() ? 1 : 6)) {
      case 0:
      case 1:
        Send();
        break;
      case 2:
      case 3:
        Display();
        break;
      case 4:
        Acknowledge();
        break;
      default:
        ASSERT_OK(talk_.List(Anybody(), talk_.Timeline(1 + Below(10))));
    }
  }

  void Compare() {
    for (const Actor* reader : people_) {
      ASSERT_EQ(talk_.UnreadHere(*reader), Naive(*reader));
    }
  }

 private:
  size_t Below(size_t end) { return random_() % end; }
  const Actor& Anybody() { return *people_[Below(people_.size())]; }
  uint64_t AnyMessage() { return 1 + Below(posted_.size()); }

  void Send() {
    Posted posted{&Anybody(), Below(4) == 0, {}};
    NewMessage message = Below(3) == 0 && !posted_.empty()
                             ? talk_.Reply(RootOf(AnyMessage()), "返信")
                             : talk_.Draft("新規");
    message.priority = posted.urgent ? kPriorityUrgent : kPriorityNormal;
    if (Below(3) == 0) {
      posted.asked.push_back(&Anybody());
      message.mentions.push_back(
          Below(2) == 0
              ? Conversation::Person(*posted.asked[0])
              : Conversation::Profession(ProfessionOf(*posted.asked[0])));
    }
    ASSERT_OK(talk_.Send(*posted.author, message));
    roots_.push_back(message.thread.value_or(roots_.size() + 1));
    posted_.push_back(std::move(posted));
  }
  uint64_t RootOf(uint64_t sequence) { return roots_[sequence - 1]; }
  absl::string_view ProfessionOf(const Actor& actor) {
    return &actor == people_[0]   ? "visiting_nurse"
           : &actor == people_[1] ? "physician"
                                  : "care_manager";
  }

  void Display() {
    const Actor& reader = Anybody();
    std::vector<MessageRevision> messages;
    const uint64_t first = AnyMessage();
    for (uint64_t i = first; i <= posted_.size() && i < first + 1 + Below(8);
         ++i) {
      messages.push_back({i, 1});
      displayed_.insert({reader.person, i});
    }
    ASSERT_OK(talk_.Display(reader, messages));
  }

  void Acknowledge() {
    const Actor& reader = Anybody();
    const uint64_t sequence = AnyMessage();
    if (posted_[sequence - 1].author != &reader) {
      ASSERT_OK(talk_.Acknowledge(reader, sequence));
      acknowledged_.insert({reader.person, sequence});
    }
  }

  UnreadCount Naive(const Actor& reader) const {
    UnreadCount count;
    for (uint64_t i = 1; i <= posted_.size(); ++i) {
      const Posted& posted = posted_[i - 1];
      const std::pair<PersonId, uint64_t> fact{reader.person, i};
      const bool acknowledged = acknowledged_.count(fact) != 0;
      if (posted.author == &reader || acknowledged) {
        continue;
      }
      const bool unread = displayed_.count(fact) == 0;
      count.unread += unread ? 1 : 0;
      count.urgent += unread && posted.urgent ? 1 : 0;
      count.asked += !posted.asked.empty() && posted.asked[0] == &reader;
    }
    return count;
  }

  Conversation talk_;
  std::mt19937 random_;
  const std::vector<const Actor*> people_ = {
      &talk_.team().nurse, &talk_.team().physician, &talk_.team().care_manager};
  std::vector<Posted> posted_;
  std::vector<uint64_t> roots_;
  std::set<std::pair<PersonId, uint64_t>> displayed_;
  std::set<std::pair<PersonId, uint64_t>> acknowledged_;
};

TEST(UnreadHistoryTest, AgreesWithTheDefinitionOnRandomHistories) {
  const unsigned first = std::random_device()();
  for (unsigned seed = first; seed != first + 8; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    RandomHistory history(seed);
    for (int step = 0; step < 250; ++step) {
      ASSERT_NO_FATAL_FAILURE(history.Step()) << "step " << step;
      ASSERT_NO_FATAL_FAILURE(history.Compare()) << "step " << step;
    }
  }
}

}  // namespace
}  // namespace renkei::domain
