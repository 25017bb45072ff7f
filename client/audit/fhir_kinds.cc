#include "client/audit/fhir_kinds.h"

#include "renkei/v1/audit_event_type.pb.h"

namespace renkei::audit {
namespace {

// ---- codes ----

constexpr FhirCode Dicom(absl::string_view code, absl::string_view display) {
  return {"http://dicom.nema.org/resources/ontology/DCM", code, display};
}
constexpr FhirCode Interaction(absl::string_view code) {
  return {"http://hl7.org/fhir/restful-interaction", code, code};
}
constexpr FhirCode Participation(absl::string_view code,
                                 absl::string_view display) {
  return {"http://terminology.hl7.org/CodeSystem/v3-ParticipationType", code,
          display};
}
constexpr FhirCode Lifecycle(absl::string_view code,
                             absl::string_view display) {
  return {"http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle", code,
          display};
}

constexpr FhirCode kNone;
constexpr FhirCode kRest = {
    "http://terminology.hl7.org/CodeSystem/audit-event-type", "rest",
    "RESTful Operation"};
constexpr FhirCode kActivity = Dicom("110100", "Application Activity");
constexpr FhirCode kAlert = Dicom("110113", "Security Alert");
constexpr FhirCode kAuthentication = Dicom("110114", "User Authentication");
constexpr FhirCode kLoginCode = Dicom("110122", "Login");
constexpr FhirCode kLogoutCode = Dicom("110123", "Logout");

constexpr FhirCode kApplication = Dicom("110150", "Application");
constexpr FhirCode kDestination = Dicom("110152", "Destination Role ID");
constexpr FhirCode kSource = Dicom("110153", "Source Role ID");
constexpr FhirCode kAuthor = Participation("AUT", "author (originator)");
constexpr FhirCode kRecipient = Participation("IRCP", "information recipient");
constexpr FhirCode kHuman = {
    "http://terminology.hl7.org/CodeSystem/extra-security-role-type",
    "humanuser", "human user"};
constexpr FhirCode kCustodian = {
    "http://terminology.hl7.org/CodeSystem/provenance-participant-type",
    "custodian", "Custodian"};

constexpr FhirAgents kWriting = {kSource, kDestination, kAuthor};
constexpr FhirAgents kReading = {kDestination, kSource, kRecipient};
constexpr FhirAgents kAsking = {kSource, kDestination, kRecipient};
constexpr FhirAgents kDeleting = {kApplication, kCustodian, kAuthor};
constexpr FhirAgents kSecurity = {kApplication, kDestination, kHuman};

// ---- kinds with a profile of BALP ----

constexpr FhirKind kCreate = {"Create", kRest, Interaction("create"), "C",
                              kWriting};
constexpr FhirKind kRead = {"Read", kRest, Interaction("read"), "R", kReading};
constexpr FhirKind kUpdate = {"Update", kRest, Interaction("update"), "U",
                              kWriting};
constexpr FhirKind kDelete = {.balp = "Delete",
                              .type = kRest,
                              .subtype = Interaction("delete"),
                              .action = "D",
                              .agents = kDeleting,
                              .has_policy = false};
constexpr FhirKind kQuery = {.balp = "Query",
                             .type = kRest,
                             .subtype = Interaction("search"),
                             .action = "E",
                             .agents = kAsking,
                             .is_query = true};

// ---- kinds of FHIR and DICOM PS3.15 alone ----

constexpr FhirKind kOperation = {"", kRest, Interaction("operation"), "E",
                                 kAsking};
constexpr FhirKind kLogin = {"", kAuthentication, kLoginCode, "E", kSecurity};
constexpr FhirKind kLogout = {"", kAuthentication, kLogoutCode, "E", kSecurity};
constexpr FhirKind kRenewal = {"", kAuthentication, kNone, "E", kSecurity};
constexpr FhirKind kCredentials = {
    "", kAlert, Dicom("110137", "User security Attributes Changed"), "E",
    kSecurity};
constexpr FhirKind kRoles = {
    "", kAlert, Dicom("110136", "Security Roles Changed"), "E", kSecurity};
constexpr FhirKind kMisuse = {
    "", kAlert, Dicom("110132", "Use of Restricted Function"), "E", kSecurity};
constexpr FhirKind kUnsealing = {
    "", kAlert, Dicom("110129", "Security Configuration"), "E", kSecurity};
constexpr FhirKind kAlarm = {"", kAlert, kNone, "E", kSecurity};
constexpr FhirKind kLogUse = {"", Dicom("110101", "Audit Log Used"), kNone, "R",
                              kReading};
constexpr FhirKind kExport = {"", Dicom("110106", "Export"), kNone, "R",
                              kReading};
constexpr FhirKind kBackup = {
    "", Dicom("110106", "Export"),
    Lifecycle("archive", "Archive Record Lifecycle Event"), "R", kReading};
constexpr FhirKind kRestore = {
    "", Dicom("110107", "Import"),
    Lifecycle("restore", "Restore Record Lifecycle Event"), "C", kWriting};
constexpr FhirKind kStart = {
    "", kActivity, Dicom("110120", "Application Start"), "E", kSecurity};
constexpr FhirKind kStop = {"", kActivity, Dicom("110121", "Application Stop"),
                            "E", kSecurity};
constexpr FhirKind kEmergencyBegin = {
    .type = kAlert,
    .subtype = Dicom("110127", "Emergency Override Started"),
    .action = "E",
    .agents = kSecurity,
    .is_emergency = true};
constexpr FhirKind kEmergencyEnd = {
    .type = kAlert,
    .subtype = Dicom("110138", "Emergency Override Stopped"),
    .action = "E",
    .agents = kSecurity,
    .is_emergency = true};

// ---- the table ----

struct Row {
  v1::AuditEventType type;
  const FhirKind* kind;
};

constexpr Row kRows[] = {
    {v1::AUDIT_EVENT_TYPE_PASSWORD_ACCEPTED, &kLogin},
    {v1::AUDIT_EVENT_TYPE_SIGN_IN_SUCCEEDED, &kLogin},
    {v1::AUDIT_EVENT_TYPE_SIGN_IN_FAILED, &kLogin},
    {v1::AUDIT_EVENT_TYPE_SECOND_FACTOR_FAILED, &kLogin},
    {v1::AUDIT_EVENT_TYPE_ENROLMENT_STARTED, &kLogin},
    {v1::AUDIT_EVENT_TYPE_ACCOUNT_LOCKED, &kCredentials},
    {v1::AUDIT_EVENT_TYPE_SESSION_REFRESHED, &kRenewal},
    {v1::AUDIT_EVENT_TYPE_TOKEN_REUSE_DETECTED, &kMisuse},
    {v1::AUDIT_EVENT_TYPE_SIGNED_OUT, &kLogout},
    {v1::AUDIT_EVENT_TYPE_SESSION_EXPIRED, &kLogout},
    {v1::AUDIT_EVENT_TYPE_SESSION_REVOKED, &kLogout},
    {v1::AUDIT_EVENT_TYPE_SESSIONS_LISTED, &kQuery},

    {v1::AUDIT_EVENT_TYPE_PASSWORD_CHANGED, &kCredentials},
    {v1::AUDIT_EVENT_TYPE_TOTP_ENROLMENT_STARTED, &kCredentials},
    {v1::AUDIT_EVENT_TYPE_TOTP_CONFIRMED, &kCredentials},
    {v1::AUDIT_EVENT_TYPE_RECOVERY_CODES_CREATED, &kCredentials},
    {v1::AUDIT_EVENT_TYPE_RECOVERY_CODE_USED, &kLogin},
    {v1::AUDIT_EVENT_TYPE_ACCOUNT_UNLOCKED, &kCredentials},
    {v1::AUDIT_EVENT_TYPE_CREDENTIAL_RESET_REQUESTED, &kCredentials},
    {v1::AUDIT_EVENT_TYPE_CREDENTIAL_RESET_APPROVED, &kCredentials},

    {v1::AUDIT_EVENT_TYPE_NETWORK_READ, &kRead},
    {v1::AUDIT_EVENT_TYPE_NETWORK_UPDATED, &kUpdate},
    {v1::AUDIT_EVENT_TYPE_NETWORK_CREATED, &kCreate},
    {v1::AUDIT_EVENT_TYPE_FACILITY_CREATED, &kCreate},
    {v1::AUDIT_EVENT_TYPE_FACILITIES_READ, &kRead},
    {v1::AUDIT_EVENT_TYPE_FACILITY_UPDATED, &kUpdate},
    {v1::AUDIT_EVENT_TYPE_PERSON_CREATED, &kCreate},
    {v1::AUDIT_EVENT_TYPE_PEOPLE_READ, &kRead},
    {v1::AUDIT_EVENT_TYPE_PERSON_UPDATED, &kUpdate},
    {v1::AUDIT_EVENT_TYPE_AFFILIATION_CREATED, &kCreate},
    {v1::AUDIT_EVENT_TYPE_AFFILIATION_SUSPENDED, &kUpdate},
    {v1::AUDIT_EVENT_TYPE_AFFILIATION_RESUMED, &kUpdate},
    {v1::AUDIT_EVENT_TYPE_AFFILIATION_ENDED, &kUpdate},
    {v1::AUDIT_EVENT_TYPE_ROLE_GRANT_REQUESTED, &kRoles},
    {v1::AUDIT_EVENT_TYPE_ROLE_GRANT_APPROVED, &kRoles},
    {v1::AUDIT_EVENT_TYPE_ROLE_REVOKED, &kRoles},
    {v1::AUDIT_EVENT_TYPE_PATIENT_CREATED, &kCreate},
    {v1::AUDIT_EVENT_TYPE_PATIENT_READ, &kRead},
    {v1::AUDIT_EVENT_TYPE_PATIENT_ACCOUNT_CREATED, &kCreate},
    {v1::AUDIT_EVENT_TYPE_PATIENT_ACCOUNT_ENDED, &kDelete},
    {v1::AUDIT_EVENT_TYPE_PATIENT_SEARCHED, &kQuery},

    {v1::AUDIT_EVENT_TYPE_GROUP_CREATED, &kCreate},
    {v1::AUDIT_EVENT_TYPE_GROUP_READ, &kRead},
    {v1::AUDIT_EVENT_TYPE_GROUPS_LISTED, &kQuery},
    {v1::AUDIT_EVENT_TYPE_GROUP_CLOSED, &kUpdate},
    {v1::AUDIT_EVENT_TYPE_GROUP_REOPENED, &kUpdate},
    {v1::AUDIT_EVENT_TYPE_CONSENT_RECORDED, &kCreate},
    {v1::AUDIT_EVENT_TYPE_CONSENT_WITHDRAWN, &kUpdate},
    {v1::AUDIT_EVENT_TYPE_MEMBER_INVITED, &kCreate},
    {v1::AUDIT_EVENT_TYPE_INVITATIONS_LISTED, &kQuery},
    {v1::AUDIT_EVENT_TYPE_INVITATION_ACCEPTED, &kUpdate},
    {v1::AUDIT_EVENT_TYPE_INVITATION_DECLINED, &kUpdate},
    {v1::AUDIT_EVENT_TYPE_INVITATION_CANCELLED, &kDelete},
    {v1::AUDIT_EVENT_TYPE_MEMBERS_LISTED, &kQuery},
    {v1::AUDIT_EVENT_TYPE_MEMBER_REMOVED, &kDelete},
    {v1::AUDIT_EVENT_TYPE_MEMBER_LEFT, &kDelete},

    {v1::AUDIT_EVENT_TYPE_MESSAGE_SENT, &kCreate},
    {v1::AUDIT_EVENT_TYPE_MESSAGES_READ, &kRead},
    {v1::AUDIT_EVENT_TYPE_MESSAGE_ACKNOWLEDGED, &kUpdate},
    {v1::AUDIT_EVENT_TYPE_MESSAGES_DISPLAYED, &kUpdate},
    {v1::AUDIT_EVENT_TYPE_RECEIPTS_LISTED, &kRead},

    {v1::AUDIT_EVENT_TYPE_STREAM_OPENED, &kOperation},
    {v1::AUDIT_EVENT_TYPE_STREAM_DELIVERED, &kRead},
    {v1::AUDIT_EVENT_TYPE_DELIVERY_CONFIRMED, &kOperation},

    {v1::AUDIT_EVENT_TYPE_AUDIT_QUERIED, &kLogUse},
    {v1::AUDIT_EVENT_TYPE_AUDIT_EXPORTED, &kExport},
    {v1::AUDIT_EVENT_TYPE_AUDIT_REVIEWED, &kCreate},

    {v1::AUDIT_EVENT_TYPE_SERVER_STARTED, &kStart},
    {v1::AUDIT_EVENT_TYPE_SERVER_UNSEALED, &kUnsealing},
    {v1::AUDIT_EVENT_TYPE_SERVER_STOPPED, &kStop},
    {v1::AUDIT_EVENT_TYPE_BACKUP_CREATED, &kBackup},
    {v1::AUDIT_EVENT_TYPE_BACKUP_RESTORED, &kRestore},
    {v1::AUDIT_EVENT_TYPE_CLOCK_ALARM, &kAlarm},
    {v1::AUDIT_EVENT_TYPE_STATUS_READ, &kRead},

    {v1::AUDIT_EVENT_TYPE_BREAK_GLASS_BEGUN, &kEmergencyBegin},
    {v1::AUDIT_EVENT_TYPE_BREAK_GLASS_ENDED, &kEmergencyEnd},
    {v1::AUDIT_EVENT_TYPE_BREAK_GLASS_REVIEWED, &kUpdate},
};

}  // namespace

const FhirKind* FindFhirKind(uint32_t type) {
  for (const Row& row : kRows) {
    if (static_cast<uint32_t>(row.type) == type) {
      return row.kind;
    }
  }
  return nullptr;
}

}  // namespace renkei::audit
