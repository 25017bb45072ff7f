// The team that other tests start from stands as the policy wants it.
#include "tests/support/care_team.h"

#include "gtest/gtest.h"
#include "server/domain/authorize.h"
#include "tests/support/status_matchers.h"

namespace renkei::testing {
namespace {

using domain::Action;
using domain::Reason;
using domain::Target;

constexpr uint32_t kMessageSent = 300;

absl::Status MaySend(World& world, const CareTeam& team, const Actor& actor) {
  return world.Write(
      actor, Action::kSendMessage, kMessageSent, [&](domain::WriteCall& call) {
        return Authorize(call, Action::kSendMessage,
                         {.network = world.network(),
                          .group = team.group,
                          .lane = storage::v1::LANE_PROFESSIONAL});
      });
}

TEST(CareTeam, MayWriteAndTheStrangerSeesNothing) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  EXPECT_OK(MaySend(world, team, team.physician));
  EXPECT_OK(MaySend(world, team, team.nurse));
  EXPECT_OK(MaySend(world, team, team.care_manager));
  EXPECT_THAT(MaySend(world, team, team.stranger),
              RefusedWith(Reason::kNotFound));
}

TEST(CareTeam, TakesAnotherMember) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  AddMember(world, team, team.stranger, 7);
  EXPECT_OK(MaySend(world, team, team.stranger));
}

}  // namespace
}  // namespace renkei::testing
