#include "server/domain/audit_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "server/domain/audit.h"
#include "server/domain/audit_query.h"
#include "server/jobs/audit_index.h"
#include "tests/support/status_matchers.h"
#include "tests/support/world.h"

namespace renkei::domain {
namespace {

using ::renkei::testing::Must;
using ::renkei::testing::StatusIs;
using ::renkei::testing::World;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr size_t kBlocksMax = 100;
constexpr size_t kPage = 700;

template <typename IdType>
IdType Made(uint64_t number) {
  return IdType::Make(absl::FromUnixSeconds(1), {static_cast<uint8_t>(number)});
}

class AuditIndexTest : public ::testing::Test {
 protected:
  // Event i is of one of five people, about one of seven patients, in one of
  // three facilities; every 500th is of another type.
  void Append(uint64_t count) {
    world_.Change([&](storage::Transaction& tx) -> absl::Status {
      for (const uint64_t end = appended_ + count; appended_ < end;
           ++appended_) {
        WriteCall call = NewWriteCall(tx, std::nullopt, {}, world_.keys());
        call.note.network = world_.network();
        call.note.actor = Made<PersonId>(appended_ % 5);
        call.note.patient = Made<PatientId>(appended_ % 7);
        call.note.group = Made<GroupId>(appended_ % 7);
        call.note.actor_facility = Made<FacilityId>(appended_ % 3);
        call.note.hosting_facility = Made<FacilityId>(0);
        RETURN_IF_ERROR(AppendAuditAs(call,
                                      appended_ % 500 == 0
                                          ? AuditType::kServerStarted
                                          : AuditType::kStreamDelivered,
                                      absl::OkStatus()));
      }
      return absl::OkStatus();
    });
  }

  size_t Index(size_t blocks_max) {
    return Must(jobs::IndexAuditLogs(world_.store(), blocks_max));
  }

  // All pages.
  std::vector<uint64_t> Ask(const AuditFilter& filter, bool oldest_first) {
    AuditQuery query;
    query.network = world_.network();
    query.filter = filter;
    query.oldest_first = oldest_first;
    query.limit = kPage;
    std::vector<uint64_t> indexes;
    do {
      const AuditPage page = Must(ScanAudit(world_.Look(), query));
      for (const AuditEvent& event : page.events) {
        indexes.push_back(event.leaf.index());
      }
      query.place = page.next;
    } while (query.place);
    return indexes;
  }

  template <typename Wanted>
  void ExpectAnswer(const AuditFilter& filter, Wanted wanted) {
    std::vector<uint64_t> expected;
    for (uint64_t i = 0; i < appended_; ++i) {
      if (wanted(i)) {
        expected.push_back(i);
      }
    }
    EXPECT_EQ(Ask(filter, true), expected);
    EXPECT_EQ(Ask(filter, false),
              std::vector<uint64_t>(expected.rbegin(), expected.rend()));
  }

  void ExpectEveryAnswer() {
    ExpectAnswer({.actor = Made<PersonId>(2)},
                 [](uint64_t i) { return i % 5 == 2; });
    ExpectAnswer({.patient = Made<PatientId>(6)},
                 [](uint64_t i) { return i % 7 == 6; });
    ExpectAnswer({.patient = Made<PatientId>(6), .group = Made<GroupId>(5)},
                 [](uint64_t) { return false; });
    ExpectAnswer({.group = Made<GroupId>(3)},
                 [](uint64_t i) { return i % 7 == 3; });
    ExpectAnswer({.facility = Made<FacilityId>(1)},
                 [](uint64_t i) { return i % 3 == 1; });
    ExpectAnswer({.facility = Made<FacilityId>(0)},
                 [](uint64_t) { return true; });
    ExpectAnswer({.type = static_cast<uint32_t>(AuditType::kServerStarted)},
                 [](uint64_t i) { return i % 500 == 0; });
    ExpectAnswer({}, [](uint64_t) { return true; });
  }

  World world_;
  uint64_t appended_ = 0;
};

TEST_F(AuditIndexTest, AnswersTheSameWhateverPartOfTheLogItHolds) {
  Append(kIndexBlockEvents - 1);
  EXPECT_EQ(Index(kBlocksMax), 0u);
  ExpectEveryAnswer();
  Append(kIndexBlockEvents + 300);
  ExpectEveryAnswer();
  EXPECT_EQ(Index(1), 1u);
  ExpectEveryAnswer();
  EXPECT_EQ(Index(kBlocksMax), 1u);
  ExpectEveryAnswer();
  EXPECT_EQ(Index(kBlocksMax), 0u);
}

TEST_F(AuditIndexTest, IsWhatAQuestionLooksAtInsteadOfTheLog) {
  Append(kIndexBlockEvents);
  ASSERT_EQ(Index(kBlocksMax), 1u);
  const AuditFilter filter{.actor = Made<PersonId>(2)};
  ASSERT_THAT(Ask(filter, true), SizeIs(819));
  world_.Change([&](storage::Transaction& tx) {
    return PutIndexRow(
        tx, world_.network(), 0,
        {{storage::AuditIndexKind::kActor, storage::SubjectOf(*filter.actor)},
         {}});
  });
  EXPECT_THAT(Ask(filter, true), IsEmpty());
}

TEST_F(AuditIndexTest, GoesOnWhereItStoodAfterAReopening) {
  Append(2 * kIndexBlockEvents);
  ASSERT_EQ(Index(1), 1u);
  world_.Reopen();
  EXPECT_EQ(Index(kBlocksMax), 1u);
  ExpectEveryAnswer();
}

// Rows that a crash left behind without their block being closed are written
// again.
TEST_F(AuditIndexTest, DoesNotCountRowsOfABlockThatIsNotClosed) {
  Append(kIndexBlockEvents);
  const auto block = Must(ReadNextIndexBlock(world_.Look(), world_.network()));
  ASSERT_TRUE(block.has_value());
  world_.Change([&](storage::Transaction& tx) {
    return PutIndexRow(tx, world_.network(), 0, block->rows.front());
  });
  ExpectEveryAnswer();
  EXPECT_EQ(Index(kBlocksMax), 1u);
  ExpectEveryAnswer();
}

TEST_F(AuditIndexTest, ClosesABlockOnce) {
  Append(kIndexBlockEvents);
  ASSERT_EQ(Index(kBlocksMax), 1u);
  absl::Status again;
  world_.Change([&](storage::Transaction& tx) {
    again = CloseIndexBlock(tx, world_.network(), 0);
    return absl::OkStatus();
  });
  EXPECT_THAT(again, StatusIs(absl::StatusCode::kAborted));
}

class BrokenEventTest : public AuditIndexTest,
                        public ::testing::WithParamInterface<std::string> {};

TEST_P(BrokenEventTest, IsNotIndexed) {
  Append(kIndexBlockEvents - 1);
  world_.Change([&](storage::Transaction& tx) -> absl::Status {
    storage::v1::AuditRecord record;
    record.set_leaf(GetParam());
    RETURN_IF_ERROR(
        tx.Put(storage::kAudit, {world_.network(), appended_}, record));
    auto head = Must(tx.Get(storage::kNetworkHeads, {world_.network()}));
    head.set_audit_size(kIndexBlockEvents);
    return tx.Put(storage::kNetworkHeads, {world_.network()}, head);
  });
  EXPECT_THAT(ReadNextIndexBlock(world_.Look(), world_.network()),
              StatusIs(absl::StatusCode::kDataLoss));
}

INSTANTIATE_TEST_SUITE_P(
    InWhateverWay, BrokenEventTest,
    ::testing::Values("\x3A\x10half an actor",  // 16 bytes are promised
                      "\x38\x07",               // an actor that is a number
                      "\x28",                   // a type without its number
                      "\x0A\x7F"                // a cut off network
                      ));

}  // namespace
}  // namespace renkei::domain
