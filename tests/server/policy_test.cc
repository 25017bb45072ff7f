#include "server/domain/policy.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace renkei::domain {
namespace {

// What somebody can be to the target of an action.
struct Persona {
  absl::string_view name;
  uint32_t relations;
};

constexpr uint32_t kEverybody = kAnybody | kSignedIn;

const std::vector<Persona> kPersonas = {
    {"stranger", kEverybody},
    {"self", kEverybody | kSelf},
    {"network_office", kEverybody | kNetworkOffice},
    {"facility_administrator",
     kEverybody | kFacilityAdministrator | kAnyAdministrator},
    {"other_administrator", kEverybody | kAnyAdministrator},
    {"host_administrator", kEverybody | kHostAdministrator | kAnyAdministrator},
    {"coordinator", kEverybody | kCoordinator},
    {"privacy_officer", kEverybody | kPrivacyOfficer},
    {"auditor", kEverybody | kAuditor},
    {"member", kEverybody | kMember},
    {"host_member", kEverybody | kMember | kHostMember},
    {"attending_physician", kEverybody | kMember | kAttending},
    {"by_law_creator", kEverybody | kByLawCreator},
    {"registrar", kEverybody | kRegistrar},
    {"invitee", kEverybody | kInvitee},
    {"inviter", kEverybody | kMember | kInviter},
    {"operator", kAnybody | kOperator},
};

const std::vector<ProfessionGroup> kProfessionGroups = {
    ProfessionGroup::kMedical, ProfessionGroup::kCare,
    ProfessionGroup::kLiaison, ProfessionGroup::kGuest,
    ProfessionGroup::kPatientSide};

// Facts of a persona of a profession group, before an open group with consent.
Facts FactsOf(const Persona& persona, ProfessionGroup profession) {
  Facts facts;
  facts.proven = (persona.relations & kSignedIn) != 0;
  facts.standing = facts.proven;
  facts.relations = persona.relations;
  if (facts.proven && profession != ProfessionGroup::kGuest &&
      profession != ProfessionGroup::kPatientSide) {
    facts.relations |= kProfessional;
  }
  facts.group_asked = true;
  facts.group_state = storage::v1::GROUP_STATE_OPEN;
  facts.consent_in_force = true;
  facts.visible = true;
  return facts;
}

// One letter a profession group: the action is allowed or refused.
std::string Matrix() {
  std::string text =
      "# action × role × profession group (medical, care, liaison, guest, "
      "patient side): + allowed, . refused\n";
  for (const Rule& rule : Rules()) {
    absl::StrAppend(&text, rule.name, "\n");
    for (const Persona& persona : kPersonas) {
      absl::StrAppend(&text, "  ");
      for (const ProfessionGroup profession : kProfessionGroups) {
        absl::StrAppend(
            &text,
            Decide(rule, FactsOf(persona, profession)).allowed ? "+" : ".");
      }
      absl::StrAppend(&text, "  ", persona.name, "\n");
    }
  }
  return text;
}

std::string ReadGolden() {
  std::ifstream file(
      absl::StrCat(RENKEI_SOURCE_DIR, "/tests/golden/policy.txt"));
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Policy, IsTheGoldenMatrix) {
  const std::string matrix = Matrix();
  if (matrix != ReadGolden()) {
    const std::string path = ::testing::TempDir() + "/policy.txt";
    std::ofstream(path) << matrix;
    FAIL() << "the policy has changed; if it was meant to, look at the "
              "difference and copy "
           << path << " to tests/golden/policy.txt";
  }
}

TEST(Policy, AllowsNobodyWithoutProvenCredentialsWhatIsNotForAnybody) {
  for (const Rule& rule : Rules()) {
    Facts facts = FactsOf(kPersonas[0], ProfessionGroup::kMedical);
    facts.proven = false;
    facts.relations =
        ~uint32_t{kOperator | kAnybody};  // even with every relation
    EXPECT_FALSE(Decide(rule, facts).allowed) << rule.name;
  }
}

TEST(Policy, AllowsAnIncompleteSessionOnlyWhatCompletesIt) {
  const std::vector<absl::string_view> completing = {
      "sign_in",          "verify_second_factor",  "refresh_session",
      "sign_out",         "change_password",       "enrol_totp",
      "confirm_totp",     "create_recovery_codes", "get_current_person",
      "list_professions", "get_server_info"};
  for (const Rule& rule : Rules()) {
    Facts facts = FactsOf(kPersonas[0], ProfessionGroup::kMedical);
    facts.enrolment = true;
    facts.relations = ~uint32_t{kOperator};
    const bool completes = std::find(completing.begin(), completing.end(),
                                     rule.name) != completing.end();
    EXPECT_EQ(Decide(rule, facts).allowed, completes) << rule.name;
  }
}

TEST(Policy, AllowsNobodyWithoutStanding) {
  for (const Rule& rule : Rules()) {
    Facts facts = FactsOf(kPersonas[0], ProfessionGroup::kMedical);
    facts.standing = false;
    facts.relations = ~uint32_t{kOperator | kAnybody};
    EXPECT_FALSE(Decide(rule, facts).allowed) << rule.name;
  }
}

TEST(Policy, PostsNothingWithoutConsentOrInAClosedGroup) {
  Facts facts = FactsOf(kPersonas[9], ProfessionGroup::kMedical);
  EXPECT_TRUE(Decide(RuleOf(Action::kSendMessage), facts).allowed);
  facts.consent_in_force = false;
  EXPECT_EQ(Decide(RuleOf(Action::kSendMessage), facts).reason,
            Reason::kConsentMissing);
  facts.consent_in_force = true;
  facts.group_state = storage::v1::GROUP_STATE_CLOSED;
  EXPECT_EQ(Decide(RuleOf(Action::kSendMessage), facts).reason,
            Reason::kGroupClosed);
  EXPECT_TRUE(Decide(RuleOf(Action::kListMessages), facts).allowed)
      << "a closed group is read-only, not gone";
}

TEST(Policy, TellsAStrangerNothingOfAGroup) {
  Facts facts = FactsOf(kPersonas[0], ProfessionGroup::kMedical);
  facts.visible = false;
  EXPECT_EQ(Decide(RuleOf(Action::kListMessages), facts).reason,
            Reason::kNotFound);
}

}  // namespace
}  // namespace renkei::domain
