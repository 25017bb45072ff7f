#include "server/rpc/sync_rounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>

#include "server/domain/audit.h"
#include "server/domain/authorize.h"
#include "tests/support/care_team.h"
#include "tests/support/status_matchers.h"

namespace renkei::rpc {
namespace {

using ::renkei::testing::Actor;
using ::renkei::testing::CareTeam;
using ::renkei::testing::MakeCareTeam;
using ::renkei::testing::World;
using ::testing::ElementsAre;

class SyncRoundsTest : public ::testing::Test {
 protected:
  World world_;
  const CareTeam team_ = MakeCareTeam(world_);

  static std::string Encode(const storage::MessageKey&,
                            const domain::SharedMessage&, uint32_t, int64_t) {
    return "";
  }
  // A read of `actor`'s stream that does `work` and is recorded.
  domain::Door::StreamRead ReadOf(const Actor& actor,
                                  std::function<void()> work) {
    domain::Request request = world_.RequestOf(
        actor, domain::Action::kSync,
        static_cast<uint32_t>(domain::AuditType::kStreamDelivered));
    request.token.reset();
    request.is_activity = false;
    request.stream = domain::Caller{.network = world_.network(),
                                    .person = actor.person,
                                    .session = actor.session};
    return {std::move(request),
            [work = std::move(work)](domain::ReadCall& call) {
              work();
              return domain::Authorize(call, domain::Action::kSync, {});
            },
            absl::OkStatus()};
  }
  size_t Recorded() { return world_.Audit().size(); }
};

TEST_F(SyncRoundsTest, WhatComesDuringARoundIsRecordedTogetherInTheNext) {
  SyncRounds rounds(
      {8, absl::ZeroDuration(), absl::ZeroDuration()},
      [this]() -> domain::Door& { return world_.door(); }, Encode);
  std::promise<void> begun;
  std::promise<void> go_on;
  std::promise<void> over;
  std::vector<size_t> recorded_at_end;  // of the thread of the rounds
  const auto turn_of = [&](const Actor& actor, std::function<void()> work,
                           std::function<void()> end) {
    return SyncRounds::Turn{
        [this, actor, work = std::move(work)](domain::EventTails&) {
          return std::make_optional(ReadOf(actor, work));
        },
        [this, &recorded_at_end,
         end = std::move(end)](const absl::Status& status) {
          EXPECT_OK(status);
          recorded_at_end.push_back(Recorded());
          end();
        }};
  };
  const auto nothing = [] {};
  rounds.Enlist(turn_of(
      team_.nurse,
      [&] {
        begun.set_value();
        go_on.get_future().wait();
      },
      nothing));
  begun.get_future().wait();
  rounds.Enlist(turn_of(team_.physician, nothing, nothing));
  rounds.Enlist(
      turn_of(team_.care_manager, nothing, [&] { over.set_value(); }));
  go_on.set_value();
  over.get_future().wait();
  EXPECT_THAT(recorded_at_end, ElementsAre(1, 3, 3));
}

TEST(SyncRoundsLimits, RestLongerTheMoreThereIsToDo) {
  const SyncRounds::Limits limits{8, absl::Milliseconds(10),
                                  absl::Milliseconds(50)};
  EXPECT_EQ(limits.IntervalAfter(absl::ZeroDuration()), absl::Milliseconds(10));
  EXPECT_EQ(limits.IntervalAfter(absl::Milliseconds(6)),
            absl::Milliseconds(30));
  EXPECT_EQ(limits.IntervalAfter(absl::Seconds(1)), absl::Milliseconds(50));
  const SyncRounds::Limits without{8, absl::ZeroDuration(),
                                   absl::ZeroDuration()};
  EXPECT_EQ(without.IntervalAfter(absl::Seconds(1)), absl::ZeroDuration());
}

TEST_F(SyncRoundsTest, TakesNoMoreThanItMayAtOnce) {
  SyncRounds rounds(
      {2, absl::ZeroDuration(), absl::ZeroDuration()},
      [this]() -> domain::Door& { return world_.door(); }, Encode);
  std::promise<void> go_on;
  std::promise<void> over;
  std::vector<size_t> recorded_at_end;
  for (int i = 0; i < 5; ++i) {
    rounds.Enlist({[&, i](domain::EventTails&) {
                     if (i == 0) {
                       go_on.get_future().wait();
                     }
                     return std::make_optional(ReadOf(team_.nurse, [] {}));
                   },
                   [&, i](const absl::Status& status) {
                     EXPECT_OK(status);
                     recorded_at_end.push_back(Recorded());
                     if (i == 4) {
                       over.set_value();
                     }
                   }});
  }
  go_on.set_value();
  over.get_future().wait();
  for (size_t i = 1; i < recorded_at_end.size(); ++i) {
    EXPECT_LE(recorded_at_end[i], recorded_at_end[i - 1] + 2);
  }
}

TEST_F(SyncRoundsTest, EndsNoTurnThatHadNothingToRead) {
  std::atomic<int> ends{0};
  std::promise<void> over;
  SyncRounds rounds(
      {8, absl::ZeroDuration(), absl::ZeroDuration()},
      [this]() -> domain::Door& { return world_.door(); }, Encode);
  rounds.Enlist({[](domain::EventTails&) { return std::nullopt; },
                 [&](const absl::Status&) { ++ends; }});
  rounds.Enlist({[&](domain::EventTails&) {
                   return std::make_optional(ReadOf(team_.nurse, [] {}));
                 },
                 [&](const absl::Status&) { over.set_value(); }});
  over.get_future().wait();
  EXPECT_EQ(ends, 0);
}

TEST_F(SyncRoundsTest, DoesNothingAfterStop) {
  std::atomic<int> begins{0};
  SyncRounds rounds(
      {8, absl::ZeroDuration(), absl::ZeroDuration()},
      [this]() -> domain::Door& { return world_.door(); }, Encode);
  rounds.Stop();
  rounds.Enlist({[&](domain::EventTails&) {
                   ++begins;
                   return std::nullopt;
                 },
                 [](const absl::Status&) {}});
  rounds.Stop();
  EXPECT_EQ(begins, 0);
}

}  // namespace
}  // namespace renkei::rpc
