#include "server/domain/policy.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"

namespace renkei::domain {
namespace {

constexpr uint32_t kAdministration = kNetworkOffice | kFacilityAdministrator;
constexpr uint32_t kAuditReaders = kAuditor | kPrivacyOfficer;

// The whole policy; what it does not grant is refused. In the order of the
// enum.
constexpr std::array kRules = {
    Rule{.action = Action::kSignIn, .name = "sign_in", .who = kAnybody},
    Rule{.action = Action::kVerifySecondFactor,
         .name = "verify_second_factor",
         .who = kAnybody},
    Rule{.action = Action::kRefreshSession,
         .name = "refresh_session",
         .who = kAnybody},
    Rule{.action = Action::kSignOut,
         .name = "sign_out",
         .who = kSelf,
         .in_enrolment = true},
    Rule{.action = Action::kListSessions,
         .name = "list_sessions",
         .who = kSelf | kFacilityAdministrator},
    Rule{.action = Action::kRevokeSession,
         .name = "revoke_session",
         .who = kSelf | kFacilityAdministrator},
    Rule{.action = Action::kChangePassword,
         .name = "change_password",
         .who = kSelf,
         .in_enrolment = true},
    Rule{.action = Action::kEnrolTotp,
         .name = "enrol_totp",
         .who = kSelf,
         .in_enrolment = true},
    Rule{.action = Action::kConfirmTotp,
         .name = "confirm_totp",
         .who = kSelf,
         .in_enrolment = true},
    Rule{.action = Action::kCreateRecoveryCodes,
         .name = "create_recovery_codes",
         .who = kSelf,
         .in_enrolment = true},
    Rule{.action = Action::kGetCurrentPerson,
         .name = "get_current_person",
         .who = kSelf,
         .in_enrolment = true},

    Rule{
        .action = Action::kGetNetwork, .name = "get_network", .who = kSignedIn},
    Rule{.action = Action::kUpdateNetwork,
         .name = "update_network",
         .who = kNetworkOffice},
    Rule{.action = Action::kCreateFacility,
         .name = "create_facility",
         .who = kNetworkOffice},
    Rule{.action = Action::kGetFacility,
         .name = "get_facility",
         .who = kSignedIn},
    Rule{.action = Action::kListFacilities,
         .name = "list_facilities",
         .who = kSignedIn},
    Rule{.action = Action::kUpdateFacility,
         .name = "update_facility",
         .who = kAdministration},
    Rule{.action = Action::kCreatePerson,
         .name = "create_person",
         .who = kAdministration},
    Rule{.action = Action::kGetPerson, .name = "get_person", .who = kSignedIn},
    Rule{
        .action = Action::kListPeople, .name = "list_people", .who = kSignedIn},
    Rule{.action = Action::kUpdatePerson,
         .name = "update_person",
         .who = kFacilityAdministrator},
    Rule{.action = Action::kCreateAffiliation,
         .name = "create_affiliation",
         .who = kFacilityAdministrator},
    Rule{.action = Action::kSuspendAffiliation,
         .name = "suspend_affiliation",
         .who = kAdministration},
    Rule{.action = Action::kResumeAffiliation,
         .name = "resume_affiliation",
         .who = kAdministration},
    Rule{.action = Action::kEndAffiliation,
         .name = "end_affiliation",
         .who = kAdministration},
    Rule{.action = Action::kGrantRole,
         .name = "grant_role",
         .who = kAdministration},
    Rule{.action = Action::kApproveRoleGrant,
         .name = "approve_role_grant",
         .who = kNetworkOffice},
    Rule{.action = Action::kRevokeRole,
         .name = "revoke_role",
         .who = kAdministration},
    Rule{.action = Action::kUnlockAccount,
         .name = "unlock_account",
         .who = kAdministration},
    Rule{.action = Action::kRequestCredentialReset,
         .name = "request_credential_reset",
         .who = kAdministration},
    Rule{.action = Action::kApproveCredentialReset,
         .name = "approve_credential_reset",
         .who = kAdministration},
    Rule{.action = Action::kListProfessions,
         .name = "list_professions",
         .who = kSignedIn,
         .in_enrolment = true},
    Rule{.action = Action::kCreatePatient,
         .name = "create_patient",
         .who = kProfessional | kAnyAdministrator},
    Rule{.action = Action::kGetPatient,
         .name = "get_patient",
         .who = kMember | kRegistrar | kAuditReaders},
    Rule{.action = Action::kSearchPatients,
         .name = "search_patients",
         .who = kProfessional | kAnyAdministrator | kAuditReaders},

    Rule{.action = Action::kCreateGroup,
         .name = "create_group",
         .who = kByLawCreator},
    Rule{.action = Action::kGetGroup, .name = "get_group", .who = kMember},
    Rule{
        .action = Action::kListGroups, .name = "list_groups", .who = kSignedIn},
    Rule{.action = Action::kCloseGroup,
         .name = "close_group",
         .who = kAttending | kHostMember,
         .group = GroupNeeds::kNotClosed},
    Rule{.action = Action::kReopenGroup,
         .name = "reopen_group",
         .who = kHostMember},
    Rule{.action = Action::kRecordConsent,
         .name = "record_consent",
         .who = kCareMember,
         .group = GroupNeeds::kNotClosed},
    Rule{.action = Action::kWithdrawConsent,
         .name = "withdraw_consent",
         .who = kCareMember},
    Rule{.action = Action::kInviteMember,
         .name = "invite_member",
         .who = kCareMember,
         .group = GroupNeeds::kConsent},
    Rule{.action = Action::kListInvitations,
         .name = "list_invitations",
         .who = kMember | kSelf},
    Rule{.action = Action::kAcceptInvitation,
         .name = "accept_invitation",
         .who = kInvitee,
         .group = GroupNeeds::kConsent},
    Rule{.action = Action::kDeclineInvitation,
         .name = "decline_invitation",
         .who = kInvitee},
    Rule{.action = Action::kCancelInvitation,
         .name = "cancel_invitation",
         .who = kInviter},
    Rule{
        .action = Action::kListMembers, .name = "list_members", .who = kMember},
    Rule{.action = Action::kRemoveMember,
         .name = "remove_member",
         .who = kAttending | kHostMember},
    Rule{.action = Action::kLeaveGroup, .name = "leave_group", .who = kMember},

    Rule{.action = Action::kSendMessage,
         .name = "send_message",
         .who = kMember,
         .group = GroupNeeds::kConsent},
    Rule{.action = Action::kGetMessage, .name = "get_message", .who = kMember},
    Rule{.action = Action::kListMessages,
         .name = "list_messages",
         .who = kMember},
    Rule{.action = Action::kAcknowledgeMessage,
         .name = "acknowledge_message",
         .who = kMember},
    Rule{.action = Action::kMarkDisplayed,
         .name = "mark_displayed",
         .who = kMember},
    Rule{.action = Action::kListReceipts,
         .name = "list_receipts",
         .who = kMember},
    Rule{
        .action = Action::kListUnread, .name = "list_unread", .who = kSignedIn},

    Rule{.action = Action::kSync, .name = "sync", .who = kSignedIn},
    Rule{.action = Action::kAckDelivery,
         .name = "ack_delivery",
         .who = kSignedIn},
    Rule{.action = Action::kDeliver, .name = "deliver", .who = kMember},

    Rule{.action = Action::kListAuditEvents,
         .name = "list_audit_events",
         .who = kAuditReaders | kFacilityAdministrator | kHostAdministrator},
    Rule{.action = Action::kGetAuditEvent,
         .name = "get_audit_event",
         .who = kAuditReaders | kFacilityAdministrator | kHostAdministrator},
    Rule{.action = Action::kGetCheckpoint,
         .name = "get_checkpoint",
         .who = kSignedIn},
    Rule{.action = Action::kGetInclusionProof,
         .name = "get_inclusion_proof",
         .who = kAuditReaders | kFacilityAdministrator | kHostAdministrator},
    Rule{.action = Action::kGetConsistencyProof,
         .name = "get_consistency_proof",
         .who = kSignedIn},
    Rule{.action = Action::kExportAuditEvents,
         .name = "export_audit_events",
         .who = kAuditor},
    Rule{.action = Action::kGetAuditReport,
         .name = "get_audit_report",
         .who = kAuditReaders | kFacilityAdministrator | kHostAdministrator},
    Rule{.action = Action::kRecordAuditReview,
         .name = "record_audit_review",
         .who = kAuditReaders | kFacilityAdministrator},
    Rule{.action = Action::kGetServerInfo,
         .name = "get_server_info",
         .who = kAnybody},
    Rule{.action = Action::kGetStatus,
         .name = "get_status",
         .who = kNetworkOffice | kAuditReaders},
    Rule{.action = Action::kUnseal, .name = "unseal", .who = kOperator},
    Rule{.action = Action::kBackup, .name = "backup", .who = kOperator},
};

constexpr bool TableFollowsEnum() {
  for (size_t i = 0; i < kRules.size(); ++i) {
    if (kRules[i].action != static_cast<Action>(i) || kRules[i].who == 0) {
      return false;
    }
  }
  return kRules.size() == kActions;
}
static_assert(TableFollowsEnum());

Decision Deny(Reason reason, absl::string_view rule, const Facts& facts) {
  return {.allowed = false,
          .rule = rule,
          .reason = reason,
          .access_version = facts.access_version};
}

}  // namespace

const Rule& RuleOf(Action action) {
  return kRules[static_cast<size_t>(action)];
}

absl::Span<const Rule> Rules() { return kRules; }

std::optional<Action> ActionNamed(absl::string_view name) {
  const auto* rule =
      std::find_if(kRules.begin(), kRules.end(),
                   [name](const Rule& r) { return r.name == name; });
  return rule == kRules.end() ? std::nullopt
                              : std::optional<Action>(rule->action);
}

Decision Decide(const Rule& rule, const Facts& facts) {
  const uint32_t open_to_all = kAnybody | kOperator;
  const uint32_t matched = rule.who & facts.relations;
  if ((matched & open_to_all) == 0) {
    if (!facts.proven) {
      return Deny(Reason::kCredentialsMissing, "no_session", facts);
    }
    if (facts.enrolment && !rule.in_enrolment) {
      return Deny(Reason::kEnrolmentRequired, "enrolment", facts);
    }
    if (!facts.standing) {
      return Deny(Reason::kSessionEnded, "no_standing", facts);
    }
    if (facts.group_asked &&
        facts.group_state == storage::v1::GROUP_STATE_UNSPECIFIED) {
      return Deny(Reason::kNotFound, "unknown", facts);
    }
    if (matched == 0) {
      return Deny(facts.visible ? Reason::kNotPermitted : Reason::kNotFound,
                  "no_relation", facts);
    }
  }
  if (facts.group_asked) {
    if (rule.group != GroupNeeds::kAnyState &&
        facts.group_state == storage::v1::GROUP_STATE_CLOSED) {
      return Deny(Reason::kGroupClosed, "group_closed", facts);
    }
    if (rule.group == GroupNeeds::kConsent && !facts.consent_in_force) {
      return Deny(Reason::kConsentMissing, "no_consent", facts);
    }
  }
  return {.allowed = true,
          .rule = WhoName(matched),
          .access_version = facts.access_version};
}

absl::string_view WhoName(uint32_t relations) {
  struct Name {
    uint32_t who;
    absl::string_view text;
  };
  // The narrowest relation first: it says most about why.
  static constexpr std::array kNames = {
      Name{kOperator, "operator"},
      Name{kSelf, "self"},
      Name{kInvitee, "invitee"},
      Name{kInviter, "inviter"},
      Name{kAttending, "attending_physician"},
      Name{kHostMember, "host_member"},
      Name{kCareMember, "care_member"},
      Name{kMember, "member"},
      Name{kRegistrar, "registrar"},
      Name{kByLawCreator, "by_law"},
      Name{kFacilityAdministrator, "facility_administrator"},
      Name{kHostAdministrator, "host_administrator"},
      Name{kNetworkOffice, "network_office"},
      Name{kAuditor, "auditor"},
      Name{kPrivacyOfficer, "privacy_officer"},
      Name{kCoordinator, "coordinator"},
      Name{kAnyAdministrator, "administrator"},
      Name{kProfessional, "professional"},
      Name{kSignedIn, "signed_in"},
      Name{kAnybody, "anybody"},
  };
  for (const Name& name : kNames) {
    if ((relations & name.who) != 0) {
      return name.text;
    }
  }
  return "nobody";
}

bool MayCreateGroup(const CreatorFacts& facts) {
  const bool physician =
      facts.profession == "physician" && facts.is_named_attending;
  const bool nurse = facts.profession == "visiting_nurse";
  const bool care_manager = facts.profession == "care_manager" ||
                            facts.profession == "chief_care_manager";
  switch (facts.by_law) {
    case storage::v1::BY_LAW_VARIANT_ATTENDING_PHYSICIAN:
      return physician;
    case storage::v1::BY_LAW_VARIANT_ATTENDING_PHYSICIAN_OR_PERMITTED:
      return physician ||
             ((nurse || care_manager) && facts.permission_recorded);
    case storage::v1::BY_LAW_VARIANT_BY_INSURANCE:
      return (care_manager && facts.care_insurance_applies) ||
             (nurse && facts.medical_insurance_applies);
    case storage::v1::BY_LAW_VARIANT_HOST_ADMINISTRATOR:
      return facts.administers_host;
    default:
      return false;
  }
}

}  // namespace renkei::domain
