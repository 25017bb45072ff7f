#include "server/rpc/directory_requests.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "absl/strings/strip.h"
#include "server/domain/directory_fields.h"
#include "server/domain/refusal.h"
#include "server/domain/text.h"
#include "server/rpc/directory_conversion.h"
#include "server/rpc/names.h"
#include "server/rpc/page_token.h"
#include "storage/base/status_macros.h"

namespace renkei::rpc {
namespace {

using domain::ParseLine;
using domain::ParseNote;
using domain::RefuseField;
using google::protobuf::FieldMask;

absl::Status CheckMask(const FieldMask& mask,
                       std::initializer_list<absl::string_view> known) {
  for (const std::string& path : mask.paths()) {
    if (std::find(known.begin(), known.end(), path) == known.end()) {
      return RefuseField("update_mask", "fields that can be updated");
    }
  }
  return absl::OkStatus();
}

// An empty mask means all that are set.
bool Updates(const FieldMask& mask, absl::string_view path, bool set) {
  return mask.paths().empty()
             ? set
             : std::find(mask.paths().begin(), mask.paths().end(), path) !=
                   mask.paths().end();
}

absl::StatusOr<domain::ByLaw> ParseByLaw(const v1::ByLaw& from) {
  constexpr absl::string_view kField = "network.by_law.group_creation";
  switch (from.group_creation()) {
    case v1::ByLaw::GROUP_CREATION_ATTENDING_PHYSICIAN:
    case v1::ByLaw::GROUP_CREATION_ATTENDING_PHYSICIAN_OR_PERMITTED:
      break;
    case v1::ByLaw::GROUP_CREATION_BY_INSURANCE:
    case v1::ByLaw::GROUP_CREATION_HOSTING_ADMINISTRATOR:
      return domain::Refuse(absl::StatusCode::kInvalidArgument,
                            domain::Reason::kNotSupported,
                            "this server does not carry out such a by-law",
                            {{"field", std::string(kField)}});
    default:
      return RefuseField(kField, "a declared value other than unspecified");
  }
  domain::ByLaw by_law;
  by_law.variant =
      static_cast<storage::v1::ByLawVariant>(from.group_creation());
  ASSIGN_OR_RETURN(by_law.version,
                   ParseLine("network.by_law.version", from.version(),
                             domain::kByLawVersionLimits));
  return by_law;
}

absl::StatusOr<std::string> ParseKind(v1::Facility::Kind kind) {
  if (!v1::Facility::Kind_IsValid(kind) ||
      kind == v1::Facility::KIND_UNSPECIFIED) {
    return RefuseField("facility.kind",
                       "a declared value other than unspecified");
  }
  return FacilityKindCode(kind);
}

template <typename Request>
absl::StatusOr<domain::AffiliationChange> ParseAffiliationChange(
    const Request& request) {
  ASSIGN_OR_RETURN(const AffiliationName name,
                   ParseAffiliationName("name", request.name()));
  domain::AffiliationChange change;
  change.network = name.network;
  change.person = name.person;
  change.affiliation = name.affiliation;
  ASSIGN_OR_RETURN(change.reason, ParseNote("reason", request.reason(),
                                            domain::kReasonLimits));
  change.etag = request.etag();
  return change;
}

absl::StatusOr<domain::RoleGrantRef> ParseGrant(absl::string_view text) {
  ASSIGN_OR_RETURN(const RoleGrantName name, ParseRoleGrantName("name", text));
  return domain::RoleGrantRef{name.network, name.person, name.grant};
}

}  // namespace

absl::StatusOr<domain::NetworkChange> Parse(
    const v1::UpdateNetworkRequest& request) {
  const v1::Network& from = request.network();
  const FieldMask& mask = request.update_mask();
  RETURN_IF_ERROR(CheckMask(mask, {"display_name", "by_law"}));
  ASSIGN_OR_RETURN(const NetworkName name,
                   ParseNetworkName("network.name", from.name()));
  domain::NetworkChange change;
  change.network = name.network;
  change.etag = from.etag();
  if (Updates(mask, "display_name", !from.display_name().empty())) {
    ASSIGN_OR_RETURN(change.display_name,
                     ParseLine("network.display_name", from.display_name(),
                               domain::kNameLimits));
  }
  if (Updates(mask, "by_law", from.has_by_law())) {
    ASSIGN_OR_RETURN(change.by_law, ParseByLaw(from.by_law()));
  }
  return change;
}

absl::StatusOr<domain::NewFacility> Parse(
    const v1::CreateFacilityRequest& request) {
  const v1::Facility& from = request.facility();
  domain::NewFacility facility;
  ASSIGN_OR_RETURN(facility.network, ParseParent(request.parent()));
  ASSIGN_OR_RETURN(facility.display_name,
                   ParseLine("facility.display_name", from.display_name(),
                             domain::kNameLimits));
  ASSIGN_OR_RETURN(facility.kind, ParseKind(from.kind()));
  RETURN_IF_ERROR(
      domain::CheckFacilityNumber("facility.number", from.number()));
  facility.number = from.number();
  ASSIGN_OR_RETURN(facility.telephone,
                   ParseLine("facility.telephone", from.telephone(),
                             domain::kTelephoneLimits));
  return facility;
}

absl::StatusOr<domain::FacilityChange> Parse(
    const v1::UpdateFacilityRequest& request) {
  const v1::Facility& from = request.facility();
  const FieldMask& mask = request.update_mask();
  RETURN_IF_ERROR(
      CheckMask(mask, {"display_name", "telephone", "number", "kind"}));
  ASSIGN_OR_RETURN(const FacilityName name,
                   ParseFacilityName("facility.name", from.name()));
  domain::FacilityChange change;
  change.network = name.network;
  change.facility = name.facility;
  change.etag = from.etag();
  if (Updates(mask, "display_name", !from.display_name().empty())) {
    ASSIGN_OR_RETURN(change.display_name,
                     ParseLine("facility.display_name", from.display_name(),
                               domain::kNameLimits));
  }
  if (Updates(mask, "telephone", !from.telephone().empty())) {
    ASSIGN_OR_RETURN(change.telephone,
                     ParseLine("facility.telephone", from.telephone(),
                               domain::kTelephoneLimits));
  }
  if (Updates(mask, "number", !from.number().empty())) {
    RETURN_IF_ERROR(
        domain::CheckFacilityNumber("facility.number", from.number()));
    change.number = from.number();
  }
  if (Updates(mask, "kind", from.kind() != v1::Facility::KIND_UNSPECIFIED)) {
    ASSIGN_OR_RETURN(change.kind, ParseKind(from.kind()));
  }
  return change;
}

absl::StatusOr<domain::NewPerson> Parse(
    const v1::CreatePersonRequest& request) {
  domain::NewPerson person;
  ASSIGN_OR_RETURN(person.network, ParseParent(request.parent()));
  RETURN_IF_ERROR(domain::CheckLogin("person.login", request.person().login()));
  person.login = request.person().login();
  ASSIGN_OR_RETURN(
      domain::HumanName name,
      ParseHumanName("person.human_name", request.person().human_name()));
  person.display_name = std::move(name.text);
  person.reading = std::move(name.reading);
  ASSIGN_OR_RETURN(
      person.facility,
      ParseFacility("affiliation.facility", request.affiliation().facility(),
                    person.network));
  RETURN_IF_ERROR(domain::CheckProfession("affiliation.profession",
                                          request.affiliation().profession()));
  person.profession = request.affiliation().profession();
  person.first_administrator = request.first_administrator();
  return person;
}

absl::StatusOr<domain::PersonChange> Parse(
    const v1::UpdatePersonRequest& request) {
  const FieldMask& mask = request.update_mask();
  RETURN_IF_ERROR(CheckMask(mask, {"human_name"}));
  ASSIGN_OR_RETURN(const PersonName name,
                   ParsePersonName("person.name", request.person().name()));
  domain::PersonChange change;
  change.network = name.network;
  change.person = name.person;
  change.etag = request.person().etag();
  if (Updates(mask, "human_name", request.person().has_human_name())) {
    ASSIGN_OR_RETURN(
        change.human_name,
        ParseHumanName("person.human_name", request.person().human_name()));
  }
  return change;
}

absl::StatusOr<domain::NewAffiliation> Parse(
    const v1::CreateAffiliationRequest& request) {
  ASSIGN_OR_RETURN(const PersonName parent,
                   ParsePersonName("parent", request.parent()));
  domain::NewAffiliation affiliation;
  affiliation.network = parent.network;
  affiliation.person = parent.person;
  ASSIGN_OR_RETURN(
      affiliation.facility,
      ParseFacility("affiliation.facility", request.affiliation().facility(),
                    parent.network));
  RETURN_IF_ERROR(domain::CheckProfession("affiliation.profession",
                                          request.affiliation().profession()));
  affiliation.profession = request.affiliation().profession();
  return affiliation;
}

absl::StatusOr<domain::AffiliationChange> Parse(
    const v1::SuspendAffiliationRequest& request) {
  return ParseAffiliationChange(request);
}
absl::StatusOr<domain::AffiliationChange> Parse(
    const v1::ResumeAffiliationRequest& request) {
  return ParseAffiliationChange(request);
}
absl::StatusOr<domain::AffiliationChange> Parse(
    const v1::EndAffiliationRequest& request) {
  return ParseAffiliationChange(request);
}

absl::StatusOr<domain::RoleProposal> Parse(
    const v1::GrantRoleRequest& request) {
  ASSIGN_OR_RETURN(const PersonName parent,
                   ParsePersonName("parent", request.parent()));
  if (!v1::Role_IsValid(request.role()) ||
      request.role() == v1::ROLE_UNSPECIFIED) {
    return RefuseField("role", "a declared value other than unspecified");
  }
  domain::RoleProposal proposal;
  proposal.network = parent.network;
  proposal.person = parent.person;
  proposal.role = static_cast<storage::v1::Role>(request.role());
  if (request.role() == v1::ROLE_FACILITY_ADMINISTRATOR) {
    ASSIGN_OR_RETURN(
        proposal.facility,
        ParseFacility("facility", request.facility(), parent.network));
  } else if (!request.facility().empty()) {
    return RefuseField("facility", "empty for a role of the whole network");
  }
  return proposal;
}

absl::StatusOr<domain::RoleGrantRef> Parse(
    const v1::ApproveRoleGrantRequest& request) {
  return ParseGrant(request.name());
}

absl::StatusOr<RoleRevocation> Parse(const v1::RevokeRoleRequest& request) {
  RoleRevocation revocation;
  ASSIGN_OR_RETURN(revocation.grant, ParseGrant(request.name()));
  ASSIGN_OR_RETURN(revocation.reason, ParseNote("reason", request.reason(),
                                                domain::kReasonLimits));
  return revocation;
}

absl::StatusOr<ResetRequest> Parse(
    const v1::RequestCredentialResetRequest& request) {
  ResetRequest reset;
  ASSIGN_OR_RETURN(reset.person, ParsePersonKey("parent", request.parent()));
  ASSIGN_OR_RETURN(reset.reason, ParseNote("reason", request.reason(),
                                           domain::kReasonNeededLimits));
  return reset;
}

absl::StatusOr<storage::PersonKey> Parse(
    const v1::ApproveCredentialResetRequest& request) {
  absl::string_view name = request.name();
  if (!absl::ConsumeSuffix(&name, kCredentialResetSuffix)) {
    return RefuseField(
        "name", "a name of the form networks/*/people/*/credentialReset");
  }
  return ParsePersonKey("name", name);
}

absl::StatusOr<FacilitiesQuery> Parse(
    const v1::ListFacilitiesRequest& request) {
  FacilitiesQuery query;
  ASSIGN_OR_RETURN(query.network, ParseParent(request.parent()));
  ASSIGN_OR_RETURN(query.limit, ParsePageSize(request.page_size()));
  return query;
}

absl::StatusOr<PeopleQuery> Parse(const v1::ListPeopleRequest& request) {
  PeopleQuery query;
  ASSIGN_OR_RETURN(query.filter.network, ParseParent(request.parent()));
  if (!request.facility().empty()) {
    ASSIGN_OR_RETURN(
        query.filter.facility,
        ParseFacility("facility", request.facility(), query.filter.network));
  }
  ASSIGN_OR_RETURN(query.limit, ParsePageSize(request.page_size()));
  return query;
}

absl::StatusOr<storage::PersonKey> ParsePersonKey(absl::string_view field,
                                                  absl::string_view name) {
  ASSIGN_OR_RETURN(const PersonName parsed, ParsePersonName(field, name));
  return storage::PersonKey{parsed.network, parsed.person};
}

absl::StatusOr<storage::FacilityKey> ParseFacilityKey(absl::string_view field,
                                                      absl::string_view name) {
  ASSIGN_OR_RETURN(const FacilityName parsed, ParseFacilityName(field, name));
  return storage::FacilityKey{parsed.network, parsed.facility};
}

absl::StatusOr<NetworkId> ParseParent(absl::string_view parent) {
  ASSIGN_OR_RETURN(const NetworkName name, ParseNetworkName("parent", parent));
  return name.network;
}

absl::StatusOr<FacilityId> ParseFacility(absl::string_view field,
                                         absl::string_view text,
                                         const NetworkId& network) {
  ASSIGN_OR_RETURN(const FacilityName name, ParseFacilityName(field, text));
  return name.network == network ? absl::StatusOr<FacilityId>(name.facility)
                                 : domain::RefuseUnknown();
}

absl::StatusOr<domain::HumanName> ParseHumanName(const std::string& field,
                                                 const v1::HumanName& from) {
  domain::HumanName name;
  ASSIGN_OR_RETURN(
      name.text, ParseLine(field + ".text", from.text(), domain::kNameLimits));
  ASSIGN_OR_RETURN(name.reading, ParseLine(field + ".reading", from.reading(),
                                           domain::kReadingLimits));
  return name;
}

}  // namespace renkei::rpc
