#include "server/rpc/group_requests.h"

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"
#include "server/domain/professions.h"
#include "server/domain/refusal.h"
#include "server/domain/text.h"
#include "server/rpc/names.h"
#include "server/rpc/page_token.h"
#include "storage/base/status_macros.h"

namespace renkei::rpc {
namespace {

constexpr domain::CodePointLimits kTitle = {0, 100};
constexpr domain::CodePointLimits kNote = {0, 500};
constexpr domain::CodePointLimits kNeededNote = {1, 500};
constexpr int kCoveredFacilitiesMax = 200;
constexpr int kCoveredProfessionsMax = 100;
constexpr absl::string_view kOwnInvitations = "/groups/-";

// Nothing of another network exists.
template <typename Name>
absl::Status Within(const NetworkId& network, const Name& name) {
  return name.network == network ? absl::OkStatus() : domain::RefuseUnknown();
}

// A value that the enum declares, zero among them.
template <typename Declared>
absl::Status CheckDeclared(absl::string_view field, int value,
                           Declared declared) {
  return declared(value) ? absl::OkStatus()
                         : domain::RefuseField(field, "a declared value");
}

absl::StatusOr<PersonId> ParsePerson(absl::string_view field,
                                     absl::string_view text,
                                     const NetworkId& network) {
  ASSIGN_OR_RETURN(const PersonName name, ParsePersonName(field, text));
  RETURN_IF_ERROR(Within(network, name));
  return name.person;
}

absl::StatusOr<FacilityId> ParseFacility(absl::string_view field,
                                         absl::string_view text,
                                         const NetworkId& network) {
  ASSIGN_OR_RETURN(const FacilityName name, ParseFacilityName(field, text));
  RETURN_IF_ERROR(Within(network, name));
  return name.facility;
}

absl::StatusOr<storage::v1::CreationPermission> ParsePermission(
    const NetworkId& network, const v1::CreationPermission& from) {
  storage::v1::CreationPermission permission;
  ASSIGN_OR_RETURN(const PersonId physician,
                   ParsePerson("group.creation_permission.granted_by",
                               from.granted_by(), network));
  permission.set_granted_by(std::string(physician.bytes()));
  if (!from.has_grant_time()) {
    return domain::RefuseField("group.creation_permission.grant_time",
                               "a time");
  }
  ASSIGN_OR_RETURN(
      const absl::Time granted,
      ParseTime("group.creation_permission.grant_time", from.grant_time()));
  permission.set_granted_at_micros(absl::ToUnixMicros(granted));
  ASSIGN_OR_RETURN(*permission.mutable_how(),
                   domain::ParseNote("group.creation_permission.how",
                                     from.how(), kNeededNote));
  return permission;
}

absl::StatusOr<std::string> ParseDate(absl::string_view field,
                                      absl::string_view text) {
  absl::CivilDay day;
  if (!absl::ParseCivilTime(text, &day) || absl::FormatCivilTime(day) != text) {
    return domain::RefuseField(field, "a date like 2024-05-17");
  }
  return std::string(text);
}

absl::Status ParseCoverage(const NetworkId& network, const v1::Consent& from,
                           storage::v1::ConsentRecord& record) {
  if (from.covered_facilities_size() > kCoveredFacilitiesMax) {
    return domain::RefuseField("consent.covered_facilities", "at most 200");
  }
  for (const std::string& name : from.covered_facilities()) {
    ASSIGN_OR_RETURN(
        const FacilityId facility,
        ParseFacility("consent.covered_facilities", name, network));
    record.add_covered_facilities(std::string(facility.bytes()));
  }
  if (from.covered_professions_size() > kCoveredProfessionsMax) {
    return domain::RefuseField("consent.covered_professions", "at most 100");
  }
  for (const std::string& code : from.covered_professions()) {
    if (domain::FindProfession(code) == nullptr) {
      return domain::RefuseField("consent.covered_professions",
                                 "profession codes; see ListProfessions");
    }
    record.add_covered_professions(code);
  }
  return absl::OkStatus();
}

absl::StatusOr<storage::v1::History> ParseHistory(const v1::Invitation& from) {
  storage::v1::History history;
  if (from.history() == v1::HISTORY_VISIBILITY_UNSPECIFIED) {
    return domain::RefuseField("invitation.history", "ALL, SINCE or FROM_NOW");
  }
  RETURN_IF_ERROR(CheckDeclared("invitation.history", from.history(),
                                v1::HistoryVisibility_IsValid));
  history.set_scope(static_cast<storage::v1::HistoryScope>(from.history()));
  if (from.history() != v1::HISTORY_VISIBILITY_SINCE) {
    return history;
  }
  if (!from.has_history_since()) {
    return domain::RefuseField("invitation.history_since",
                               "a time, with HISTORY_VISIBILITY_SINCE");
  }
  ASSIGN_OR_RETURN(const absl::Time since,
                   ParseTime("invitation.history_since", from.history_since()));
  history.set_since_micros(absl::ToUnixMicros(since));
  return history;
}

}  // namespace

absl::StatusOr<storage::GroupKey> ParseGroupKey(absl::string_view field,
                                                absl::string_view name) {
  ASSIGN_OR_RETURN(const GroupName parsed, ParseGroupName(field, name));
  return storage::GroupKey{parsed.network, parsed.group};
}

absl::StatusOr<storage::InvitationKey> ParseInvitationKey(
    absl::string_view field, absl::string_view name) {
  ASSIGN_OR_RETURN(const InvitationName parsed,
                   ParseInvitationName(field, name));
  return storage::InvitationKey{parsed.network, parsed.group,
                                parsed.invitation};
}

absl::StatusOr<domain::NewGroup> Parse(const v1::CreateGroupRequest& request) {
  ASSIGN_OR_RETURN(const NetworkName parent,
                   ParseNetworkName("parent", request.parent()));
  const v1::Group& group = request.group();
  domain::NewGroup form;
  form.network = parent.network;
  ASSIGN_OR_RETURN(const PatientName patient,
                   ParsePatientName("group.patient", group.patient()));
  RETURN_IF_ERROR(Within(parent.network, patient));
  form.patient = patient.patient;
  ASSIGN_OR_RETURN(form.hosting_facility,
                   ParseFacility("group.hosting_facility",
                                 group.hosting_facility(), parent.network));
  ASSIGN_OR_RETURN(form.title, domain::ParseLine("group.display_name",
                                                 group.display_name(), kTitle));
  if (group.has_creation_permission()) {
    ASSIGN_OR_RETURN(
        form.permission,
        ParsePermission(parent.network, group.creation_permission()));
  }
  RETURN_IF_ERROR(CheckDeclared("insurance", request.insurance(),
                                v1::CreateGroupRequest::Insurance_IsValid));
  form.insurance = static_cast<domain::Insurance>(request.insurance());
  if (!request.affiliation().empty()) {
    ASSIGN_OR_RETURN(
        const AffiliationName affiliation,
        ParseAffiliationName("affiliation", request.affiliation()));
    RETURN_IF_ERROR(Within(parent.network, affiliation));
    form.affiliation = affiliation.affiliation;
  }
  return form;
}

absl::StatusOr<domain::GroupsQuery> Parse(
    const v1::ListGroupsRequest& request) {
  domain::GroupsQuery query;
  ASSIGN_OR_RETURN(const NetworkName parent,
                   ParseNetworkName("parent", request.parent()));
  query.network = parent.network;
  RETURN_IF_ERROR(
      CheckDeclared("state", request.state(), v1::Group::State_IsValid));
  if (request.state() != v1::Group::STATE_UNSPECIFIED) {
    query.state = static_cast<storage::v1::GroupState>(request.state());
  }
  ASSIGN_OR_RETURN(query.limit, ParsePageSize(request.page_size()));
  return query;
}

absl::StatusOr<domain::Closing> Parse(const v1::CloseGroupRequest& request) {
  ASSIGN_OR_RETURN(const GroupName name,
                   ParseGroupName("name", request.name()));
  if (!v1::Group::CloseReason_IsValid(request.reason()) ||
      request.reason() == v1::Group::CLOSE_REASON_UNSPECIFIED ||
      request.reason() == v1::Group::CLOSE_REASON_CONSENT_WITHDRAWN) {
    return domain::RefuseField(
        "reason", "CARE_ENDED, MOVED, DIED, OPENED_IN_ERROR or OTHER");
  }
  const bool other = request.reason() == v1::Group::CLOSE_REASON_OTHER;
  ASSIGN_OR_RETURN(
      std::string note,
      domain::ParseNote("note", request.note(), other ? kNeededNote : kNote));
  return domain::Closing{
      name.network, name.group,
      static_cast<storage::v1::CloseReason>(request.reason()), std::move(note),
      request.etag()};
}

absl::StatusOr<domain::Reopening> Parse(const v1::ReopenGroupRequest& request) {
  ASSIGN_OR_RETURN(const GroupName name,
                   ParseGroupName("name", request.name()));
  ASSIGN_OR_RETURN(std::string note,
                   domain::ParseNote("note", request.note(), kNote));
  return domain::Reopening{name.network, name.group, std::move(note),
                           request.etag()};
}

absl::StatusOr<NewConsent> Parse(const v1::RecordConsentRequest& request) {
  NewConsent form;
  ASSIGN_OR_RETURN(form.group, ParseGroupKey("parent", request.parent()));
  const v1::Consent& from = request.consent();
  storage::v1::ConsentRecord& record = form.record;
  ASSIGN_OR_RETURN(
      *record.mutable_form_version(),
      domain::ParseLine("consent.form_version", from.form_version(), {1, 50}));
  ASSIGN_OR_RETURN(
      *record.mutable_signer_name(),
      domain::ParseLine("consent.signer", from.signer(), {1, 100}));
  if (!v1::Consent::Relation_IsValid(from.relation()) ||
      from.relation() == v1::Consent::RELATION_UNSPECIFIED) {
    return domain::RefuseField("consent.relation", "who signed");
  }
  record.set_signer_relation(
      static_cast<storage::v1::SignerRelation>(from.relation()));
  ASSIGN_OR_RETURN(*record.mutable_signed_date(),
                   ParseDate("consent.sign_date", from.sign_date()));
  ASSIGN_OR_RETURN(*record.mutable_paper_location(),
                   domain::ParseLine("consent.paper_location",
                                     from.paper_location(), {1, 200}));
  RETURN_IF_ERROR(ParseCoverage(form.group.network, from, record));
  return form;
}

absl::StatusOr<Withdrawal> Parse(const v1::WithdrawConsentRequest& request) {
  Withdrawal form;
  ASSIGN_OR_RETURN(const ConsentName name,
                   ParseConsentName("name", request.name()));
  form.consent = {name.network, name.group, name.consent};
  ASSIGN_OR_RETURN(form.reason,
                   domain::ParseNote("reason", request.reason(), kNote));
  return form;
}

absl::StatusOr<domain::NewInvitation> Parse(
    const v1::InviteMemberRequest& request) {
  ASSIGN_OR_RETURN(const GroupName parent,
                   ParseGroupName("parent", request.parent()));
  const v1::Invitation& from = request.invitation();
  domain::NewInvitation form;
  form.network = parent.network;
  form.group = parent.group;
  ASSIGN_OR_RETURN(form.invitee, ParsePerson("invitation.invitee",
                                             from.invitee(), parent.network));
  if (!from.affiliation().empty()) {
    ASSIGN_OR_RETURN(
        const AffiliationName affiliation,
        ParseAffiliationName("invitation.affiliation", from.affiliation()));
    if (affiliation.network != parent.network ||
        affiliation.person != form.invitee) {
      return domain::RefuseField("invitation.affiliation",
                                 "an affiliation of the invited person");
    }
    form.affiliation = affiliation.affiliation;
  }
  ASSIGN_OR_RETURN(form.history, ParseHistory(from));
  if (from.has_membership_end_time()) {
    ASSIGN_OR_RETURN(form.membership_end,
                     ParseTime("invitation.membership_end_time",
                               from.membership_end_time()));
  }
  form.attending_physician = from.attending_physician();
  ASSIGN_OR_RETURN(form.note,
                   domain::ParseNote("invitation.note", from.note(), kNote));
  return form;
}

absl::StatusOr<domain::InvitationsQuery> Parse(
    const v1::ListInvitationsRequest& request) {
  domain::InvitationsQuery query;
  absl::string_view parent = request.parent();
  if (absl::ConsumeSuffix(&parent, kOwnInvitations)) {
    ASSIGN_OR_RETURN(const NetworkName name,
                     ParseNetworkName("parent", parent));
    query.network = name.network;
  } else {
    ASSIGN_OR_RETURN(const GroupName name, ParseGroupName("parent", parent));
    query.network = name.network;
    query.group = name.group;
  }
  RETURN_IF_ERROR(
      CheckDeclared("state", request.state(), v1::Invitation::State_IsValid));
  if (request.state() != v1::Invitation::STATE_UNSPECIFIED) {
    query.state = static_cast<storage::v1::InvitationState>(request.state());
  }
  ASSIGN_OR_RETURN(query.limit, ParsePageSize(request.page_size()));
  return query;
}

absl::StatusOr<domain::MembersQuery> Parse(
    const v1::ListMembersRequest& request) {
  domain::MembersQuery query;
  ASSIGN_OR_RETURN(const GroupName name,
                   ParseGroupName("parent", request.parent()));
  query.network = name.network;
  query.group = name.group;
  query.include_former = request.include_former();
  ASSIGN_OR_RETURN(query.limit, ParsePageSize(request.page_size()));
  return query;
}

absl::StatusOr<Removal> Parse(const v1::RemoveMemberRequest& request) {
  Removal form;
  ASSIGN_OR_RETURN(const MemberName name,
                   ParseMemberName("name", request.name()));
  form.member = {name.network, name.group, name.person};
  ASSIGN_OR_RETURN(form.reason,
                   domain::ParseNote("reason", request.reason(), kNeededNote));
  return form;
}

}  // namespace renkei::rpc
