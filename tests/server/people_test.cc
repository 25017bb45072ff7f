#include "server/domain/people.h"

#include <gtest/gtest.h>

#include "server/domain/credentials.h"
#include "tests/support/administration.h"
#include "tests/support/perform.h"
#include "tests/support/status_matchers.h"

namespace renkei::testing {
namespace {

using domain::AccountState;
using domain::Action;
using domain::NewPerson;
using domain::Page;
using domain::PeopleFilter;
using domain::PersonChange;
using domain::PersonView;
using domain::ReadCall;
using domain::Reason;
using domain::WriteCall;

constexpr uint32_t kPersonCreated = 120;
constexpr uint32_t kPeopleRead = 121;
constexpr uint32_t kPersonUpdated = 122;
constexpr uint32_t kRoleApproved = 141;

class PeopleTest : public ::testing::Test {
 protected:
  World world_;
  const Administration they_ = MakeAdministration(world_);

  NewPerson Form(const std::string& login, const FacilityId& facility) {
    NewPerson form;
    form.network = world_.network();
    form.login = login;
    form.display_name = "新人 五郎";
    form.reading = "しんじん ごろう";
    form.facility = facility;
    form.profession = "visiting_nurse";
    return form;
  }
  absl::StatusOr<PersonView> Create(const Actor& actor, const NewPerson& form) {
    return PerformWrite(world_, actor, Action::kCreatePerson, kPersonCreated,
                        [&](WriteCall& call) {
                          return domain::CreatePerson(call, form, "hash");
                        });
  }
  absl::StatusOr<PersonView> Get(const Actor& actor, const NetworkId& network,
                                 const PersonId& person) {
    return PerformRead(world_, actor, Action::kGetPerson, kPeopleRead,
                       [&](ReadCall& call) {
                         return domain::GetPerson(call, network, person);
                       });
  }
  absl::StatusOr<Page<PersonView>> List(
      const Actor& actor, const std::optional<FacilityId>& facility,
      const std::optional<PersonId>& after, size_t limit) {
    return PerformRead(world_, actor, Action::kListPeople, kPeopleRead,
                       [&](ReadCall& call) {
                         return domain::ListPeople(
                             call, {world_.network(), facility}, after, limit);
                       });
  }
  absl::StatusOr<PersonView> Update(const Actor& actor,
                                    const PersonChange& change) {
    return PerformWrite(
        world_, actor, Action::kUpdatePerson, kPersonUpdated,
        [&](WriteCall& call) { return domain::UpdatePerson(call, change); });
  }
};

TEST_F(PeopleTest, AnAdministratorRegistersForTheOwnFacility) {
  const auto made = Create(they_.administrator, Form("goro", they_.clinic));
  ASSERT_OK(made);
  EXPECT_EQ(made->record.login(), "goro");
  EXPECT_EQ(made->account_state, AccountState::kEnrolling);
  ASSERT_EQ(made->facility_names.size(), 1U);
  EXPECT_EQ(made->facility_names[0], "けやき在宅クリニック");
  EXPECT_EQ(made->record.created_by(), they_.administrator.person.bytes());
  const auto credentials = world_.Look().Get(storage::kCredentials,
                                             {world_.network(), made->person});
  ASSERT_OK(credentials);
  EXPECT_TRUE(credentials->password_is_initial());
  EXPECT_EQ(credentials->password_hash(), "hash");
  EXPECT_EQ(world_.Audit().back().leaf.target_person(), made->person.bytes());
}

TEST_F(PeopleTest, OthersMayNotRegister) {
  for (const Actor& actor : {they_.nurse, they_.neighbour, they_.auditor}) {
    EXPECT_THAT(Create(actor, Form("goro", they_.clinic)),
                RefusedWith(Reason::kNotPermitted));
  }
  EXPECT_THAT(Create(they_.office, Form("goro", they_.clinic)),
              RefusedWith(Reason::kNotPermitted));
}

TEST_F(PeopleTest, TheOfficeRegistersAFacilitysFirstAdministratorOnly) {
  const FacilityId fresh = world_.AddFacility("新しい薬局");
  NewPerson form = Form("first", fresh);
  form.first_administrator = true;
  const auto first = Create(they_.office, form);
  ASSERT_OK(first);
  ASSERT_EQ(first->record.roles_size(), 1);
  EXPECT_EQ(first->record.roles(0).facility(), fresh.bytes());
  const auto events = world_.Audit();
  EXPECT_EQ(events[events.size() - 2].leaf.type(), kRoleApproved);
  EXPECT_EQ(events.back().leaf.type(), kPersonCreated);

  form.login = "second";
  const auto second = Create(they_.office, form);
  ASSERT_THAT(second, RefusedWith(Reason::kNotPermitted));
  EXPECT_EQ(domain::MetadataOf(second.status())["rule"],
            "facility_has_an_administrator");
  form.facility = they_.clinic;
  EXPECT_THAT(Create(they_.administrator, form),
              RefusedWith(Reason::kNotPermitted));
}

TEST_F(PeopleTest, ALoginIsTakenOnce) {
  ASSERT_OK(Create(they_.administrator, Form("goro", they_.clinic)));
  EXPECT_THAT(Create(they_.neighbour, Form("goro", they_.station)),
              RefusedWith(Reason::kLoginTaken));
  const absl::Status asked_before = world_.Read(
      they_.neighbour, Action::kCreatePerson, kPersonCreated,
      [&](ReadCall& call) {
        return domain::CheckNewPerson(call, Form("goro", they_.station));
      });
  EXPECT_THAT(asked_before, RefusedWith(Reason::kLoginTaken));
}

TEST_F(PeopleTest, UnknownFacilitiesAndForeignPeopleAreNotFound) {
  const Abroad abroad = MakeAbroad(world_);
  NewPerson form = Form("goro", abroad.facility);
  EXPECT_THAT(Create(they_.administrator, form),
              RefusedWith(Reason::kNotFound));
  form.first_administrator = true;
  EXPECT_THAT(Create(they_.office, form), RefusedWith(Reason::kNotFound));
  form.network = abroad.network;
  EXPECT_THAT(Create(they_.office, form), RefusedWith(Reason::kNotFound));
  EXPECT_THAT(Get(they_.nurse, abroad.network, abroad.person),
              RefusedWith(Reason::kNotFound));
  EXPECT_THAT(Get(they_.nurse, world_.network(), abroad.person),
              RefusedWith(Reason::kNotFound));
  EXPECT_THAT(List(they_.nurse, abroad.facility, std::nullopt, 5),
              RefusedWith(Reason::kNotFound));
}

TEST_F(PeopleTest, AccountsAreShownToThoseWhoAnswerForThem) {
  const auto made = Create(they_.administrator, Form("goro", they_.clinic));
  ASSERT_OK(made);
  for (const Actor& actor :
       {they_.administrator, they_.office, they_.auditor}) {
    const auto seen = Get(actor, world_.network(), made->person);
    ASSERT_OK(seen);
    EXPECT_EQ(seen->record.login(), "goro");
    EXPECT_EQ(seen->account_state, AccountState::kEnrolling);
  }
  for (const Actor& actor : {they_.nurse, they_.neighbour}) {
    const auto seen = Get(actor, world_.network(), made->person);
    ASSERT_OK(seen);
    EXPECT_EQ(seen->record.display_name(), "新人 五郎");
    EXPECT_EQ(seen->record.affiliations_size(), 1);
    EXPECT_EQ(seen->record.login(), "");
    EXPECT_EQ(seen->account_state, AccountState::kUntold);
  }
  const auto administrator =
      Get(they_.nurse, world_.network(), they_.administrator.person);
  ASSERT_OK(administrator);
  EXPECT_EQ(administrator->record.roles_size(), 0);
  const auto self =
      Get(they_.administrator, world_.network(), they_.administrator.person);
  ASSERT_OK(self);
  EXPECT_EQ(self->record.roles_size(), 1);
}

TEST_F(PeopleTest, ALockedAccountIsShownAsSuch) {
  world_.Change([&](storage::Transaction& tx) -> absl::Status {
    const storage::PersonKey key{world_.network(), they_.nurse.person};
    ASSIGN_OR_RETURN(auto record, tx.Get(storage::kPeople, key));
    record.set_locked(true);
    return tx.Put(storage::kPeople, key, record);
  });
  const auto seen =
      Get(they_.administrator, world_.network(), they_.nurse.person);
  ASSERT_OK(seen);
  EXPECT_EQ(seen->account_state, AccountState::kLocked);
  const auto colleague =
      Get(they_.neighbour, world_.network(), they_.nurse.person);
  ASSERT_OK(colleague);
  EXPECT_FALSE(colleague->record.locked());
}

TEST_F(PeopleTest, AreListedByFacilityAndAsAWhole) {
  const auto whole = List(they_.nurse, std::nullopt, std::nullopt, 20);
  ASSERT_OK(whole);
  EXPECT_EQ(whole->items.size(), 7U);
  const auto clinic = List(they_.nurse, they_.clinic, std::nullopt, 20);
  ASSERT_OK(clinic);
  ASSERT_EQ(clinic->items.size(), 3U);
  EXPECT_EQ(clinic->items[0].person, they_.administrator.person);
  const auto first = List(they_.nurse, they_.clinic, std::nullopt, 2);
  ASSERT_OK(first);
  EXPECT_TRUE(first->more);
  const auto rest =
      List(they_.nurse, they_.clinic, first->items.back().person, 2);
  ASSERT_OK(rest);
  ASSERT_EQ(rest->items.size(), 1U);
  EXPECT_FALSE(rest->more);
  EXPECT_EQ(rest->items[0].person, they_.nurse.person);
}

TEST_F(PeopleTest, AnAdministratorChangesTheName) {
  PersonChange change;
  change.network = world_.network();
  change.person = they_.nurse.person;
  change.human_name = {"染地 結実", "そめち ゆみ"};
  const auto changed = Update(they_.administrator, change);
  ASSERT_OK(changed);
  EXPECT_EQ(changed->record.display_name(), "染地 結実");
  for (const Actor& actor : {they_.nurse, they_.neighbour, they_.office}) {
    EXPECT_THAT(Update(actor, change), RefusedWith(Reason::kNotPermitted));
  }
  change.etag = domain::EtagOf(1);
  EXPECT_THAT(Update(they_.administrator, change),
              RefusedWith(Reason::kEtagMismatch));
  change.person = MakeAbroad(world_).person;
  EXPECT_THAT(Update(they_.administrator, change),
              RefusedWith(Reason::kNotFound));
}

}  // namespace
}  // namespace renkei::testing
