#include "storage/audit/questions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace renkei::audit {
namespace {

using storage::v1::AuditLeaf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string Id(char c) { return std::string(16, c); }
const std::string& kNurse = *new std::string(Id('n'));
const std::string& kDoctor = *new std::string(Id('d'));
const std::string& kStation = *new std::string(Id('S'));
const std::string& kClinic = *new std::string(Id('C'));
const std::string& kHana = *new std::string(Id('H'));
const std::string& kTaro = *new std::string(Id('T'));

// A weekday in Japan; the hour may be past 24.
int64_t At(int hour) {
  return absl::ToUnixMicros(absl::FromCivil(absl::CivilHour(2026, 4, 1, hour),
                                            absl::FixedTimeZone(9 * 3600)));
}

// Events in their order, made by hand: also of kinds that no rpc makes yet.
class Log {
 public:
  AuditLeaf& Add(uint32_t type, const std::string& actor,
                 const std::string& patient, int64_t at) {
    AuditLeaf& leaf = leaves_.emplace_back();
    leaf.set_index(leaves_.size() - 1);
    leaf.set_type(type);
    leaf.set_actor(actor);
    leaf.set_actor_facility(actor == kNurse ? kStation : kClinic);
    leaf.set_patient(patient);
    leaf.set_time_micros(at);
    leaf.set_outcome(storage::v1::AUDIT_OUTCOME_ALLOWED);
    return leaf;
  }
  std::vector<Finding> Ask(QuestionForm form) const {
    EXPECT_EQ(WhyUnanswerable(form), "");
    Answerer answerer(form);
    for (const AuditLeaf& leaf : leaves_) {
      answerer.Take(leaf);
    }
    return answerer.Answer();
  }
  std::vector<Finding> Ask(Question question) const {
    QuestionForm form;
    form.question = question;
    return Ask(form);
  }

 private:
  std::vector<AuditLeaf> leaves_;
};

TEST(Questions, WhoHadToDoWithAPatientInAnInterval) {
  Log log;
  log.Add(301, kNurse, kHana, At(9));
  log.Add(301, kNurse, kHana, At(10));
  log.Add(300, kNurse, kHana, At(11));
  log.Add(301, kDoctor, kHana, At(12));
  log.Add(301, kDoctor, kTaro, At(12));
  log.Add(301, kDoctor, kHana, At(13))
      .set_outcome(storage::v1::AUDIT_OUTCOME_DENIED);
  QuestionForm form;
  form.patient = kHana;
  form.from_micros = At(10);
  const auto findings = log.Ask(form);
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_EQ(findings[0].actor, kNurse);
  EXPECT_EQ(findings[0].count, 2u);
  EXPECT_EQ(findings[0].first_index, 1u);
  EXPECT_EQ(findings[0].last_index, 2u);
  EXPECT_THAT(findings[0].types, ElementsAre(300u, 301u));
  EXPECT_EQ(findings[1].actor, kDoctor);
  EXPECT_EQ(findings[1].count, 1u);
}

TEST(Questions, ForWhichFacilitySomebodyHadToDoWithAPatient) {
  Log log;
  log.Add(301, kNurse, kHana, At(9));
  log.Add(301, kNurse, kHana, At(10)).set_actor_facility(kClinic);
  log.Add(301, kNurse, kHana, At(11));
  QuestionForm form;
  form.patient = kHana;
  const auto findings = log.Ask(form);
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_EQ(findings[0].actor_facility, kStation);
  EXPECT_EQ(findings[0].count, 2u);
  EXPECT_EQ(findings[1].actor_facility, kClinic);
}

TEST(Questions, PatientsAndFamiliesAreNoStrangersAtAnyHour) {
  Log log;
  for (const char* side : {"patient", "family"}) {
    log.Add(301, kDoctor, kHana, At(22)).set_actor_profession(side);
  }
  EXPECT_THAT(log.Ask(Question::kOffHours), IsEmpty());
  EXPECT_THAT(log.Ask(Question::kOutsideTeam), IsEmpty());
  log.Add(301, kDoctor, kHana, At(22)).set_actor_profession("physician");
  EXPECT_THAT(log.Ask(Question::kOffHours), SizeIs(1));
  EXPECT_THAT(log.Ask(Question::kOutsideTeam), SizeIs(1));
}

TEST(Questions, WhichPatientsAnAccountOrItsSessionTouched) {
  Log log;
  log.Add(301, kNurse, kHana, At(9)).set_session(Id('1'));
  log.Add(301, kNurse, kTaro, At(10)).set_session(Id('2'));
  log.Add(301, kDoctor, kTaro, At(10));
  QuestionForm form;
  form.question = Question::kAccountReach;
  EXPECT_NE(WhyUnanswerable(form), "");
  form.actor = kNurse;
  EXPECT_THAT(log.Ask(form), SizeIs(2));
  form.session = Id('2');
  const auto findings = log.Ask(form);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].patient, kTaro);
}

TEST(Questions, AccessByFacilitiesOutsideTheTeam) {
  Log log;
  log.Add(200, kNurse, kHana, At(9));    // the station's nurse makes the group
  log.Add(152, kDoctor, kHana, At(10));  // the clinic is not in the team yet
  log.Add(222, kDoctor, kHana, At(11));
  log.Add(301, kDoctor, kHana, At(12));
  QuestionForm form;
  form.question = Question::kOutsideTeam;
  const auto findings = log.Ask(form);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].actor, kDoctor);
  EXPECT_EQ(findings[0].last_index, 1u);
  // Who joined before the interval is in the team.
  form.from_micros = At(12);
  EXPECT_THAT(log.Ask(form), IsEmpty());
}

TEST(Questions, EmergencyAccessAndItsReview) {
  Log log;
  log.Add(700, kDoctor, kHana, At(22));
  log.Add(301, kDoctor, kHana, At(22)).set_rule("break_glass");
  log.Add(702, kNurse, kHana, At(33));
  log.Add(301, kNurse, kHana, At(33));
  const auto findings = log.Ask(Question::kBreakGlass);
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_EQ(findings[0].count, 2u);
  EXPECT_EQ(findings[1].count, 1u);
}

TEST(Questions, AccessOutsideWorkingHoursInJapan) {
  Log log;
  log.Add(301, kNurse, kHana, At(7));
  log.Add(301, kNurse, kHana, At(18));
  EXPECT_THAT(log.Ask(Question::kOffHours), IsEmpty());
  log.Add(301, kNurse, kHana, At(19));
  log.Add(301, kNurse, kHana, At(24 + 6));
  log.Add(301, kNurse, kHana, At(3 * 24 + 12));  // a Saturday
  ASSERT_THAT(log.Ask(Question::kOffHours), SizeIs(1));
  EXPECT_EQ(log.Ask(Question::kOffHours)[0].count, 3u);
}

TEST(Questions, WhoSawManyPatientsOnADay) {
  Log log;
  for (char patient = 'a'; patient < 'f'; ++patient) {
    log.Add(301, kNurse, Id(patient), At(23));
    log.Add(301, kDoctor, Id(patient), At(23 + 24 * (patient - 'a')));
  }
  QuestionForm form;
  form.question = Question::kBulkReaders;
  form.threshold = 4;
  const auto findings = log.Ask(form);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].actor, kNurse);
  EXPECT_EQ(findings[0].patients, 5u);
  EXPECT_EQ(findings[0].what, "2026-04-01");
  form.threshold = 5;
  EXPECT_THAT(log.Ask(form), IsEmpty());
}

TEST(Questions, AccountsThatNobodyUses) {
  Log log;
  log.Add(11, kDoctor, "", At(0));
  log.Add(11, kNurse, "", At(24 * 10));
  QuestionForm form;
  form.question = Question::kDormantAccounts;
  form.threshold = 10;
  const auto findings = log.Ask(form);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].actor, kDoctor);
}

TEST(Questions, CountDenialsWithThoseThatWereFolded) {
  Log log;
  auto& denied = log.Add(301, kNurse, kTaro, At(9));
  denied.set_outcome(storage::v1::AUDIT_OUTCOME_DENIED);
  denied.set_action("list_messages");
  auto& folded = log.Add(301, kNurse, kTaro, At(10));
  folded.set_outcome(storage::v1::AUDIT_OUTCOME_DENIED);
  folded.set_action("list_messages");
  folded.set_folded_denials(7);
  const auto findings = log.Ask(Question::kDenials);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].count, 8u);
  EXPECT_EQ(findings[0].what, "list_messages");
}

TEST(Questions, AuditorsAreAskedAboutToo) {
  Log log;
  log.Add(500, kDoctor, kHana, At(9));
  log.Add(501, kDoctor, "", At(9));
  log.Add(502, kNurse, "", At(9));
  EXPECT_THAT(log.Ask(Question::kAuditQueries), SizeIs(2));
}

TEST(Questions, FacilitiesAskForTheirOwnPeopleAndHostedPatients) {
  Log log;
  log.Add(301, kNurse, kHana, At(20));
  log.Add(301, kDoctor, kTaro, At(20)).set_hosting_facility(kStation);
  log.Add(301, kDoctor, kHana, At(20));
  QuestionForm form;
  form.question = Question::kOffHours;
  form.facility = kStation;
  const auto findings = log.Ask(form);
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_EQ(findings[0].count + findings[1].count, 2u);
}

}  // namespace
}  // namespace renkei::audit
