// Who may do what: one table of actions, one pure decision over facts, closed
// by default.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "renkei/storage/v1/records.pb.h"
#include "server/domain/professions.h"
#include "server/domain/refusal.h"

namespace renkei::domain {

// Raised whenever the table or Decide changes what is allowed; part of every
// audit event.
inline constexpr uint32_t kPolicyVersion = 1;

enum class Action : uint8_t {
  // sessions
  kSignIn,
  kVerifySecondFactor,
  kRefreshSession,
  kSignOut,
  kListSessions,
  kRevokeSession,
  kChangePassword,
  kEnrolTotp,
  kConfirmTotp,
  kCreateRecoveryCodes,
  kGetCurrentPerson,
  // directory
  kGetNetwork,
  kUpdateNetwork,
  kCreateFacility,
  kGetFacility,
  kListFacilities,
  kUpdateFacility,
  kCreatePerson,
  kGetPerson,
  kListPeople,
  kUpdatePerson,
  kCreateAffiliation,
  kSuspendAffiliation,
  kResumeAffiliation,
  kEndAffiliation,
  kGrantRole,
  kApproveRoleGrant,
  kRevokeRole,
  kUnlockAccount,
  kRequestCredentialReset,
  kApproveCredentialReset,
  kListProfessions,
  kCreatePatient,
  kGetPatient,
  kSearchPatients,
  // groups
  kCreateGroup,
  kGetGroup,
  kListGroups,
  kCloseGroup,
  kReopenGroup,
  kRecordConsent,
  kWithdrawConsent,
  kInviteMember,
  kListInvitations,
  kAcceptInvitation,
  kDeclineInvitation,
  kCancelInvitation,
  kListMembers,
  kRemoveMember,
  kLeaveGroup,
  // messages
  kSendMessage,
  kGetMessage,
  kListMessages,
  kAcknowledgeMessage,
  kMarkDisplayed,
  kListReceipts,
  kListUnread,
  // sync
  kSync,
  kAckDelivery,
  kDeliver,  // of one group's events, within a stream
  // audit and administration
  kListAuditEvents,
  kGetAuditEvent,
  kGetCheckpoint,
  kGetInclusionProof,
  kGetConsistencyProof,
  kExportAuditEvents,
  kGetAuditReport,
  kRecordAuditReview,
  kGetServerInfo,
  kGetStatus,
  kUnseal,
  kBackup,
};
inline constexpr size_t kActions = static_cast<size_t>(Action::kBackup) + 1;

// Relations of the actor to the target. One that a rule names is enough.
enum Who : uint32_t {
  kAnybody = 1 << 0,   // no credentials asked
  kSignedIn = 1 << 1,  // anyone in good standing
  kSelf = 1 << 2,      // the target person is the actor
  kNetworkOffice = 1 << 3,
  kFacilityAdministrator = 1 << 4,  // of the target facility
  kCoordinator = 1 << 5,
  kPrivacyOfficer = 1 << 6,
  kAuditor = 1 << 7,
  kMember = 1 << 8,              // active in the target lane of the group
  kAttending = 1 << 9,           // member and attending physician
  kHostAdministrator = 1 << 10,  // administers the group's hosting facility
  kByLawCreator =
      1 << 11,  // the network's by-law lets the actor create this patient group
  kHostMember = 1 << 12,  // member through the group's hosting facility
  kProfessional =
      1 << 13,  // medical, care or liaison profession in an active affiliation
  kAnyAdministrator = 1 << 14,  // of some facility
  kInviter = 1 << 15,           // made the invitation in question
  kInvitee = 1 << 16,           // is invited by it
  kOperator = 1 << 17,          // on the local socket
  kCareMember = 1 << 18,  // member in the professional lane by a profession
                          // that is no guest's
  kRegistrar = 1 << 19,   // registered the patient, and is still with the
                          // facility that did
};

// What a patient group must be for an action: any state; not closed; with the
// patient's consent in force.
enum class GroupNeeds : uint8_t { kAnyState, kNotClosed, kConsent };

struct Rule {
  Action action;
  absl::string_view
      name;  // snake_case; as in the rpc's method options and the audit event
  uint32_t who;
  GroupNeeds group = GroupNeeds::kAnyState;
  bool in_enrolment =
      false;  // allowed before first password and second factor are done
};

const Rule& RuleOf(Action action);
absl::Span<const Rule> Rules();
// nullopt if no action has this name.
std::optional<Action> ActionNamed(absl::string_view name);

// All that a decision depends on.
struct Facts {
  bool proven = false;     // credentials of a live session
  bool enrolment = false;  // of a session that is not complete
  bool standing =
      false;  // account not locked, and an active affiliation or a network role
  uint32_t relations = 0;    // Who bits
  bool group_asked = false;  // the target is a group
  storage::v1::GroupState group_state =
      storage::v1::GROUP_STATE_UNSPECIFIED;  // unspecified: no such group
  bool consent_in_force = false;
  bool visible = false;  // the actor may know that the target exists
  uint64_t access_version = 0;
};

struct Decision {
  bool allowed = false;
  absl::string_view rule;  // the relation that allowed it, or why not
  Reason reason = Reason::kUnspecified;
  uint64_t access_version = 0;
};

// The name of the narrowest relation among `relations`, for the audit event.
absl::string_view WhoName(uint32_t relations);

// Pure: no I/O, no clock. What no rule grants is refused.
Decision Decide(const Rule& rule, const Facts& facts);

// By-law variants (a) to (d) of the network: may this actor create the patient
// group?
struct CreatorFacts {
  storage::v1::ByLawVariant by_law = storage::v1::BY_LAW_VARIANT_UNSPECIFIED;
  absl::string_view profession;  // through which the actor acts
  bool is_named_attending =
      false;  // names himself or herself as attending physician
  bool permission_recorded = false;  // of the attending physician
  bool care_insurance_applies = false;
  bool medical_insurance_applies = false;
  bool administers_host = false;
};
bool MayCreateGroup(const CreatorFacts& facts);

}  // namespace renkei::domain
