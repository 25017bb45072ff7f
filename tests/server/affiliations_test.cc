#include "server/domain/affiliations.h"

#include <gtest/gtest.h>

#include "server/domain/audience.h"
#include "server/domain/authorize.h"
#include "server/domain/directory_entries.h"
#include "server/domain/memberships.h"
#include "server/domain/standing.h"
#include "tests/support/administration.h"
#include "tests/support/care_team.h"
#include "tests/support/perform.h"
#include "tests/support/status_matchers.h"

namespace renkei::testing {
namespace {

using domain::Action;
using domain::AffiliationChange;
using domain::AffiliationView;
using domain::NewAffiliation;
using domain::Reason;
using domain::WriteCall;

constexpr uint32_t kCreated = 130;
constexpr uint32_t kSuspended = 131;
constexpr uint32_t kResumed = 132;
constexpr uint32_t kEnded = 133;
constexpr uint32_t kMemberLeft = 232;
constexpr uint32_t kMessagesRead = 301;

using Operation = absl::StatusOr<AffiliationView> (*)(WriteCall&,
                                                      const AffiliationChange&);

class AffiliationsTest : public ::testing::Test {
 protected:
  World world_;
  const Administration they_ = MakeAdministration(world_);

  AffiliationChange Of(const Actor& actor) {
    AffiliationChange change;
    change.network = world_.network();
    change.person = actor.person;
    change.affiliation = actor.affiliation;
    change.reason = "届出による";
    return change;
  }
  absl::StatusOr<AffiliationView> Run(const Actor& actor, Action action,
                                      uint32_t event, Operation operation,
                                      const AffiliationChange& change) {
    return PerformWrite(world_, actor, action, event, [&](WriteCall& call) {
      return operation(call, change);
    });
  }
  absl::StatusOr<AffiliationView> Suspend(const Actor& actor,
                                          const AffiliationChange& change) {
    return Run(actor, Action::kSuspendAffiliation, kSuspended,
               &domain::SuspendAffiliation, change);
  }
  absl::StatusOr<AffiliationView> Resume(const Actor& actor,
                                         const AffiliationChange& change) {
    return Run(actor, Action::kResumeAffiliation, kResumed,
               &domain::ResumeAffiliation, change);
  }
  absl::StatusOr<AffiliationView> End(const Actor& actor,
                                      const AffiliationChange& change) {
    return Run(actor, Action::kEndAffiliation, kEnded, &domain::EndAffiliation,
               change);
  }
  absl::StatusOr<AffiliationView> Create(const Actor& actor, const Actor& whom,
                                         const FacilityId& facility) {
    return PerformWrite(
        world_, actor, Action::kCreateAffiliation, kCreated,
        [&](WriteCall& call) {
          return domain::CreateAffiliation(
              call, {world_.network(), whom.person, facility, "nurse"});
        });
  }
  storage::v1::SessionState StateOf(const SessionId& session) {
    return world_.Look()
        .Get(storage::kSessions, {world_.network(), session})
        ->state();
  }
  storage::v1::PersonRecord Person(const Actor& actor) {
    return *world_.Look().Get(storage::kPeople,
                              {world_.network(), actor.person});
  }
};

TEST_F(AffiliationsTest, AnAdministratorAffiliatesWithTheOwnFacility) {
  const uint64_t before = Person(they_.nurse).access_version();
  const auto made = Create(they_.neighbour, they_.nurse, they_.station);
  ASSERT_OK(made);
  EXPECT_EQ(made->facility_name, "訪問看護ステーションひばり");
  EXPECT_EQ(made->affiliation.state(), storage::v1::AFFILIATION_STATE_ACTIVE);
  EXPECT_GT(Person(they_.nurse).access_version(), before);
  EXPECT_OK(
      world_.Look().Get(storage::kFacilityPeople,
                        {world_.network(), they_.station, they_.nurse.person}));
  const auto again = Create(they_.neighbour, they_.nurse, they_.station);
  ASSERT_THAT(again, RefusedWith(Reason::kAffiliationExists));
  EXPECT_EQ(domain::MetadataOf(again.status())["affiliation"],
            domain::AffiliationResource(
                world_.network(), they_.nurse.person,
                *AffiliationId::FromBytes(made->affiliation.affiliation())));
}

TEST_F(AffiliationsTest, NobodyAffiliatesWithAnothersFacility) {
  for (const Actor& actor : {they_.administrator, they_.office, they_.nurse}) {
    EXPECT_THAT(Create(actor, they_.nurse, they_.station),
                RefusedWith(Reason::kNotPermitted));
  }
}

TEST_F(AffiliationsTest, APersonHasABoundedNumber) {
  absl::Status last;
  int made = 0;
  while (last.ok() && made < 100) {
    const FacilityId facility = world_.AddFacility("支所");
    world_.GrantRole(they_.administrator,
                     storage::v1::ROLE_FACILITY_ADMINISTRATOR, facility);
    world_.Change([&](storage::Transaction& tx) -> absl::Status {
      const storage::PersonKey key{world_.network(),
                                   they_.administrator.person};
      ASSIGN_OR_RETURN(auto record, tx.Get(storage::kPeople, key));
      record.mutable_affiliations(0)->set_facility(
          std::string(facility.bytes()));
      return tx.Put(storage::kPeople, key, record);
    });
    last = Create(they_.administrator, they_.nurse, facility).status();
    ++made;
  }
  EXPECT_THAT(last, RefusedWith(Reason::kLimitReached));
  EXPECT_EQ(made, 16);
}

TEST_F(AffiliationsTest, SuspendingTheOnlyOneEndsTheSessions) {
  const Actor phone = world_.SignInAgain(they_.nurse, "phone");
  EXPECT_THAT(Suspend(they_.neighbour, Of(they_.nurse)),
              RefusedWith(Reason::kNotPermitted));
  ASSERT_OK(Suspend(they_.administrator, Of(they_.nurse)));
  EXPECT_EQ(StateOf(they_.nurse.session), storage::v1::SESSION_STATE_ENDED);
  EXPECT_EQ(StateOf(phone.session), storage::v1::SESSION_STATE_ENDED);
  EXPECT_EQ(world_.published().back().ended_sessions.size(), 2U);
  EXPECT_THAT(Suspend(they_.administrator, Of(they_.nurse)),
              RefusedWith(Reason::kStateWrong));
  ASSERT_OK(Resume(they_.office, Of(they_.nurse)));
  EXPECT_TRUE(domain::InGoodStanding(Person(they_.nurse), world_.now()));
  EXPECT_THAT(Resume(they_.office, Of(they_.nurse)),
              RefusedWith(Reason::kStateWrong));
}

TEST_F(AffiliationsTest, WithAnotherInForceTheSessionsLive) {
  ASSERT_OK(Create(they_.neighbour, they_.nurse, they_.station));
  ASSERT_OK(End(they_.administrator, Of(they_.nurse)));
  EXPECT_EQ(StateOf(they_.nurse.session), storage::v1::SESSION_STATE_ACTIVE);
}

TEST_F(AffiliationsTest, AnEndedOneTakesTheFacilitysRolesAlong) {
  ASSERT_OK(End(they_.administrator, Of(they_.deputy)));
  EXPECT_EQ(Person(they_.deputy).roles_size(), 0);
  EXPECT_THAT(
      world_.Look().Get(storage::kFacilityPeople,
                        {world_.network(), they_.clinic, they_.deputy.person}),
      StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(End(they_.administrator, Of(they_.deputy)),
              RefusedWith(Reason::kStateWrong));
  EXPECT_THAT(Resume(they_.administrator, Of(they_.deputy)),
              RefusedWith(Reason::kStateWrong));
  EXPECT_EQ(StateOf(they_.deputy.session), storage::v1::SESSION_STATE_ENDED);
}

TEST_F(AffiliationsTest, AnOldEtagIsRefused) {
  AffiliationChange change = Of(they_.nurse);
  ASSERT_OK(Suspend(they_.office, change));
  change.etag = domain::EtagOf(0);
  EXPECT_THAT(Resume(they_.office, change), RefusedWith(Reason::kEtagMismatch));
  change.etag = domain::EtagOf(1);
  EXPECT_OK(Resume(they_.office, change));
}

TEST_F(AffiliationsTest, UnknownAndForeignOnesAreNotFound) {
  const Abroad abroad = MakeAbroad(world_);
  AffiliationChange change = Of(they_.nurse);
  change.affiliation = AffiliationId::Make(world_.now(), {3});
  EXPECT_THAT(End(they_.administrator, change), RefusedWith(Reason::kNotFound));
  EXPECT_THAT(End(they_.office, change), RefusedWith(Reason::kNotFound));
  change = Of(they_.nurse);
  change.network = abroad.network;
  for (const Actor& actor : {they_.office, they_.nurse}) {
    EXPECT_THAT(End(actor, change), RefusedWith(Reason::kNotFound));
    EXPECT_THAT(Suspend(actor, change), RefusedWith(Reason::kNotFound));
  }
  Actor foreigner;
  foreigner.person = abroad.person;
  EXPECT_THAT(Create(they_.neighbour, foreigner, they_.station),
              RefusedWith(Reason::kNotFound));
  EXPECT_THAT(Create(they_.neighbour, they_.nurse, abroad.facility),
              RefusedWith(Reason::kNotFound));
}

class GroupsOfALeaverTest : public ::testing::Test {
 protected:
  World world_;
  const CareTeam team_ = MakeCareTeam(world_);
  const Actor office_ = world_.AddPerson("事務", "clerk", team_.office);

  void SetUp() override {
    world_.GrantRole(office_, storage::v1::ROLE_NETWORK_OFFICE);
  }
  absl::Status Turn(Action action, uint32_t event, Operation operation) {
    AffiliationChange change;
    change.network = world_.network();
    change.person = team_.nurse.person;
    change.affiliation = team_.nurse.affiliation;
    return PerformWrite(
               world_, office_, action, event,
               [&](WriteCall& call) { return operation(call, change); })
        .status();
  }
  absl::Status Suspend() {
    return Turn(Action::kSuspendAffiliation, kSuspended,
                &domain::SuspendAffiliation);
  }
  absl::Status Resume() {
    return Turn(Action::kResumeAffiliation, kResumed,
                &domain::ResumeAffiliation);
  }
  absl::Status End() {
    return Turn(Action::kEndAffiliation, kEnded, &domain::EndAffiliation);
  }
  storage::v1::GroupRecord Group() {
    return *world_.Look().Get(storage::kGroups,
                              {world_.network(), team_.group});
  }
  storage::v1::MembershipRecord Membership() {
    return *world_.Look().Get(
        storage::kMemberships,
        {world_.network(), team_.group, team_.nurse.person});
  }
  // Whom the group's stream was told of last, and how.
  storage::v1::EventItem LastEvent() {
    storage::v1::EventItem item;
    const storage::StreamId stream = storage::StreamOf(team_.group);
    EXPECT_OK(world_.Look().Scan(
        storage::kEvents,
        storage::KeysUnder(storage::kEvents, world_.network(), stream),
        storage::Direction::kBackward,
        [&](const storage::EventsKey&, const storage::v1::EventsRecord& rows) {
          item = rows.items(rows.items_size() - 1);
          return false;
        }));
    return item;
  }
  absl::Status Read(const Actor& actor) {
    return world_.Read(actor, Action::kListMessages, kMessagesRead,
                       [&](domain::ReadCall& call) {
                         return domain::Authorize(call, Action::kListMessages,
                                                  {.network = world_.network(),
                                                   .group = team_.group});
                       });
  }
};

TEST_F(GroupsOfALeaverTest, AreTouchedByEveryTurn) {
  const storage::v1::GroupRecord at_first = Group();
  ASSERT_OK(Suspend());
  EXPECT_GT(Group().access_version(), at_first.access_version());
  EXPECT_GT(Group().professional_audience(), at_first.professional_audience());
  EXPECT_EQ(Group().active_members(), at_first.active_members());
  EXPECT_FALSE(domain::InAudience(Membership()));
  EXPECT_EQ(LastEvent().kind(), storage::v1::EVENT_KIND_MEMBER_LEFT);
  EXPECT_EQ(LastEvent().person(), team_.nurse.person.bytes());
  EXPECT_EQ(world_.published().back().wakes.size(), 2U);
  EXPECT_EQ(domain::StateOf(
                team_.nurse.person, Membership(),
                *world_.Look().Get(storage::kPeople,
                                   {world_.network(), team_.nurse.person}),
                world_.now()),
            domain::MemberState::kResting);

  ASSERT_OK(Resume());
  EXPECT_TRUE(domain::InAudience(Membership()));
  EXPECT_EQ(LastEvent().kind(), storage::v1::EVENT_KIND_MEMBER_JOINED);
  EXPECT_OK(Read(world_.SignInAgain(team_.nurse, "phone")));

  ASSERT_OK(End());
  EXPECT_EQ(Membership().state(), storage::v1::MEMBERSHIP_STATE_ENDED);
  EXPECT_EQ(Group().active_members(), at_first.active_members() - 1);
  EXPECT_EQ(LastEvent().kind(), storage::v1::EVENT_KIND_MEMBER_LEFT);
  EXPECT_FALSE(world_.Look()
                   .Get(storage::kPersonGroups,
                        {world_.network(), team_.nurse.person, team_.group})
                   ->active());
  EXPECT_EQ(domain::StateOf(
                team_.nurse.person, Membership(),
                *world_.Look().Get(storage::kPeople,
                                   {world_.network(), team_.nurse.person}),
                world_.now()),
            domain::MemberState::kEnded);
}

TEST_F(GroupsOfALeaverTest, HaveAnAuditEventOfTheirOwnWithTheGroupsNewHead) {
  ASSERT_OK(End());
  const auto events = world_.Audit();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].leaf.type(), kMemberLeft);
  EXPECT_EQ(events[0].leaf.group(), team_.group.bytes());
  EXPECT_EQ(events[0].leaf.patient(), team_.patient.bytes());
  EXPECT_EQ(events[0].leaf.target_person(), team_.nurse.person.bytes());
  const auto head =
      world_.Look().Get(storage::kGroupHeads, {world_.network(), team_.group});
  ASSERT_OK(head);
  EXPECT_EQ(events[0].leaf.group_head_hash(), head->head_hash());
  EXPECT_EQ(events[1].leaf.type(), kEnded);
  EXPECT_EQ(events[1].leaf.group(), "");
}

TEST_F(GroupsOfALeaverTest, AreClosedToWhoseOtherAffiliationIsNotTheMembers) {
  world_.Change([&](storage::Transaction& tx) -> absl::Status {
    const storage::PersonKey key{world_.network(), team_.nurse.person};
    ASSIGN_OR_RETURN(auto record, tx.Get(storage::kPeople, key));
    storage::v1::Affiliation& other = *record.add_affiliations();
    other = record.affiliations(0);
    other.set_affiliation(std::string(tx.NewId<AffiliationId>().bytes()));
    other.set_facility(std::string(team_.clinic.bytes()));
    return tx.Put(storage::kPeople, key, record);
  });
  EXPECT_OK(Read(team_.nurse));
  ASSERT_OK(Suspend());
  EXPECT_THAT(Read(team_.nurse), RefusedWith(Reason::kNotFound));
}

}  // namespace
}  // namespace renkei::testing
