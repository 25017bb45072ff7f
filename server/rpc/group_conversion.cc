#include "server/rpc/group_conversion.h"

#include <string>

#include "server/domain/audience.h"
#include "server/domain/groups.h"
#include "server/domain/signature.h"
#include "server/domain/standing.h"
#include "server/rpc/names.h"
#include "storage/base/status_macros.h"

namespace renkei::rpc {
namespace {

// Numbers are the same on both sides.
static_assert(static_cast<int>(v1::Group::STATE_CLOSED) ==
              storage::v1::GROUP_STATE_CLOSED);
static_assert(static_cast<int>(v1::Group::CLOSE_REASON_CONSENT_WITHDRAWN) ==
              storage::v1::CLOSE_REASON_CONSENT_WITHDRAWN);
static_assert(static_cast<int>(v1::Consent::RELATION_OTHER) ==
              storage::v1::SIGNER_RELATION_OTHER);
static_assert(static_cast<int>(v1::Invitation::STATE_EXPIRED) ==
              storage::v1::INVITATION_STATE_EXPIRED);
static_assert(static_cast<int>(v1::HISTORY_VISIBILITY_FROM_NOW) ==
              storage::v1::HISTORY_SCOPE_FROM_NOW);

// An empty text for an absent id.
std::string PersonText(const NetworkId& network, absl::string_view bytes) {
  const auto person = PersonId::FromBytes(bytes);
  return person ? Format(PersonName{network, *person}) : std::string();
}

v1::Signature ToApi(const NetworkId& network, const PersonId& person,
                    const std::optional<AffiliationId>& affiliation,
                    const storage::v1::Signature& from) {
  v1::Signature signature;
  signature.set_display_name(from.display_name());
  signature.set_profession(from.profession());
  signature.set_facility_display_name(from.facility_name());
  if (affiliation) {
    signature.set_affiliation(
        Format(AffiliationName{network, person, *affiliation}));
  }
  return signature;
}

void SetHistory(const storage::v1::History& from, v1::Member& member) {
  member.set_history(static_cast<v1::HistoryVisibility>(from.scope()));
  if (from.scope() == storage::v1::HISTORY_SCOPE_SINCE) {
    *member.mutable_history_since() = ToTimestamp(from.since_micros());
  }
}

v1::Member::State ToApi(domain::MemberState state) {
  switch (state) {
    case domain::MemberState::kActive:
      return v1::Member::STATE_ACTIVE;
    case domain::MemberState::kResting:
      return v1::Member::STATE_RESTING;
    case domain::MemberState::kLeft:
      return v1::Member::STATE_LEFT;
    case domain::MemberState::kRemoved:
      return v1::Member::STATE_REMOVED;
    case domain::MemberState::kEnded:
      return v1::Member::STATE_ENDED;
  }
  return v1::Member::STATE_UNSPECIFIED;
}

void SetNames(const NetworkId& network, const domain::GroupView& from,
              v1::Group& group) {
  group.set_name(Format(GroupName{network, from.id}));
  group.set_display_name(domain::TitleOf(from));
  if (const auto patient = PatientId::FromBytes(from.record.patient())) {
    group.set_patient(Format(PatientName{network, *patient}));
  }
  group.mutable_patient_name()->set_text(from.patient_name);
  group.mutable_patient_name()->set_reading(from.patient_name_reading);
  if (const auto host = FacilityId::FromBytes(from.record.hosting_facility())) {
    group.set_hosting_facility(Format(FacilityName{network, *host}));
  }
  group.set_hosting_facility_display_name(from.hosting_facility_name);
  for (const PersonId& physician : from.attending_physicians) {
    group.add_attending_physicians(Format(PersonName{network, physician}));
  }
  group.set_creator(PersonText(network, from.record.created_by()));
}

void SetPermission(const NetworkId& network,
                   const storage::v1::CreationPermission& from,
                   v1::CreationPermission& permission) {
  permission.set_granted_by(PersonText(network, from.granted_by()));
  *permission.mutable_grant_time() = ToTimestamp(from.granted_at_micros());
  permission.set_how(from.how());
}

}  // namespace

v1::Group ToApi(const domain::ReadCall& call, const domain::GroupView& from) {
  const NetworkId& network = domain::CallerOf(call).network;
  const storage::v1::GroupRecord& record = from.record;
  v1::Group group;
  SetNames(network, from, group);
  group.set_kind(static_cast<v1::Group::Kind>(record.kind()));
  group.set_state(static_cast<v1::Group::State>(record.state()));
  if (record.has_permission()) {
    SetPermission(network, record.permission(),
                  *group.mutable_creation_permission());
  }
  if (from.consent) {
    const auto id = ConsentId::FromBytes(record.latest_consent());
    *group.mutable_consent() =
        ToApi(call, {from.id, id.value_or(ConsentId()), *from.consent});
  }
  if (record.closed_at_micros() != 0) {
    group.set_close_reason(
        static_cast<v1::Group::CloseReason>(record.close_reason()));
    *group.mutable_close_time() = ToTimestamp(record.closed_at_micros());
  }
  group.set_audience_etag(domain::AudienceEtag(record));
  group.set_member_count(static_cast<int32_t>(from.members));
  group.set_last_sequence(static_cast<int64_t>(from.head.last_sequence()));
  if (from.head.last_message_at_micros() != 0) {
    *group.mutable_last_message_time() =
        ToTimestamp(from.head.last_message_at_micros());
  }
  group.set_etag(domain::GroupEtag(record));
  *group.mutable_create_time() = ToTimestamp(record.created_at_micros());
  *group.mutable_update_time() = ToTimestamp(record.updated_at_micros());
  return group;
}

v1::Consent ToApi(const domain::ReadCall& call,
                  const domain::ConsentView& from) {
  const NetworkId& network = domain::CallerOf(call).network;
  const storage::v1::ConsentRecord& record = from.record;
  v1::Consent consent;
  consent.set_name(Format(ConsentName{network, from.group, from.id}));
  consent.set_form_version(record.form_version());
  consent.set_signer(record.signer_name());
  consent.set_relation(
      static_cast<v1::Consent::Relation>(record.signer_relation()));
  consent.set_sign_date(record.signed_date());
  consent.set_paper_location(record.paper_location());
  for (const std::string& bytes : record.covered_facilities()) {
    if (const auto facility = FacilityId::FromBytes(bytes)) {
      consent.add_covered_facilities(Format(FacilityName{network, *facility}));
    }
  }
  *consent.mutable_covered_professions() = record.covered_professions();
  consent.set_state(record.withdrawn_at_micros() == 0
                        ? v1::Consent::STATE_IN_FORCE
                        : v1::Consent::STATE_WITHDRAWN);
  consent.set_recorder(PersonText(network, record.recorded_by()));
  *consent.mutable_record_time() = ToTimestamp(record.recorded_at_micros());
  if (record.withdrawn_at_micros() != 0) {
    *consent.mutable_withdraw_time() =
        ToTimestamp(record.withdrawn_at_micros());
  }
  consent.set_withdraw_reason(record.withdrawn_reason());
  return consent;
}

v1::Invitation ToApi(const domain::ReadCall& call,
                     const domain::InvitationView& from) {
  const NetworkId& network = domain::CallerOf(call).network;
  const storage::v1::InvitationRecord& record = from.record;
  const PersonId invitee =
      PersonId::FromBytes(record.invitee()).value_or(PersonId());
  const PersonId inviter =
      PersonId::FromBytes(record.inviter()).value_or(PersonId());
  const auto affiliation = AffiliationId::FromBytes(record.affiliation());
  v1::Invitation invitation;
  invitation.set_name(Format(InvitationName{network, from.group, from.id}));
  invitation.set_invitee(Format(PersonName{network, invitee}));
  *invitation.mutable_invitee_signature() =
      ToApi(network, invitee, affiliation, from.invitee);
  invitation.set_affiliation(invitation.invitee_signature().affiliation());
  invitation.set_inviter(Format(PersonName{network, inviter}));
  *invitation.mutable_inviter_signature() =
      ToApi(network, inviter, from.inviter_affiliation, from.inviter);
  invitation.set_state(static_cast<v1::Invitation::State>(from.state));
  invitation.set_history(
      static_cast<v1::HistoryVisibility>(record.history().scope()));
  if (record.history().scope() == storage::v1::HISTORY_SCOPE_SINCE) {
    *invitation.mutable_history_since() =
        ToTimestamp(record.history().since_micros());
  }
  if (record.member_until_micros() != 0) {
    *invitation.mutable_membership_end_time() =
        ToTimestamp(record.member_until_micros());
  }
  invitation.set_attending_physician(record.attending_physician());
  invitation.set_note(record.note());
  *invitation.mutable_create_time() = ToTimestamp(record.created_at_micros());
  *invitation.mutable_expire_time() = ToTimestamp(record.expires_at_micros());
  invitation.set_group_display_name(from.group_title);
  return invitation;
}

absl::StatusOr<v1::Member> ToApi(const domain::ReadCall& call,
                                 const GroupId& group,
                                 const domain::MemberView& from) {
  const NetworkId& network = domain::CallerOf(call).network;
  const storage::v1::MembershipRecord& membership = from.membership;
  v1::Member member;
  member.set_name(Format(MemberName{network, group, from.person}));
  member.set_person(Format(PersonName{network, from.person}));
  ASSIGN_OR_RETURN(
      const auto signature,
      domain::SignatureOf(call, from.record, membership.affiliation()));
  *member.mutable_signature() =
      ToApi(network, from.person,
            AffiliationId::FromBytes(membership.affiliation()), signature);
  const storage::v1::Affiliation* affiliation =
      domain::FindAffiliation(from.record, membership.affiliation());
  const auto facility = affiliation == nullptr
                            ? std::nullopt
                            : FacilityId::FromBytes(affiliation->facility());
  if (facility) {
    member.set_facility(Format(FacilityName{network, *facility}));
  }
  if (membership.professional_lane()) {
    member.add_lanes(v1::LANE_PROFESSIONAL);
  }
  if (membership.patient_lane()) {
    member.add_lanes(v1::LANE_PATIENT);
  }
  member.set_state(ToApi(from.state));
  member.set_attending_physician(membership.attending_physician());
  SetHistory(membership.history(), member);
  member.set_inviter(PersonText(network, membership.invited_by()));
  *member.mutable_begin_time() = ToTimestamp(membership.begin_at_micros());
  if (membership.end_at_micros() != 0) {
    *member.mutable_end_time() = ToTimestamp(membership.end_at_micros());
  }
  return member;
}

}  // namespace renkei::rpc
