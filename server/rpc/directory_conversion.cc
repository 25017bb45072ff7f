#include "server/rpc/directory_conversion.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/domain/directory_entries.h"
#include "server/domain/standing.h"
#include "server/rpc/names.h"

namespace renkei::rpc {
namespace {

using domain::AccountState;

constexpr absl::string_view kKindPrefix = "KIND_";

// Unspecified for a code of a later server.
v1::Facility::Kind FacilityKind(absl::string_view code) {
  v1::Facility::Kind kind = v1::Facility::KIND_UNSPECIFIED;
  return v1::Facility::Kind_Parse(
             absl::StrCat(kKindPrefix, absl::AsciiStrToUpper(code)), &kind)
             ? kind
             : v1::Facility::KIND_UNSPECIFIED;
}

std::string PersonText(const NetworkId& network, absl::string_view person) {
  const std::optional<PersonId> id = PersonId::FromBytes(person);
  return id ? Format(PersonName{network, *id}) : std::string();
}

std::string FacilityText(const NetworkId& network, absl::string_view facility) {
  const std::optional<FacilityId> id = FacilityId::FromBytes(facility);
  return id ? Format(FacilityName{network, *id}) : std::string();
}

void AddText(absl::string_view language, absl::string_view text,
             google::protobuf::RepeatedPtrField<v1::LocalizedText>& texts) {
  v1::LocalizedText& added = *texts.Add();
  added.set_language_code(std::string(language));
  added.set_text(std::string(text));
}

v1::Person::AccountState ToApi(AccountState state) {
  switch (state) {
    case AccountState::kEnrolling:
      return v1::Person::ACCOUNT_STATE_ENROLLING;
    case AccountState::kActive:
      return v1::Person::ACCOUNT_STATE_ACTIVE;
    case AccountState::kLocked:
      return v1::Person::ACCOUNT_STATE_LOCKED;
    case AccountState::kInactive:
      return v1::Person::ACCOUNT_STATE_INACTIVE;
    case AccountState::kUntold:
      break;
  }
  return v1::Person::ACCOUNT_STATE_UNSPECIFIED;
}

v1::Profession::Kind ToApi(domain::ProfessionGroup group) {
  switch (group) {
    case domain::ProfessionGroup::kMedical:
      return v1::Profession::KIND_MEDICAL;
    case domain::ProfessionGroup::kCare:
      return v1::Profession::KIND_CARE;
    case domain::ProfessionGroup::kLiaison:
      return v1::Profession::KIND_LIAISON;
    case domain::ProfessionGroup::kGuest:
      return v1::Profession::KIND_GUEST;
    case domain::ProfessionGroup::kPatientSide:
      return v1::Profession::KIND_PATIENT_SIDE;
  }
  return v1::Profession::KIND_UNSPECIFIED;
}

}  // namespace

std::string FacilityKindCode(v1::Facility::Kind kind) {
  return absl::AsciiStrToLower(
      absl::StripPrefix(v1::Facility::Kind_Name(kind), kKindPrefix));
}

v1::Network ToApi(const NetworkId& id,
                  const storage::v1::NetworkRecord& record) {
  v1::Network network;
  network.set_name(Format(NetworkName{id}));
  network.set_code(record.code());
  network.set_display_name(record.display_name());
  network.mutable_by_law()->set_group_creation(
      static_cast<v1::ByLaw::GroupCreation>(record.by_law_variant()));
  network.mutable_by_law()->set_version(record.by_law_version());
  network.set_etag(domain::EtagOf(record.revision()));
  *network.mutable_create_time() = ToTimestamp(record.created_at_micros());
  *network.mutable_update_time() = ToTimestamp(record.updated_at_micros());
  return network;
}

v1::Facility ToApi(const NetworkId& network, const domain::Facility& from) {
  v1::Facility facility;
  facility.set_name(Format(FacilityName{network, from.id}));
  facility.set_display_name(from.record.display_name());
  facility.set_kind(FacilityKind(from.record.kind()));
  facility.set_number(from.record.number());
  facility.set_telephone(from.record.phone());
  facility.set_etag(domain::EtagOf(from.record.revision()));
  *facility.mutable_create_time() =
      ToTimestamp(from.record.created_at_micros());
  *facility.mutable_update_time() =
      ToTimestamp(from.record.updated_at_micros());
  return facility;
}

v1::Affiliation ToApi(const NetworkId& network,
                      const domain::AffiliationView& view) {
  const storage::v1::Affiliation& from = view.affiliation;
  v1::Affiliation affiliation;
  affiliation.set_name(Format(AffiliationName{
      network, view.person, *AffiliationId::FromBytes(from.affiliation())}));
  affiliation.set_facility(FacilityText(network, from.facility()));
  affiliation.set_facility_display_name(view.facility_name);
  affiliation.set_profession(from.profession());
  affiliation.set_state(static_cast<v1::Affiliation::State>(from.state()));
  *affiliation.mutable_begin_time() = ToTimestamp(from.begin_at_micros());
  if (from.end_at_micros() != 0) {
    *affiliation.mutable_end_time() = ToTimestamp(from.end_at_micros());
  }
  affiliation.set_etag(domain::EtagOf(from.revision()));
  return affiliation;
}

v1::RoleGrant ToApi(const NetworkId& network, const PersonId& person,
                    const storage::v1::RoleGrant& from) {
  v1::RoleGrant grant;
  if (const auto id = RoleGrantId::FromBytes(from.grant())) {
    grant.set_name(Format(RoleGrantName{network, person, *id}));
  }
  grant.set_role(static_cast<v1::Role>(from.role()));
  grant.set_facility(FacilityText(network, from.facility()));
  grant.set_state(domain::InForce(from) ? v1::RoleGrant::STATE_ACTIVE
                                        : v1::RoleGrant::STATE_REQUESTED);
  grant.set_requester(PersonText(network, from.requested_by()));
  grant.set_approver(PersonText(network, from.approved_by()));
  *grant.mutable_request_time() = ToTimestamp(from.requested_at_micros());
  if (domain::InForce(from)) {
    *grant.mutable_approve_time() = ToTimestamp(from.approved_at_micros());
  } else {
    *grant.mutable_expire_time() = ToTimestamp(from.expires_at_micros());
  }
  return grant;
}

v1::CredentialReset ToApi(const NetworkId& network,
                          const domain::CredentialReset& from) {
  v1::CredentialReset reset;
  reset.set_name(absl::StrCat(Format(PersonName{network, from.person}),
                              kCredentialResetSuffix));
  reset.set_reason(from.reason);
  reset.set_state(v1::CredentialReset::STATE_REQUESTED);
  reset.set_requester(Format(PersonName{network, from.requester}));
  *reset.mutable_request_time() =
      ToTimestamp(absl::ToUnixMicros(from.requested_at));
  *reset.mutable_expire_time() = ToTimestamp(
      absl::ToUnixMicros(from.requested_at + domain::kCredentialResetLifetime));
  return reset;
}

v1::Person ToApi(const NetworkId& network, const domain::PersonView& view) {
  const storage::v1::PersonRecord& record = view.record;
  v1::Person person;
  person.set_name(Format(PersonName{network, view.person}));
  person.set_login(record.login());
  person.mutable_human_name()->set_text(record.display_name());
  person.mutable_human_name()->set_reading(record.display_name_reading());
  person.set_account_state(ToApi(view.account_state));
  for (int i = 0; i < record.affiliations_size(); ++i) {
    *person.add_affiliations() = ToApi(
        network, domain::AffiliationView{view.person, record.affiliations(i),
                                         view.facility_names[i]});
  }
  person.set_etag(domain::EtagOf(record.revision()));
  *person.mutable_create_time() = ToTimestamp(record.created_at_micros());
  *person.mutable_update_time() = ToTimestamp(record.updated_at_micros());
  for (const storage::v1::RoleGrant& grant : record.roles()) {
    *person.add_role_grants() = ToApi(network, view.person, grant);
  }
  if (view.reset) {
    *person.mutable_credential_reset() = ToApi(network, *view.reset);
  }
  return person;
}

v1::Patient ToApi(const NetworkId& network, const domain::Patient& from) {
  v1::Patient patient;
  patient.set_name(Format(PatientName{network, from.id}));
  patient.set_insured_number(from.record.insured_number());
  patient.mutable_human_name()->set_text(from.record.display_name());
  patient.mutable_human_name()->set_reading(from.record.display_name_reading());
  patient.set_birth_date(from.record.birth_date());
  patient.set_registering_facility(
      FacilityText(network, from.record.registered_facility()));
  patient.set_etag(domain::EtagOf(from.record.revision()));
  *patient.mutable_create_time() = ToTimestamp(from.record.created_at_micros());
  return patient;
}

v1::Profession ToApi(const domain::Profession& from) {
  v1::Profession profession;
  profession.set_code(std::string(from.code));
  profession.set_kind(ToApi(from.group));
  AddText("ja-JP", from.japanese_name, *profession.mutable_display_names());
  AddText("en", from.english_name, *profession.mutable_display_names());
  profession.set_licensed(from.certifiable);
  return profession;
}

v1::Warning SimilarPatient(const NetworkId& network, const PatientId& patient) {
  v1::Warning warning;
  warning.set_code(v1::Warning::CODE_SIMILAR_PATIENT);
  AddText(
      "ja-JP",
      "同じ氏名と生年月日の方がすでに登録されています。同じ方でないか確かめて"
      "ください。",
      *warning.mutable_texts());
  AddText("en",
          "Somebody of the same name and birth date is registered already. "
          "Make sure that this is not the same person.",
          *warning.mutable_texts());
  warning.set_resource(Format(PatientName{network, patient}));
  return warning;
}

}  // namespace renkei::rpc
