// Below the low-water mark: what is refused, and what goes on.
#include <gtest/gtest.h>

#include "server/domain/authorize.h"
#include "server/domain/members.h"
#include "server/domain/sessions.h"
#include "tests/support/accounts.h"
#include "tests/support/care_team.h"
#include "tests/support/failing_disk.h"
#include "tests/support/status_matchers.h"
#include "tests/support/world.h"

namespace renkei::domain {
namespace {

using renkei::testing::Account;
using renkei::testing::Actor;
using renkei::testing::AddEnrolledAccount;
using renkei::testing::CareTeam;
using renkei::testing::FailingDisk;
using renkei::testing::Holder;
using renkei::testing::MakeCareTeam;
using renkei::testing::SignInFully;
using renkei::testing::World;

constexpr uint64_t kLowWater = 1000;
constexpr uint32_t kAnyEvent = 300;

class LowDisk : public ::testing::Test {
 protected:
  LowDisk()
      : world_(*disk_.env(), {/*low_water_bytes=*/kLowWater,
                              /*reserve_bytes=*/0}),
        team_(MakeCareTeam(world_)),
        account_(AddEnrolledAccount(world_, "tanaka", team_.clinic)) {}

  // The store looks when an operation runs.
  void GetLow() {
    disk_.SetFreeBytes(kLowWater - 1);
    world_.Advance(absl::Seconds(1));
    ASSERT_OK(Read(team_.nurse));
    ASSERT_TRUE(world_.store().disk_low());
  }
  absl::Status Read(const Actor& actor) {
    return world_.Read(actor, Action::kGetNetwork, kAnyEvent,
                       [](ReadCall& call) {
                         return Authorize(call, Action::kGetNetwork, {});
                       });
  }
  absl::Status Write(const Actor& actor, Action action,
                     const World::WriteOperation& operation) {
    return world_.Write(actor, action, kAnyEvent, operation);
  }

  FailingDisk disk_{1};
  World world_;
  CareTeam team_;
  Account account_;
};

TEST_F(LowDisk, LetsWhoIsSignedInReadOnForTheDay) {
  const SessionTokens first = SignInFully(world_, account_);
  GetLow();
  std::string refresh = first.refresh_token;
  Actor reader = Holder(account_, first);
  for (int i = 0; i < 12; ++i) {
    ASSERT_OK(Read(reader));
    world_.Advance(absl::Minutes(9));
    const auto next = Refresh(world_, refresh);
    ASSERT_OK(next);
    reader = Holder(account_, *next);
    refresh = next->refresh_token;
  }
}

TEST_F(LowDisk, LetsPeopleSignInAndOut) {
  GetLow();
  const Actor reader = Holder(account_, SignInFully(world_, account_));
  EXPECT_OK(Read(reader));
  EXPECT_OK(Write(reader, Action::kSignOut, SignOut));
  EXPECT_THAT(Read(reader),
              renkei::testing::StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST_F(LowDisk, StillTakesRightsAway) {
  GetLow();
  EXPECT_OK(Write(team_.physician, Action::kRemoveMember, [&](WriteCall& call) {
    return RemoveMember(call,
                        {world_.network(), team_.group, team_.nurse.person},
                        "left")
        .status();
  }));
}

TEST_F(LowDisk, RefusesOtherChangesUntilThereIsRoom) {
  const auto rename = [&] {
    return Write(team_.nurse, Action::kUpdateNetwork, [](WriteCall& call) {
      return Authorize(call, Action::kUpdateNetwork, {});
    });
  };
  GetLow();
  EXPECT_EQ(ReasonOf(rename()), Reason::kDiskLow);
  disk_.SetFreeBytes(kLowWater);
  world_.Advance(absl::Seconds(1));
  EXPECT_EQ(ReasonOf(rename()), Reason::kNotPermitted);
}

}  // namespace
}  // namespace renkei::domain
