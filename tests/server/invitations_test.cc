// Inviting, accepting, declining, taking back.
#include "server/domain/invitations.h"

#include "gtest/gtest.h"
#include "server/domain/invitation_views.h"
#include "tests/support/care_team.h"
#include "tests/support/invite.h"
#include "tests/support/status_matchers.h"

namespace renkei::testing {
namespace {

using domain::Action;
using domain::NewInvitation;
using domain::Reason;

constexpr uint32_t kListed = 221;
constexpr uint32_t kDeclined = 223;
constexpr uint32_t kCancelled = 224;

// Puts messages posted a minute apart, the first now.
void PutMessages(World& world, const CareTeam& team, uint64_t count) {
  for (uint64_t sequence = 1; sequence <= count; ++sequence) {
    world.Change([&](storage::Transaction& tx) -> absl::Status {
      const int64_t now = absl::ToUnixMicros(tx.now());
      storage::v1::MessageRecord message;
      message.set_thread(sequence);
      message.set_created_at_micros(now);
      RETURN_IF_ERROR(tx.Put(storage::kMessages,
                             {world.network(), team.group, sequence}, message));
      const storage::GroupKey key{world.network(), team.group};
      storage::v1::GroupHeadRecord head;
      head.set_last_sequence(sequence);
      head.set_last_message_at_micros(now);
      return tx.Put(storage::kGroupHeads, key, head);
    });
    world.Advance(absl::Minutes(1));
  }
}

storage::v1::MembershipRecord MembershipOf(World& world, const CareTeam& team,
                                           const Actor& actor) {
  return *world.Look().Get(storage::kMemberships,
                           {world.network(), team.group, actor.person});
}

storage::v1::InvitationState StateOf(World& world, const CareTeam& team,
                                     const InvitationId& id) {
  return domain::StateOf(*world.Look().Get(storage::kInvitations,
                                           {world.network(), team.group, id}),
                         world.now());
}

absl::Status Decline(World& world, const Actor& actor, const GroupId& group,
                     const InvitationId& id) {
  return world.Write(
      actor, Action::kDeclineInvitation, kDeclined,
      [&](domain::WriteCall& call) {
        return domain::DeclineInvitation(call, {world.network(), group, id});
      });
}

absl::Status Cancel(World& world, const Actor& actor, const GroupId& group,
                    const InvitationId& id) {
  return world.Write(
      actor, Action::kCancelInvitation, kCancelled,
      [&](domain::WriteCall& call) {
        return domain::CancelInvitation(call, {world.network(), group, id});
      });
}

absl::StatusOr<domain::InvitationsPage> List(
    World& world, const Actor& actor, const domain::InvitationsQuery& query) {
  domain::InvitationsPage page;
  RETURN_IF_ERROR(world.Read(actor, Action::kListInvitations, kListed,
                             [&](domain::ReadCall& call) -> absl::Status {
                               ASSIGN_OR_RETURN(
                                   page, domain::ListInvitations(call, query));
                               return absl::OkStatus();
                             }));
  return page;
}

void Cover(World& world, const CareTeam& team, const FacilityId& facility) {
  world.Change([&](storage::Transaction& tx) -> absl::Status {
    const storage::ConsentKey key{world.network(), team.group, team.consent};
    ASSIGN_OR_RETURN(auto consent, tx.Get(storage::kConsents, key));
    consent.add_covered_facilities(std::string(facility.bytes()));
    return tx.Put(storage::kConsents, key, consent);
  });
}

TEST(InviteMember, BringsAMemberWhoAccepts) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  const auto id =
      Invite(world, team.nurse, InvitationFor(world, team, team.stranger));
  ASSERT_OK(id);
  ASSERT_OK(Accept(world, team.stranger, team.group, *id));
  const auto membership = MembershipOf(world, team, team.stranger);
  EXPECT_EQ(membership.state(), storage::v1::MEMBERSHIP_STATE_ACTIVE);
  EXPECT_EQ(membership.visible_from(), 1);
  EXPECT_EQ(membership.invited_by(), team.nurse.person.bytes());
  EXPECT_EQ(StateOf(world, team, *id), storage::v1::INVITATION_STATE_ACCEPTED);
  EXPECT_THAT(Accept(world, team.stranger, team.group, *id),
              RefusedWith(Reason::kStateWrong));
}

TEST(InviteMember, ShowsANewcomerNothingOfThePastFromNow) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  PutMessages(world, team, 3);
  NewInvitation form = InvitationFor(world, team, team.stranger);
  form.history.set_scope(storage::v1::HISTORY_SCOPE_FROM_NOW);
  const auto id = Invite(world, team.nurse, form);
  ASSERT_OK(Accept(world, team.stranger, team.group, *id));
  EXPECT_EQ(MembershipOf(world, team, team.stranger).visible_from(), 4);
}

TEST(InviteMember, ShowsThePastSinceATime) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  const absl::Time first = world.now();
  PutMessages(world, team, 9);
  NewInvitation form = InvitationFor(world, team, team.stranger);
  form.history.set_scope(storage::v1::HISTORY_SCOPE_SINCE);
  form.history.set_since_micros(absl::ToUnixMicros(first + absl::Minutes(6)));
  const auto id = Invite(world, team.nurse, form);
  ASSERT_OK(Accept(world, team.stranger, team.group, *id));
  EXPECT_EQ(MembershipOf(world, team, team.stranger).visible_from(), 7);
}

TEST(InviteMember, NeverShowsMoreThanTheInviterSees) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  PutMessages(world, team, 5);
  AddMember(world, team, team.stranger, 4);
  const Actor newcomer =
      world.AddPerson("新人", "visiting_nurse", team.station);
  NewInvitation form = InvitationFor(world, team, newcomer);
  EXPECT_THAT(Invite(world, team.stranger, form),
              RefusedWith(Reason::kHistoryTooWide));
  form.history.set_scope(storage::v1::HISTORY_SCOPE_FROM_NOW);
  EXPECT_OK(Invite(world, team.stranger, form));
}

TEST(InviteMember, IsForMembersWhoAreNoGuests) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  const Actor guest =
      world.AddPerson("民生委員", "welfare_volunteer", team.office);
  EXPECT_THAT(Invite(world, team.stranger, InvitationFor(world, team, guest)),
              RefusedWith(Reason::kNotFound));
  const auto id = Invite(world, team.nurse, InvitationFor(world, team, guest));
  ASSERT_OK(Accept(world, guest, team.group, *id));
  EXPECT_THAT(Invite(world, guest, InvitationFor(world, team, team.stranger)),
              RefusedWith(Reason::kNotPermitted));
}

TEST(InviteMember, NeedsConsentThatCoversTheNewcomer) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  Cover(world, team, team.station);
  EXPECT_THAT(
      Invite(world, team.nurse, InvitationFor(world, team, team.stranger)),
      RefusedWith(Reason::kConsentDoesNotCover));
  Cover(world, team, team.clinic);
  EXPECT_OK(
      Invite(world, team.nurse, InvitationFor(world, team, team.stranger)));
}

TEST(InviteMember, RefusesMembersTheInvitedAndTheUnknown) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  EXPECT_THAT(
      Invite(world, team.nurse, InvitationFor(world, team, team.physician)),
      RefusedWith(Reason::kMemberExists));
  ASSERT_OK(
      Invite(world, team.nurse, InvitationFor(world, team, team.stranger)));
  EXPECT_THAT(
      Invite(world, team.physician, InvitationFor(world, team, team.stranger)),
      RefusedWith(Reason::kInvitationExists));
  Actor nobody;
  nobody.person = PersonId::Make(world.now(), {7});
  EXPECT_THAT(Invite(world, team.nurse, InvitationFor(world, team, nobody)),
              RefusedWith(Reason::kNotFound));
}

TEST(InviteMember, RefusesFamilyAndAnEndThatHasPassed) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  const Actor family = world.AddPerson("娘", "family", team.clinic);
  EXPECT_THAT(Invite(world, team.nurse, InvitationFor(world, team, family)),
              RefusedWith(Reason::kAffiliationMissing));
  NewInvitation form = InvitationFor(world, team, team.stranger);
  form.membership_end = world.now();
  EXPECT_THAT(Invite(world, team.nurse, form),
              RefusedWith(Reason::kFieldInvalid));
}

TEST(InviteMember, LetsOnlyAttendingPhysiciansNameOthers) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  const Actor second = world.AddPerson("副主治医", "physician", team.clinic);
  NewInvitation form = InvitationFor(world, team, second);
  form.attending_physician = true;
  EXPECT_THAT(Invite(world, team.nurse, form),
              RefusedWith(Reason::kNotPermitted));
  const auto id = Invite(world, team.physician, form);
  ASSERT_OK(Accept(world, second, team.group, *id));
  EXPECT_TRUE(MembershipOf(world, team, second).attending_physician());
  form = InvitationFor(world, team, team.stranger);
  form.attending_physician = true;
  EXPECT_THAT(Invite(world, team.physician, form),
              RefusedWith(Reason::kNotPermitted));
}

TEST(InviteMember, StopsAtAHundredWaiting) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  for (size_t i = 0; i < domain::kInvitationsWaitingMax; ++i) {
    const Actor one = world.AddPerson("看護師", "nurse", team.clinic);
    ASSERT_OK(Invite(world, team.nurse, InvitationFor(world, team, one)));
  }
  EXPECT_THAT(
      Invite(world, team.nurse, InvitationFor(world, team, team.stranger)),
      RefusedWith(Reason::kLimitReached));
}

TEST(AcceptInvitation, IsForTheInvitedPersonAlone) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  const Actor other = world.AddPerson("他人", "nurse", team.clinic);
  const auto id =
      Invite(world, team.nurse, InvitationFor(world, team, team.stranger));
  EXPECT_THAT(Accept(world, other, team.group, *id),
              RefusedWith(Reason::kNotFound));
  EXPECT_THAT(Accept(world, team.physician, team.group, *id),
              RefusedWith(Reason::kNotPermitted));
}

TEST(AcceptInvitation, ExpiresAfterFourteenDays) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  const auto id =
      Invite(world, team.nurse, InvitationFor(world, team, team.stranger));
  world.Advance(domain::kInvitationLifetime);
  EXPECT_EQ(StateOf(world, team, *id), storage::v1::INVITATION_STATE_EXPIRED);
  const Actor later = world.SignInAgain(team.stranger, "tablet");
  EXPECT_THAT(Accept(world, later, team.group, *id),
              RefusedWith(Reason::kStateWrong));
}

TEST(AcceptInvitation, ChecksConsentAgain) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  const auto id =
      Invite(world, team.nurse, InvitationFor(world, team, team.stranger));
  Cover(world, team, team.station);
  EXPECT_THAT(Accept(world, team.stranger, team.group, *id),
              RefusedWith(Reason::kConsentDoesNotCover));
}

TEST(AcceptInvitation, NeedsAnInviterWhoIsStillThere) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  const auto id =
      Invite(world, team.nurse, InvitationFor(world, team, team.stranger));
  world.Change([&](storage::Transaction& tx) -> absl::Status {
    const storage::PersonKey key{world.network(), team.nurse.person};
    ASSIGN_OR_RETURN(auto nurse, tx.Get(storage::kPeople, key));
    nurse.mutable_affiliations(0)->set_state(
        storage::v1::AFFILIATION_STATE_ENDED);
    return tx.Put(storage::kPeople, key, nurse);
  });
  EXPECT_THAT(Accept(world, team.stranger, team.group, *id),
              RefusedWith(Reason::kStateWrong));
  EXPECT_OK(
      Invite(world, team.physician, InvitationFor(world, team, team.stranger)));
  EXPECT_EQ(StateOf(world, team, *id), storage::v1::INVITATION_STATE_CANCELLED);
}

TEST(DeclineInvitation, EndsItForGood) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  const auto id =
      Invite(world, team.nurse, InvitationFor(world, team, team.stranger));
  EXPECT_THAT(Decline(world, team.physician, team.group, *id),
              RefusedWith(Reason::kNotPermitted));
  ASSERT_OK(Decline(world, team.stranger, team.group, *id));
  EXPECT_THAT(Accept(world, team.stranger, team.group, *id),
              RefusedWith(Reason::kStateWrong));
  EXPECT_THAT(Decline(world, team.stranger, team.group, *id),
              RefusedWith(Reason::kStateWrong));
}

TEST(CancelInvitation, IsForTheInviter) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  const auto id =
      Invite(world, team.nurse, InvitationFor(world, team, team.stranger));
  EXPECT_THAT(Cancel(world, team.physician, team.group, *id),
              RefusedWith(Reason::kNotPermitted));
  EXPECT_THAT(Cancel(world, team.stranger, team.group, *id),
              RefusedWith(Reason::kNotPermitted));
  ASSERT_OK(Cancel(world, team.nurse, team.group, *id));
  EXPECT_THAT(Cancel(world, team.nurse, team.group, *id),
              RefusedWith(Reason::kStateWrong));
  EXPECT_THAT(Accept(world, team.stranger, team.group, *id),
              RefusedWith(Reason::kStateWrong));
}

TEST(ListInvitations, ShowsThemToMembersAndToTheInvited) {
  World world;
  const CareTeam team = MakeCareTeam(world);
  const auto first =
      Invite(world, team.nurse, InvitationFor(world, team, team.stranger));
  ASSERT_OK(Cancel(world, team.nurse, team.group, *first));
  world.Advance(absl::Minutes(1));
  const auto second =
      Invite(world, team.physician, InvitationFor(world, team, team.stranger));
  domain::InvitationsQuery query{
      .network = world.network(), .group = team.group, .limit = 1};
  auto page = List(world, team.care_manager, query);
  ASSERT_OK(page);
  ASSERT_EQ(page->invitations.size(), 1);
  EXPECT_EQ(page->invitations[0].id, *second);
  EXPECT_EQ(page->invitations[0].inviter.display_name(), "佐須 健一");
  EXPECT_EQ(page->invitations[0].invitee.profession(), "pharmacist");
  EXPECT_EQ(page->invitations[0].group_title, "調布 花子");
  query.before = page->next;
  page = List(world, team.care_manager, query);
  ASSERT_EQ(page->invitations.size(), 1);
  EXPECT_EQ(page->invitations[0].id, *first);
  EXPECT_FALSE(page->next);
  EXPECT_THAT(List(world, team.stranger, query),
              RefusedWith(Reason::kNotFound));
  query = {.network = world.network(),
           .state = storage::v1::INVITATION_STATE_WAITING_FOR_INVITEE,
           .limit = 10};
  page = List(world, team.stranger, query);
  ASSERT_EQ(page->invitations.size(), 1);
  EXPECT_EQ(page->invitations[0].id, *second);
}

}  // namespace
}  // namespace renkei::testing
