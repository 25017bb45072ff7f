#include "client/audit/fhir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "client/audit/commands.h"
#include "client/audit/encoding.h"
#include "client/audit/fhir_kinds.h"
#include "client/audit/json.h"
#include "client/audit/options.h"
#include "client/audit/proof.h"
#include "tests/support/every_event.h"
#include "tests/support/status_matchers.h"

namespace renkei::audit {
namespace {

using ::renkei::testing::EventTypes;
using ::renkei::testing::EveryEvent;
using ::renkei::testing::ExportOf;
using ::renkei::testing::FullEvent;
using ::renkei::testing::MadeUpOrigin;
using ::renkei::testing::Must;
using ::renkei::testing::SearchDetails;
using storage::v1::AuditLeaf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr absl::string_view kBalp =
    "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.";

absl::StatusOr<std::string> Converted(const AuditLeaf& leaf,
                                      absl::string_view details = "") {
  ExportedEvent event;
  event.leaf = leaf.SerializeAsString();
  event.leaf_hash = LeafHash(event.leaf);
  event.details = std::string(details);
  return FhirAuditEvent(event, leaf, MadeUpOrigin());
}

// What is at `path`, such as "agent.0.who.identifier.value"; empty for nothing.
std::string At(absl::string_view json, absl::string_view path) {
  JsonValue value = Must(ParseJson(json));
  for (const absl::string_view step : absl::StrSplit(path, '.')) {
    JsonValue next{nullptr};
    if (const auto* object = std::get_if<JsonValue::Object>(&value.value)) {
      const auto found = object->find(std::string(step));
      if (found != object->end()) {
        next = found->second;
      }
    } else if (const auto* array =
                   std::get_if<JsonValue::Array>(&value.value)) {
      const uint64_t index = ParseNumber(step).value_or(array->size());
      if (index < array->size()) {
        next = (*array)[index];
      }
    }
    value = std::move(next);
  }
  const auto* text = std::get_if<std::string>(&value.value);
  return text == nullptr ? "" : *text;
}

std::string Fhir(const AuditLeaf& leaf) { return Must(Converted(leaf)); }

struct Ran {
  int code;
  std::string out;
  std::string err;
};

// `renkei-audit fhir` with an export of this text.
Ran RunFhir(const std::string& text, std::vector<std::string> options = {}) {
  const std::string path = ::testing::TempDir() + "/fhir_test-" +
                           std::to_string(getpid()) + ".export";
  std::ofstream(path) << text;
  std::vector<std::string> arguments = {"fhir"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.push_back(path);
  std::ostringstream out;
  std::ostringstream err;
  const int code = RunCommand(arguments, out, err);
  std::filesystem::remove(path);
  return {code, out.str(), err.str()};
}

std::vector<std::string> Lines(const std::string& text) {
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

TEST(Fhir, EveryTypeOfEventHasAKind) {
  ASSERT_THAT(EventTypes(), Not(IsEmpty()));
  for (const v1::AuditEventType type : EventTypes()) {
    EXPECT_NE(FindFhirKind(type), nullptr) << v1::AuditEventType_Name(type);
  }
  EXPECT_EQ(FindFhirKind(v1::AUDIT_EVENT_TYPE_UNSPECIFIED), nullptr);
  EXPECT_EQ(FindFhirKind(v1::AUDIT_EVENT_TYPE_NONE), nullptr);
}

TEST(Fhir, AnUnknownTypeIsRefusedByItsNumber) {
  AuditLeaf leaf = FullEvent(v1::AUDIT_EVENT_TYPE_PATIENT_READ);
  leaf.set_type(9999);
  EXPECT_THAT(Converted(leaf).status().message(), HasSubstr("9999"));
}

TEST(Fhir, AReadOfAPatientsMessagesIsAPatientRead) {
  const std::string json = Fhir(FullEvent(v1::AUDIT_EVENT_TYPE_MESSAGES_READ));
  EXPECT_EQ(At(json, "resourceType"), "AuditEvent");
  EXPECT_EQ(At(json, "meta.profile.0"), absl::StrCat(kBalp, "PatientRead"));
  EXPECT_EQ(At(json, "meta.tag.0.code"), "messages_read");
  EXPECT_EQ(At(json, "type.code"), "rest");
  EXPECT_EQ(At(json, "subtype.0.code"), "read");
  EXPECT_EQ(At(json, "action"), "R");
  EXPECT_EQ(At(json, "recorded"), "2026-04-01T00:00:00.000000Z");
  EXPECT_EQ(At(json, "outcome"), "0");
  EXPECT_THAT(At(json, "agent.0.who.identifier.value"), HasSubstr("/people/"));
  EXPECT_EQ(At(json, "agent.0.role.0.coding.0.code"), "visiting_nurse");
  EXPECT_THAT(At(json, "agent.1.who.identifier.value"),
              HasSubstr("/sessions/"));
  EXPECT_EQ(At(json, "agent.1.network.address"), "192.0.2.7");
  EXPECT_EQ(At(json, "source.observer.identifier.value"), MadeUpOrigin());
  EXPECT_THAT(At(json, "entity.0.what.identifier.value"),
              HasSubstr("/groups/"));
  EXPECT_EQ(At(json, "entity.0.detail.1.valueString"), "9");
  EXPECT_EQ(At(json, "entity.1.what.type"), "Patient");
  EXPECT_THAT(At(json, "entity.1.what.identifier.value"),
              HasSubstr("/patients/"));
}

TEST(Fhir, OneMessageIsNamedByItsNumber) {
  AuditLeaf leaf = FullEvent(v1::AUDIT_EVENT_TYPE_MESSAGE_SENT);
  leaf.set_last_message(leaf.first_message());
  const std::string json = Fhir(leaf);
  EXPECT_EQ(At(json, "meta.profile.0"), absl::StrCat(kBalp, "PatientCreate"));
  EXPECT_THAT(At(json, "entity.0.what.identifier.value"),
              ::testing::EndsWith("/messages/3"));
  EXPECT_EQ(At(json, "entity.2.role.code"), "group");
}

TEST(Fhir, WithoutAPatientThereIsNoPatientProfileNorEntity) {
  AuditLeaf leaf = FullEvent(v1::AUDIT_EVENT_TYPE_FACILITY_UPDATED);
  leaf.clear_patient();
  const std::string json = Fhir(leaf);
  EXPECT_EQ(At(json, "meta.profile.0"), absl::StrCat(kBalp, "Update"));
  EXPECT_THAT(json, Not(HasSubstr("\"Patient\"")));
}

TEST(Fhir, ARefusalSaysWhyAndClaimsNoProfileOfSuccess) {
  AuditLeaf leaf = FullEvent(v1::AUDIT_EVENT_TYPE_MESSAGES_READ);
  leaf.set_outcome(storage::v1::AUDIT_OUTCOME_DENIED);
  leaf.set_reason("NOT_FOUND");
  leaf.set_folded_denials(4);
  const std::string json = Fhir(leaf);
  EXPECT_EQ(At(json, "outcome"), "8");
  EXPECT_EQ(At(json, "outcomeDesc"), "NOT_FOUND");
  EXPECT_EQ(At(json, "meta.profile.0"), "");
  EXPECT_EQ(At(json, "extension.0.extension.3.url"), "foldedDenials");
  EXPECT_EQ(At(json, "extension.0.extension.3.valueString"), "4");
}

TEST(Fhir, AFailedSignInIsAUserAuthenticationByNobody) {
  AuditLeaf leaf;
  leaf.set_type(v1::AUDIT_EVENT_TYPE_SIGN_IN_FAILED);
  leaf.set_outcome(storage::v1::AUDIT_OUTCOME_FAILED);
  leaf.set_reason("CREDENTIALS_WRONG");
  leaf.set_client_address("192.0.2.7");
  const std::string json = Fhir(leaf);
  EXPECT_EQ(At(json, "type.code"), "110114");
  EXPECT_EQ(At(json, "subtype.0.code"), "110122");
  EXPECT_EQ(At(json, "outcome"), "4");
  EXPECT_EQ(At(json, "agent.0.type.coding.0.code"), "110150");
  EXPECT_EQ(At(json, "agent.0.network.address"), "192.0.2.7");
  EXPECT_THAT(json, HasSubstr("\"requestor\":true"));
  EXPECT_THAT(json, Not(HasSubstr("/people/")));
}

TEST(Fhir, BreakGlassIsAnEmergencyOverrideForTreatment) {
  const std::string begun =
      Fhir(FullEvent(v1::AUDIT_EVENT_TYPE_BREAK_GLASS_BEGUN));
  EXPECT_EQ(At(begun, "type.code"), "110113");
  EXPECT_EQ(At(begun, "subtype.0.code"), "110127");
  EXPECT_EQ(At(begun, "purposeOfEvent.0.coding.0.code"), "ETREAT");
  EXPECT_EQ(At(begun, "agent.0.purposeOfUse.0.coding.0.code"), "ETREAT");
  EXPECT_EQ(At(begun, "entity.1.what.type"), "Patient");
  const std::string ended =
      Fhir(FullEvent(v1::AUDIT_EVENT_TYPE_BREAK_GLASS_ENDED));
  EXPECT_EQ(At(ended, "subtype.0.code"), "110138");
}

TEST(Fhir, ASearchTellsByWhatAndNeverForWhat) {
  const AuditLeaf leaf = FullEvent(v1::AUDIT_EVENT_TYPE_PATIENT_SEARCHED);
  const std::string json = Must(Converted(leaf, SearchDetails()));
  EXPECT_EQ(At(json, "meta.profile.0"), absl::StrCat(kBalp, "PatientQuery"));
  EXPECT_EQ(DecodeBase64(At(json, "entity.0.query")),
            "made_up_action?exact_name");
  EXPECT_THAT(json, Not(HasSubstr("試験")));
  const std::string erased = Fhir(leaf);
  EXPECT_EQ(DecodeBase64(At(erased, "entity.0.query")), "made_up_action");
  EXPECT_THAT(Converted(leaf, "\xff").status().message(), HasSubstr("details"));
}

TEST(Fhir, ADeletionHasNoPolicyAndAnotherEventHas) {
  const std::string removed =
      Fhir(FullEvent(v1::AUDIT_EVENT_TYPE_MEMBER_REMOVED));
  EXPECT_EQ(At(removed, "agent.0.policy.0"), "");
  const std::string sent = Fhir(FullEvent(v1::AUDIT_EVENT_TYPE_MESSAGE_SENT));
  EXPECT_THAT(At(sent, "agent.0.policy.0"), HasSubstr("urn:renkei:session:"));
  EXPECT_EQ(At(sent, "agent.0.policy.1"),
            "urn:renkei:rule:1:made_up_action:member");
}

TEST(Fhir, AnEventOfTheServersOwnLogIsTheServers) {
  AuditLeaf leaf;
  leaf.set_type(v1::AUDIT_EVENT_TYPE_SERVER_STARTED);
  leaf.set_outcome(storage::v1::AUDIT_OUTCOME_ALLOWED);
  const std::string json = Fhir(leaf);
  EXPECT_EQ(At(json, "type.code"), "110100");
  EXPECT_EQ(At(json, "agent.0.who.identifier.value"), MadeUpOrigin());
  EXPECT_THAT(json, HasSubstr("\"requestor\":true"));
  EXPECT_THAT(json, Not(HasSubstr("\"entity\"")));
}

TEST(Fhir, TheIdLeadsBackToTheProof) {
  const AuditLeaf leaf = FullEvent(v1::AUDIT_EVENT_TYPE_PATIENT_READ);
  const Hash32 hash = LeafHash(leaf.SerializeAsString());
  const std::string json = Fhir(leaf);
  EXPECT_EQ(At(json, "id"), absl::BytesToHexString(hash.bytes()));
  EXPECT_EQ(At(json, "extension.0.extension.0.valueString"), MadeUpOrigin());
  EXPECT_EQ(At(json, "extension.0.extension.1.valueString"), "0");
  EXPECT_EQ(At(json, "extension.0.extension.2.valueBase64Binary"),
            absl::Base64Escape(hash.bytes()));
}

TEST(FhirCommand, PrintsALineForEachEventAndTheSameEachTime) {
  const std::vector<AuditLeaf> leaves = EveryEvent();
  const std::string text = ExportOf(leaves);
  const Ran ran = RunFhir(text);
  EXPECT_EQ(ran.code, kExitInOrder) << ran.err;
  const std::vector<std::string> lines = Lines(ran.out);
  ASSERT_THAT(lines, SizeIs(leaves.size()));
  std::set<std::string> ids;
  for (size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(At(lines[i], "extension.0.extension.1.valueString"),
              absl::StrCat(i));
    ids.insert(At(lines[i], "id"));
  }
  EXPECT_THAT(ids, SizeIs(leaves.size()));
  EXPECT_EQ(RunFhir(text).out, ran.out);
}

TEST(FhirCommand, TakesTheFiltersOfShow) {
  const std::string text = ExportOf(EveryEvent());
  EXPECT_THAT(Lines(RunFhir(text, {"--type", "break_glass_begun"}).out),
              SizeIs(5));
  const std::string patient =
      FormatId(FullEvent(v1::AUDIT_EVENT_TYPE_PATIENT_READ).patient());
  EXPECT_THAT(
      Lines(
          RunFhir(text, {"--type", "patient_read", "--patient", patient}).out),
      SizeIs(2));
  EXPECT_THAT(RunFhir(text, {"--until", "2026-01-01"}).out, IsEmpty());
}

TEST(FhirCommand, NamesWhatItCannotRead) {
  const std::string text = ExportOf(EveryEvent());
  const Ran other_option = RunFhir(text, {"--threshold", "3"});
  EXPECT_EQ(other_option.code, kExitUsage);
  EXPECT_THAT(other_option.err, HasSubstr("--threshold"));
  EXPECT_EQ(RunFhir("no export").code, kExitUsage);
  const std::string first =
      absl::Base64Escape(LeafHash(EveryEvent()[0].SerializeAsString()).bytes());
  const Ran swapped = RunFhir(absl::StrReplaceAll(
      text,
      {{absl::StrCat("event 0 ", first),
        absl::StrCat("event 0 ", absl::Base64Escape(Hash32().bytes()))}}));
  EXPECT_EQ(swapped.code, kExitUsage);
  EXPECT_THAT(swapped.err, HasSubstr("line 5: its hash"));
  const Ran no_checkpoint = RunFhir(
      absl::StrReplaceAll(text, {{"\ncheckpoint ", "\ncheckpoint AAAA"}}));
  EXPECT_EQ(no_checkpoint.code, kExitUsage);
}

}  // namespace
}  // namespace renkei::audit
