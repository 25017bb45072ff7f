// Who is in a group, and how one goes.
#include "server/domain/members.h"

#include "gtest/gtest.h"
#include "server/domain/authorize.h"
#include "tests/support/care_team.h"
#include "tests/support/invite.h"
#include "tests/support/status_matchers.h"

namespace renkei::testing {
namespace {

using domain::Action;
using domain::MembersQuery;
using domain::MemberState;
using domain::Reason;

constexpr uint32_t kListed = 230;
constexpr uint32_t kRemoved = 231;
constexpr uint32_t kLeft = 232;
constexpr uint32_t kMessagesRead = 301;

absl::StatusOr<domain::MembersPage> List(World& world, const Actor& actor,
                                         const MembersQuery& query) {
  domain::MembersPage page;
  RETURN_IF_ERROR(world.Read(actor, Action::kListMembers, kListed,
                             [&](domain::ReadCall& call) -> absl::Status {
                               ASSIGN_OR_RETURN(
                                   page, domain::ListMembers(call, query));
                               return absl::OkStatus();
                             }));
  return page;
}

MembersQuery All(const World& world, const CareTeam& team) {
  return {.network = world.network(),
          .group = team.group,
          .include_former = true,
          .limit = 50};
}

absl::Status Remove(World& world, const Actor& actor, const CareTeam& team,
                    const Actor& member) {
  return world.Write(
      actor, Action::kRemoveMember, kRemoved, [&](domain::WriteCall& call) {
        return domain::RemoveMember(
                   call, {world.network(), team.group, member.person}, "異動")
            .status();
      });
}

absl::Status Leave(World& world, const Actor& actor, const CareTeam& team) {
  return world.Write(
      actor, Action::kLeaveGroup, kLeft, [&](domain::WriteCall& call) {
        return domain::LeaveGroup(call, {world.network(), team.group}).status();
      });
}

absl::Status MayRead(World& world, const Actor& actor, const CareTeam& team) {
  return world.Read(
      actor, Action::kListMessages, kMessagesRead, [&](domain::ReadCall& call) {
        return Authorize(call, Action::kListMessages,
                         {.network = world.network(),
                          .group = team.group,
                          .lane = storage::v1::LANE_PROFESSIONAL});
      });
}

bool Woke(const World& world, const storage::StreamId& stream) {
  const domain::Outcome latest = world.published().back();
  for (const domain::Wake& wake : latest.wakes) {
    if (wake.stream == stream) {
      return true;
    }
  }
  return false;
}

TEST(RemoveMember, BitesAtOnceAndTellsThePerson) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  ASSERT_OK(MayRead(world, team.care_manager, team));
  ASSERT_OK(Remove(world, team.physician, team, team.care_manager));
  EXPECT_TRUE(Woke(world, storage::StreamOf(team.care_manager.person)));
  EXPECT_TRUE(Woke(world, storage::StreamOf(team.group)));
  EXPECT_THAT(MayRead(world, team.care_manager, team),
              RefusedWith(Reason::kNotFound));
  EXPECT_THAT(List(world, team.care_manager, All(world, team)),
              RefusedWith(Reason::kNotFound));
  const auto leaf = world.Audit()[1].leaf;
  EXPECT_EQ(leaf.target_person(), team.care_manager.person.bytes());
  EXPECT_EQ(leaf.details_commitment().size(), 32);
}

TEST(RemoveMember, IsForTheHostAndAttendingPhysicians) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  EXPECT_THAT(Remove(world, team.stranger, team, team.nurse),
              RefusedWith(Reason::kNotFound));
  EXPECT_THAT(Remove(world, team.care_manager, team, team.nurse),
              RefusedWith(Reason::kNotPermitted));
  AddMember(world, team, team.stranger, 1);  // of the hosting facility
  EXPECT_OK(Remove(world, team.stranger, team, team.nurse));
}

TEST(RemoveMember, RefusesWhoIsNoMemberAndOneself) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  EXPECT_THAT(Remove(world, team.physician, team, team.stranger),
              RefusedWith(Reason::kNotFound));
  EXPECT_THAT(Remove(world, team.physician, team, team.physician),
              RefusedWith(Reason::kFieldInvalid));
  ASSERT_OK(Remove(world, team.physician, team, team.nurse));
  EXPECT_THAT(Remove(world, team.physician, team, team.nurse),
              RefusedWith(Reason::kStateWrong));
}

TEST(RemoveMember, TakesBackTheInvitationsOfTheRemoved) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  const auto id =
      Invite(world, team.nurse, InvitationFor(world, team, team.stranger));
  ASSERT_OK(Remove(world, team.physician, team, team.nurse));
  EXPECT_THAT(Accept(world, team.stranger, team.group, *id),
              RefusedWith(Reason::kStateWrong));
}

TEST(RemoveMember, ChangesTheAudienceAndTheAccessVersion) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  const auto before = List(world, team.nurse, All(world, team));
  const storage::GroupKey key{world.network(), team.group};
  const auto version =
      world.Look().Get(storage::kGroups, key)->access_version();
  ASSERT_OK(Remove(world, team.physician, team, team.care_manager));
  const auto after = List(world, team.nurse, All(world, team));
  EXPECT_NE(before->audience_etag, after->audience_etag);
  EXPECT_GT(world.Look().Get(storage::kGroups, key)->access_version(), version);
}

TEST(Membership, MayBeginAgainAfterItsEnd) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  ASSERT_OK(Remove(world, team.physician, team, team.nurse));
  const auto id =
      Invite(world, team.physician, InvitationFor(world, team, team.nurse));
  ASSERT_OK(Accept(world, team.nurse, team.group, *id));
  EXPECT_OK(MayRead(world, team.nurse, team));
  EXPECT_EQ(world.Look()
                .Get(storage::kGroups, {world.network(), team.group})
                ->active_members(),
            3);
}

TEST(Membership, EndsByItselfAtItsPlannedEnd) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  world.Advance(absl::Minutes(1));
  auto form = InvitationFor(world, team, team.stranger);
  form.membership_end = world.now() + absl::Minutes(5);
  ASSERT_OK(Accept(world, team.stranger, team.group,
                   *Invite(world, team.nurse, form)));
  EXPECT_OK(MayRead(world, team.stranger, team));
  world.Advance(absl::Minutes(5));
  EXPECT_THAT(MayRead(world, team.stranger, team),
              RefusedWith(Reason::kNotFound));
  const auto page = List(world, team.nurse, All(world, team));
  EXPECT_EQ(page->members.back().state, MemberState::kEnded);
  EXPECT_THAT(Remove(world, team.physician, team, team.stranger),
              RefusedWith(Reason::kStateWrong));
  form.membership_end.reset();
  EXPECT_OK(Accept(world, team.stranger, team.group,
                   *Invite(world, team.nurse, form)));
  EXPECT_EQ(world.Look()
                .Get(storage::kGroups, {world.network(), team.group})
                ->active_members(),
            4);
}

TEST(LeaveGroup, EndsOnesOwnMembership) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  EXPECT_THAT(Leave(world, team.stranger, team),
              RefusedWith(Reason::kNotFound));
  ASSERT_OK(Leave(world, team.nurse, team));
  EXPECT_THAT(MayRead(world, team.nurse, team), RefusedWith(Reason::kNotFound));
  EXPECT_THAT(Leave(world, team.nurse, team), RefusedWith(Reason::kNotFound));
}

TEST(LeaveGroup, KeepsTheLastMember) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  ASSERT_OK(Leave(world, team.nurse, team));
  ASSERT_OK(Leave(world, team.care_manager, team));
  EXPECT_THAT(Leave(world, team.physician, team),
              RefusedWith(Reason::kLastOne));
}

TEST(ListMembers, TellsThePresentFromTheFormer) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  ASSERT_OK(Leave(world, team.nurse, team));
  ASSERT_OK(Remove(world, team.physician, team, team.care_manager));
  MembersQuery query = All(world, team);
  const auto all = List(world, team.physician, query);
  ASSERT_OK(all);
  ASSERT_EQ(all->members.size(), 3);
  for (const domain::MemberView& member : all->members) {
    const MemberState wanted =
        member.person == team.nurse.person          ? MemberState::kLeft
        : member.person == team.care_manager.person ? MemberState::kRemoved
                                                    : MemberState::kActive;
    EXPECT_EQ(member.state, wanted);
  }
  query.include_former = false;
  EXPECT_EQ(List(world, team.physician, query)->members.size(), 1);
}

TEST(ListMembers, PagesInTheOrderOfJoining) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  world.Advance(absl::Minutes(1));
  AddMember(world, team, team.stranger, 1);
  MembersQuery query = All(world, team);
  query.limit = 3;
  auto page = List(world, team.nurse, query);
  ASSERT_EQ(page->members.size(), 3);
  ASSERT_TRUE(page->next);
  query.after = page->next;
  page = List(world, team.nurse, query);
  ASSERT_EQ(page->members.size(), 1);
  EXPECT_EQ(page->members[0].person, team.stranger.person);
  EXPECT_FALSE(page->next);
}

TEST(ListMembers, ShowsASuspendedAffiliationAsResting) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  world.Change([&](storage::Transaction& tx) -> absl::Status {
    const storage::PersonKey key{world.network(), team.nurse.person};
    ASSIGN_OR_RETURN(auto nurse, tx.Get(storage::kPeople, key));
    nurse.mutable_affiliations(0)->set_state(
        storage::v1::AFFILIATION_STATE_SUSPENDED);
    return tx.Put(storage::kPeople, key, nurse);
  });
  const auto page = List(world, team.physician, All(world, team));
  for (const domain::MemberView& member : page->members) {
    if (member.person == team.nurse.person) {
      EXPECT_EQ(member.state, MemberState::kResting);
    }
  }
}

}  // namespace
}  // namespace renkei::testing
