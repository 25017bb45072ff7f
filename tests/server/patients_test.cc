#include "server/domain/patients.h"

#include <gtest/gtest.h>

#include "server/domain/directory_fields.h"
#include "tests/support/administration.h"
#include "tests/support/care_team.h"
#include "tests/support/perform.h"
#include "tests/support/status_matchers.h"

namespace renkei::testing {
namespace {

using domain::Action;
using domain::CreatedPatient;
using domain::ExactName;
using domain::InsuredNumber;
using domain::NewPatient;
using domain::Page;
using domain::Patient;
using domain::PatientSearch;
using domain::ReadCall;
using domain::Reason;
using domain::WriteCall;

constexpr uint32_t kCreated = 150;
constexpr uint32_t kRead = 151;
constexpr uint32_t kSearched = 152;

class PatientsTest : public ::testing::Test {
 protected:
  World world_;
  const CareTeam team_ = MakeCareTeam(world_);
  const Actor auditor_ = world_.AddPerson("監査", "clerk", team_.office);
  const Actor volunteer_ =
      world_.AddPerson("民生", "welfare_volunteer", team_.office);

  void SetUp() override {
    world_.GrantRole(auditor_, storage::v1::ROLE_AUDITOR);
  }
  NewPatient Form(const std::string& number) {
    NewPatient form;
    form.network = world_.network();
    form.insured_number = number;
    form.display_name = "深大寺 梅子";
    form.reading = "じんだいじ うめこ";
    form.birth_date = "1938-11-03";
    return form;
  }
  absl::StatusOr<CreatedPatient> Create(const Actor& actor,
                                        const NewPatient& form) {
    return PerformWrite(
        world_, actor, Action::kCreatePatient, kCreated,
        [&](WriteCall& call) { return domain::CreatePatient(call, form); });
  }
  absl::StatusOr<Patient> Get(const Actor& actor, const NetworkId& network,
                              const PatientId& patient) {
    return PerformRead(world_, actor, Action::kGetPatient, kRead,
                       [&](ReadCall& call) {
                         return domain::GetPatient(call, network, patient);
                       });
  }
  absl::StatusOr<Page<Patient>> Search(const Actor& actor,
                                       const PatientSearch& search,
                                       const std::optional<PatientId>& after,
                                       size_t limit) {
    return PerformRead(
        world_, actor, Action::kSearchPatients, kSearched, [&](ReadCall& call) {
          return domain::SearchPatients(call, search, after, limit);
        });
  }
  absl::StatusOr<Page<Patient>> SearchName(const Actor& actor,
                                           const std::string& name) {
    return Search(actor, {world_.network(), ExactName{name}}, std::nullopt, 20);
  }
};

TEST_F(PatientsTest, AProfessionalRegistersThroughTheOwnFacility) {
  const auto created = Create(team_.nurse, Form("１２-３４５６ 78"));
  ASSERT_OK(created);
  EXPECT_FALSE(created->similar);
  EXPECT_EQ(created->patient.record.registered_facility(),
            team_.station.bytes());
  const domain::AuditEvent event = world_.Audit().back();
  EXPECT_EQ(event.leaf.patient(), created->patient.id.bytes());
  EXPECT_EQ(event.leaf.actor_facility(), team_.station.bytes());
}

TEST_F(PatientsTest, GuestsMayNotRegisterOrSearch) {
  const Actor lawyer = world_.AddPerson("弁護", "lawyer", team_.office);
  EXPECT_THAT(Create(lawyer, Form("1")), RefusedWith(Reason::kNotPermitted));
  EXPECT_THAT(SearchName(lawyer, "調布 花子"),
              RefusedWith(Reason::kNotPermitted));
}

TEST_F(PatientsTest, AnInsuredNumberIsRegisteredOnceHoweverItIsWritten) {
  const auto first = Create(team_.nurse, Form("１２-３４５６ 78"));
  ASSERT_OK(first);
  NewPatient other = Form("12345678");
  other.display_name = "別人";
  const auto again = Create(team_.physician, other);
  ASSERT_THAT(again, RefusedWith(Reason::kPatientExists));
  EXPECT_EQ(domain::MetadataOf(again.status())["patient"],
            domain::PatientResource(world_.network(), first->patient.id));
}

TEST_F(PatientsTest, TheSameNameAndBirthDateOnlyWarns) {
  const auto first = Create(team_.nurse, Form("1"));
  ASSERT_OK(first);
  NewPatient spelled = Form("2");
  spelled.display_name = "深大寺　梅子";
  const auto second = Create(team_.nurse, spelled);
  ASSERT_OK(second);
  EXPECT_EQ(second->similar, first->patient.id);
  NewPatient younger = Form("3");
  younger.birth_date = "1968-11-03";
  const auto third = Create(team_.nurse, younger);
  ASSERT_OK(third);
  EXPECT_FALSE(third->similar);
}

TEST_F(PatientsTest, NobodyIsBornTomorrow) {
  NewPatient form = Form("1");
  form.birth_date = "2026-04-03";
  const auto refused = Create(team_.nurse, form);
  ASSERT_THAT(refused, RefusedWith(Reason::kFieldInvalid));
  EXPECT_EQ(domain::MetadataOf(refused.status())["field"],
            "patient.birth_date");
}

TEST_F(PatientsTest, AFacilityThatIsNotTheCallersCannotRegister) {
  NewPatient form = Form("1");
  form.facility = team_.clinic;
  EXPECT_THAT(Create(team_.nurse, form),
              RefusedWith(Reason::kAffiliationMissing));
  form.facility = team_.station;
  EXPECT_OK(Create(team_.nurse, form));
  form = Form("2");
  form.network = MakeAbroad(world_).network;
  EXPECT_THAT(Create(team_.nurse, form), RefusedWith(Reason::kNotFound));
}

TEST_F(PatientsTest, AreSeenByGroupRegistrarAndAuditorsOnly) {
  const auto created = Create(team_.nurse, Form("777"));
  ASSERT_OK(created);
  const PatientId& id = created->patient.id;
  const auto mine = Get(team_.nurse, world_.network(), id);
  ASSERT_OK(mine);
  EXPECT_EQ(mine->record.insured_number(), "777");
  const auto audited = Get(auditor_, world_.network(), id);
  ASSERT_OK(audited);
  EXPECT_EQ(audited->record.insured_number(), "");
  for (const Actor& actor : {team_.physician, team_.stranger, volunteer_}) {
    EXPECT_THAT(Get(actor, world_.network(), id),
                RefusedWith(Reason::kNotFound));
  }
  EXPECT_OK(Get(team_.physician, world_.network(), team_.patient));
  EXPECT_THAT(Get(team_.stranger, world_.network(), team_.patient),
              RefusedWith(Reason::kNotFound));
}

TEST_F(PatientsTest, WhoLeftTheFacilityNoLongerKnowsThePatient) {
  const auto created = Create(team_.nurse, Form("777"));
  ASSERT_OK(created);
  world_.Change([&](storage::Transaction& tx) -> absl::Status {
    const storage::PersonKey key{world_.network(), team_.nurse.person};
    ASSIGN_OR_RETURN(auto record, tx.Get(storage::kPeople, key));
    record.mutable_affiliations(0)->set_facility(
        std::string(team_.clinic.bytes()));
    return tx.Put(storage::kPeople, key, record);
  });
  EXPECT_THAT(Get(team_.nurse, world_.network(), created->patient.id),
              RefusedWith(Reason::kNotFound));
}

TEST_F(PatientsTest, UnknownAndForeignOnesAreNotFoundAlsoForAuditors) {
  const Abroad abroad = MakeAbroad(world_);
  for (const Actor& actor : {team_.nurse, auditor_}) {
    EXPECT_THAT(Get(actor, abroad.network, abroad.patient),
                RefusedWith(Reason::kNotFound));
    EXPECT_THAT(Get(actor, world_.network(), abroad.patient),
                RefusedWith(Reason::kNotFound));
    EXPECT_THAT(Search(actor, {abroad.network, ExactName{"よその患者"}},
                       std::nullopt, 5),
                RefusedWith(Reason::kNotFound));
  }
}

TEST_F(PatientsTest, ASearchByNumberFindsOneAndHidesTheNumberFromOthers) {
  const auto created = Create(team_.nurse, Form("H77-7"));
  ASSERT_OK(created);
  const PatientSearch search{world_.network(), InsuredNumber{"ｈ７７７"}};
  const auto mine = Search(team_.nurse, search, std::nullopt, 20);
  ASSERT_OK(mine);
  ASSERT_EQ(mine->items.size(), 1U);
  EXPECT_EQ(mine->items[0].record.insured_number(), "H77-7");
  const auto others = Search(team_.physician, search, std::nullopt, 20);
  ASSERT_OK(others);
  ASSERT_EQ(others->items.size(), 1U);
  EXPECT_EQ(others->items[0].record.insured_number(), "");
  EXPECT_EQ(others->items[0].record.display_name(), "深大寺 梅子");
}

TEST_F(PatientsTest, EverySearchLeavesWhatWasLookedForAndWhomItFound) {
  ASSERT_OK(SearchName(auditor_, "隣の人"));
  domain::AuditEvent event = world_.Audit().back();
  EXPECT_EQ(event.leaf.type(), kSearched);
  EXPECT_EQ(event.leaf.patient(), "");
  EXPECT_EQ(event.leaf.actor(), auditor_.person.bytes());
  ASSERT_EQ(event.details.size(), 2U);
  EXPECT_EQ(event.details[0],
            std::make_pair(std::string("exact_name"), std::string("隣の人")));
  EXPECT_EQ(event.details[1].second, "0");

  const auto first = Create(team_.nurse, Form("1"));
  world_.Advance(absl::Milliseconds(1));
  const auto second = Create(team_.nurse, Form("2"));
  const size_t before = world_.Audit().size();
  ASSERT_OK(SearchName(team_.physician, "深大寺梅子"));
  const auto events = world_.Audit();
  ASSERT_EQ(events.size(), before + 2);
  EXPECT_EQ(events[before].leaf.patient(), first->patient.id.bytes());
  EXPECT_EQ(events[before + 1].leaf.patient(), second->patient.id.bytes());
  EXPECT_EQ(events[before].leaf.type(), kSearched);
}

TEST_F(PatientsTest, NamesakesComeInPages) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_OK(Create(team_.nurse, Form(std::to_string(i))));
  }
  const PatientSearch search{world_.network(), ExactName{"深大寺 梅子"}};
  std::vector<PatientId> seen;
  std::optional<PatientId> after;
  bool more = true;
  while (more) {
    const auto page = Search(team_.nurse, search, after, 2);
    ASSERT_OK(page);
    for (const Patient& patient : page->items) {
      seen.push_back(patient.id);
    }
    after = seen.back();
    more = page->more;
  }
  EXPECT_EQ(seen.size(), 5U);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST(DirectoryFields, TakeWhatTheApiSaysAndNameWhatTheyRefuse) {
  EXPECT_OK(domain::CheckLogin("login", "yumi.somechi_1@hibari"));
  EXPECT_OK(domain::CheckFacilityNumber("number", "1310000001"));
  EXPECT_OK(domain::CheckFacilityNumber("number", ""));
  EXPECT_OK(domain::CheckDate("date", "2000-02-29"));
  EXPECT_OK(domain::CheckProfession("profession", "care_manager"));
  EXPECT_OK(domain::CheckNetworkCode("code", "chofu-2"));
  EXPECT_OK(domain::ParseInsuredNumber("number", " 12-34 "));
  for (const char* login : {"ab", "Yumi", "由美", "a b c", ""}) {
    EXPECT_THAT(domain::CheckLogin("login", login),
                RefusedWith(Reason::kFieldInvalid));
  }
  EXPECT_THAT(domain::CheckLogin("login", std::string(65, 'a')),
              RefusedWith(Reason::kFieldInvalid));
  for (const char* number : {"131000001", "13100000011", "131000000a"}) {
    EXPECT_THAT(domain::CheckFacilityNumber("number", number),
                RefusedWith(Reason::kFieldInvalid));
  }
  for (const char* date : {"1999-02-29", "1849-12-31", "1999-2-3", "1999/02/03",
                           " 1999-02-03", "-1999-02-03", "", "1999-02"}) {
    EXPECT_THAT(domain::CheckDate("date", date),
                RefusedWith(Reason::kFieldInvalid))
        << date;
  }
  EXPECT_THAT(domain::CheckProfession("profession", "wizard"),
              RefusedWith(Reason::kFieldInvalid));
  EXPECT_THAT(domain::CheckNetworkCode("code", "ちょうふ"),
              RefusedWith(Reason::kFieldInvalid));
  EXPECT_THAT(domain::ParseInsuredNumber("number", "ー － -"),
              RefusedWith(Reason::kFieldInvalid));
}

}  // namespace
}  // namespace renkei::testing
