#include "server/domain/roles.h"

#include <gtest/gtest.h>

#include "server/domain/bootstrap.h"
#include "server/domain/directory_entries.h"
#include "server/domain/person_view.h"
#include "server/domain/standing.h"
#include "tests/support/administration.h"
#include "tests/support/perform.h"
#include "tests/support/status_matchers.h"

namespace renkei::testing {
namespace {

using domain::Action;
using domain::Reason;
using domain::RoleGrantRef;
using domain::RoleProposal;
using domain::WriteCall;
using storage::v1::RoleGrant;

constexpr uint32_t kRequested = 140;
constexpr uint32_t kApproved = 141;
constexpr uint32_t kRevoked = 142;

class RolesTest : public ::testing::Test {
 protected:
  World world_;
  const Administration they_ = MakeAdministration(world_);

  absl::StatusOr<RoleGrant> Propose(const Actor& actor, const Actor& whom,
                                    storage::v1::Role role,
                                    const FacilityId& facility) {
    return PerformWrite(
        world_, actor, Action::kGrantRole, kRequested, [&](WriteCall& call) {
          return domain::GrantRole(
              call, {world_.network(), whom.person, role, facility});
        });
  }
  RoleGrantRef Ref(const Actor& whom, const RoleGrant& grant) {
    return {world_.network(), whom.person,
            *RoleGrantId::FromBytes(grant.grant())};
  }
  absl::StatusOr<RoleGrant> Approve(const Actor& actor,
                                    const RoleGrantRef& ref) {
    return PerformWrite(
        world_, actor, Action::kApproveRoleGrant, kApproved,
        [&](WriteCall& call) { return domain::ApproveRoleGrant(call, ref); });
  }
  absl::StatusOr<RoleGrant> Revoke(const Actor& actor,
                                   const RoleGrantRef& ref) {
    return PerformWrite(world_, actor, Action::kRevokeRole, kRevoked,
                        [&](WriteCall& call) {
                          return domain::RevokeRole(call, ref, "異動のため");
                        });
  }
  storage::v1::PersonRecord Person(const Actor& actor) {
    return *world_.Look().Get(storage::kPeople,
                              {world_.network(), actor.person});
  }
  // Gives every grant that World wrote directly an id.
  void NameGrants(const Actor& actor) {
    world_.Change([&](storage::Transaction& tx) -> absl::Status {
      const storage::PersonKey key{world_.network(), actor.person};
      ASSIGN_OR_RETURN(auto record, tx.Get(storage::kPeople, key));
      for (RoleGrant& grant : *record.mutable_roles()) {
        grant.set_grant(std::string(tx.NewId<RoleGrantId>().bytes()));
      }
      return tx.Put(storage::kPeople, key, record);
    });
  }
};

TEST_F(RolesTest, AProposedRoleGivesNothingUntilSomebodyElseApproves) {
  const auto proposed =
      Propose(they_.office, they_.nurse, storage::v1::ROLE_PRIVACY_OFFICER, {});
  ASSERT_OK(proposed);
  EXPECT_FALSE(
      domain::HasRole(Person(they_.nurse), storage::v1::ROLE_PRIVACY_OFFICER));
  const RoleGrantRef ref = Ref(they_.nurse, *proposed);
  EXPECT_THAT(Approve(they_.office, ref),
              RefusedWith(Reason::kSecondPersonNeeded));
  EXPECT_THAT(Approve(they_.nurse, ref), RefusedWith(Reason::kNotPermitted));
  const uint64_t before = Person(they_.nurse).access_version();
  ASSERT_OK(Approve(they_.second_office, ref));
  EXPECT_TRUE(
      domain::HasRole(Person(they_.nurse), storage::v1::ROLE_PRIVACY_OFFICER));
  EXPECT_GT(Person(they_.nurse).access_version(), before);
  EXPECT_THAT(Approve(they_.second_office, ref),
              RefusedWith(Reason::kStateWrong));
}

TEST_F(RolesTest, NobodyApprovesARoleForOneself) {
  const auto proposed =
      Propose(they_.office, they_.second_office, storage::v1::ROLE_AUDITOR, {});
  ASSERT_OK(proposed);
  EXPECT_THAT(Approve(they_.second_office, Ref(they_.second_office, *proposed)),
              RefusedWith(Reason::kSecondPersonNeeded));
  EXPECT_EQ(world_.Audit().back().leaf.outcome(),
            storage::v1::AUDIT_OUTCOME_DENIED);
}

TEST_F(RolesTest, AnAdministratorProposesOnlyForTheOwnFacility) {
  const storage::v1::Role role = storage::v1::ROLE_FACILITY_ADMINISTRATOR;
  const auto proposed =
      Propose(they_.administrator, they_.nurse, role, they_.clinic);
  ASSERT_OK(proposed);
  EXPECT_THAT(Approve(they_.deputy, Ref(they_.nurse, *proposed)),
              RefusedWith(Reason::kNotPermitted));
  EXPECT_OK(Approve(they_.office, Ref(they_.nurse, *proposed)));
  EXPECT_THAT(Propose(they_.administrator, they_.nurse, role, they_.station),
              RefusedWith(Reason::kNotPermitted));
  EXPECT_THAT(
      Propose(they_.administrator, they_.nurse, storage::v1::ROLE_AUDITOR, {}),
      RefusedWith(Reason::kNotPermitted));
  EXPECT_THAT(
      Propose(they_.nurse, they_.neighbour, storage::v1::ROLE_COORDINATOR, {}),
      RefusedWith(Reason::kNotPermitted));
}

TEST_F(RolesTest, AnAdministratorNeedsAnAffiliationWithTheFacility) {
  EXPECT_THAT(Propose(they_.office, they_.nurse,
                      storage::v1::ROLE_FACILITY_ADMINISTRATOR, they_.station),
              RefusedWith(Reason::kAffiliationMissing));
}

TEST_F(RolesTest, OneRoleIsProposedOnce) {
  const auto proposed =
      Propose(they_.office, they_.nurse, storage::v1::ROLE_COORDINATOR, {});
  ASSERT_OK(proposed);
  const auto again = Propose(they_.second_office, they_.nurse,
                             storage::v1::ROLE_COORDINATOR, {});
  ASSERT_THAT(again, RefusedWith(Reason::kRoleGrantExists));
  EXPECT_EQ(
      domain::MetadataOf(again.status())["role_grant"],
      domain::RoleGrantResource(world_.network(), they_.nurse.person,
                                *RoleGrantId::FromBytes(proposed->grant())));
}

TEST_F(RolesTest, AProposalExpires) {
  const auto proposed =
      Propose(they_.office, they_.nurse, storage::v1::ROLE_COORDINATOR, {});
  ASSERT_OK(proposed);
  world_.Advance(domain::kRoleProposalLifetime);
  const Actor later = world_.SignInAgain(they_.second_office, "desk");
  const auto approved = Approve(later, Ref(they_.nurse, *proposed));
  ASSERT_THAT(approved, RefusedWith(Reason::kStateWrong));
  EXPECT_EQ(domain::MetadataOf(approved.status())["state"], "EXPIRED");
  EXPECT_OK(Propose(later, they_.nurse, storage::v1::ROLE_COORDINATOR, {}));
  EXPECT_EQ(Person(they_.nurse).roles_size(), 1);
}

TEST_F(RolesTest, ARoleIsTakenAwayAtOnce) {
  NameGrants(they_.deputy);
  const RoleGrantRef ref = Ref(they_.deputy, Person(they_.deputy).roles(0));
  EXPECT_THAT(Revoke(they_.neighbour, ref), RefusedWith(Reason::kNotPermitted));
  EXPECT_THAT(Revoke(they_.nurse, ref), RefusedWith(Reason::kNotPermitted));
  ASSERT_OK(Revoke(they_.administrator, ref));
  EXPECT_FALSE(domain::Administers(Person(they_.deputy), they_.clinic.bytes(),
                                   world_.now()));
  EXPECT_THAT(Revoke(they_.administrator, ref), RefusedWith(Reason::kNotFound));
  const auto events = world_.Audit();
  const auto revoked =
      std::find_if(events.begin(), events.end(), [](const auto& event) {
        return event.leaf.type() == kRevoked &&
               event.leaf.outcome() == storage::v1::AUDIT_OUTCOME_ALLOWED;
      });
  ASSERT_NE(revoked, events.end());
  ASSERT_EQ(revoked->details.size(), 1U);
  EXPECT_EQ(revoked->details[0].second, "異動のため");
}

TEST_F(RolesTest, TheLastOfTheOfficeCannotGo) {
  NameGrants(they_.office);
  NameGrants(they_.second_office);
  ASSERT_OK(Revoke(they_.office, Ref(they_.second_office,
                                     Person(they_.second_office).roles(0))));
  EXPECT_THAT(
      Revoke(they_.office, Ref(they_.office, Person(they_.office).roles(0))),
      RefusedWith(Reason::kLastOne));
}

TEST_F(RolesTest, WhoHasNeitherRoleNorAffiliationLeftIsSignedOut) {
  const Actor officer = they_.second_office;
  NameGrants(officer);
  world_.Change([&](storage::Transaction& tx) -> absl::Status {
    const storage::PersonKey key{world_.network(), officer.person};
    ASSIGN_OR_RETURN(auto record, tx.Get(storage::kPeople, key));
    record.clear_affiliations();
    return tx.Put(storage::kPeople, key, record);
  });
  ASSERT_OK(Revoke(they_.office, Ref(officer, Person(officer).roles(0))));
  const auto session = world_.Look().Get(storage::kSessions,
                                         {world_.network(), officer.session});
  ASSERT_OK(session);
  EXPECT_EQ(session->state(), storage::v1::SESSION_STATE_ENDED);
  ASSERT_EQ(world_.published().back().ended_sessions.size(), 1U);
}

TEST_F(RolesTest, ForeignPeopleAndUnknownGrantsAreNotFound) {
  const Abroad abroad = MakeAbroad(world_);
  Actor foreigner;
  foreigner.person = abroad.person;
  EXPECT_THAT(Propose(they_.office, foreigner, storage::v1::ROLE_AUDITOR, {}),
              RefusedWith(Reason::kNotFound));
  EXPECT_THAT(
      Propose(they_.office, they_.nurse,
              storage::v1::ROLE_FACILITY_ADMINISTRATOR, abroad.facility),
      RefusedWith(Reason::kNotFound));
  const RoleGrantId none = RoleGrantId::Make(world_.now(), {1});
  for (const Actor& actor : {they_.office, they_.nurse}) {
    EXPECT_THAT(Approve(actor, {abroad.network, abroad.person, none}),
                RefusedWith(Reason::kNotFound));
    EXPECT_THAT(Revoke(actor, {abroad.network, abroad.person, none}),
                RefusedWith(Reason::kNotFound));
  }
  EXPECT_THAT(
      Approve(they_.office, {world_.network(), they_.nurse.person, none}),
      RefusedWith(Reason::kNotFound));
}

class FoundingTest : public ::testing::Test {
 protected:
  World world_;
  const FacilityId clinic_ = world_.AddFacility("診療所");
  const Actor founder_ = world_.AddPerson("事務 一郎", "clerk", clinic_);
  const Actor second_ = world_.AddPerson("事務 二郎", "clerk", clinic_);
  const Actor third_ = world_.AddPerson("事務 三郎", "clerk", clinic_);

  absl::StatusOr<RoleGrant> Appoint(const Actor& whom) {
    return PerformWrite(
        world_, founder_, Action::kGrantRole, kRequested, [&](WriteCall& call) {
          return domain::GrantRole(
              call, {world_.network(), whom.person,
                     storage::v1::ROLE_NETWORK_OFFICE, FacilityId()});
        });
  }
};

TEST_F(FoundingTest, TheFirstOfTheOfficeAppointsTheSecondAloneButOnlyOnce) {
  world_.GrantRole(founder_, storage::v1::ROLE_NETWORK_OFFICE);
  const auto second = Appoint(second_);
  ASSERT_OK(second);
  EXPECT_NE(second->approved_at_micros(), 0);
  EXPECT_EQ(second->approved_by(), "");
  const auto events = world_.Audit();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].leaf.type(), kApproved);
  EXPECT_EQ(events[1].leaf.type(), kRequested);

  // Otherwise one of two could send the other away and begin again.
  ASSERT_OK(PerformWrite(
      world_, founder_, Action::kRevokeRole, kRevoked, [&](WriteCall& call) {
        return domain::RevokeRole(call,
                                  {world_.network(), second_.person,
                                   *RoleGrantId::FromBytes(second->grant())},
                                  "");
      }));
  const auto third = Appoint(third_);
  ASSERT_OK(third);
  EXPECT_EQ(third->approved_at_micros(), 0);
  EXPECT_NE(third->expires_at_micros(), 0);
}

TEST(CreateNetwork, MakesANetworkWithOneOfficePersonAndItsAuditEvents) {
  World world;
  domain::NewNetwork form;
  form.network = NetworkId::Make(world.now(), {4, 2});
  form.code = "inagi";
  form.display_name = "いなぎ";
  form.by_law = {storage::v1::BY_LAW_VARIANT_ATTENDING_PHYSICIAN, "1"};
  form.office_login = "office";
  form.office_name = "事務局";
  form.password_hash = "hash";
  world.keys().Add(crypto::KeyScope::Network(form.network), {8000, 1},
                   crypto::Secret::Random(crypto::kKeyBytes));
  absl::StatusOr<PersonId> person = absl::UnknownError("not run");
  const auto create = [&](storage::Transaction& tx) {
    WriteCall call{{tx, tx.now(), std::nullopt, {}, world.keys(), {}, {}, {}},
                   tx,
                   {},
                   0,
                   {},
                   {}};
    person = domain::CreateNetwork(call, form);
    if (!person.ok()) {
      tx.DropEffects();
    }
    return absl::OkStatus();
  };
  world.Change(create);
  ASSERT_OK(person);
  const auto record =
      world.Look().Get(storage::kPeople, {form.network, *person});
  ASSERT_OK(record);
  EXPECT_TRUE(domain::HasRole(*record, storage::v1::ROLE_NETWORK_OFFICE));
  EXPECT_TRUE(domain::InGoodStanding(*record, world.now()));
  const auto events = world.Audit(form.network);
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].leaf.type(), 102U);
  EXPECT_EQ(events[1].leaf.target_person(), person->bytes());

  world.Change(create);
  EXPECT_THAT(person, StatusIs(absl::StatusCode::kAlreadyExists));
  form.code = "Inagi!";
  world.Change(create);
  EXPECT_THAT(person, RefusedWith(Reason::kFieldInvalid));
}

}  // namespace
}  // namespace renkei::testing
