#include "server/domain/refusal.h"

#include <array>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace renkei::domain {
namespace {

constexpr char kReasonUrl[] = "renkei/reason";
constexpr char kMetadataUrl[] = "renkei/metadata";

struct Name {
  Reason reason;
  absl::string_view text;
};
constexpr std::array kNames = {
    Name{Reason::kUnspecified, "UNSPECIFIED"},
    Name{Reason::kFieldInvalid, "FIELD_INVALID"},
    Name{Reason::kPageTokenInvalid, "PAGE_TOKEN_INVALID"},
    Name{Reason::kCursorInvalid, "CURSOR_INVALID"},
    Name{Reason::kNotSupported, "NOT_SUPPORTED"},
    Name{Reason::kDeadlineTooShort, "DEADLINE_TOO_SHORT"},
    Name{Reason::kPasswordRefused, "PASSWORD_REFUSED"},
    Name{Reason::kCredentialsMissing, "CREDENTIALS_MISSING"},
    Name{Reason::kTokenExpired, "TOKEN_EXPIRED"},
    Name{Reason::kSessionLocked, "SESSION_LOCKED"},
    Name{Reason::kSessionEnded, "SESSION_ENDED"},
    Name{Reason::kSignInFailed, "SIGN_IN_FAILED"},
    Name{Reason::kRefreshTokenInvalid, "REFRESH_TOKEN_INVALID"},
    Name{Reason::kEnrolmentRequired, "ENROLMENT_REQUIRED"},
    Name{Reason::kNotPermitted, "NOT_PERMITTED"},
    Name{Reason::kByLawForbids, "BY_LAW_FORBIDS"},
    Name{Reason::kPermissionNeeded, "PERMISSION_NEEDED"},
    Name{Reason::kSecondPersonNeeded, "SECOND_PERSON_NEEDED"},
    Name{Reason::kPasswordWrong, "PASSWORD_WRONG"},
    Name{Reason::kNotFound, "NOT_FOUND"},
    Name{Reason::kRequestIdReused, "REQUEST_ID_REUSED"},
    Name{Reason::kGroupExists, "GROUP_EXISTS"},
    Name{Reason::kLoginTaken, "LOGIN_TAKEN"},
    Name{Reason::kPatientExists, "PATIENT_EXISTS"},
    Name{Reason::kFacilityExists, "FACILITY_EXISTS"},
    Name{Reason::kMemberExists, "MEMBER_EXISTS"},
    Name{Reason::kInvitationExists, "INVITATION_EXISTS"},
    Name{Reason::kRoleGrantExists, "ROLE_GRANT_EXISTS"},
    Name{Reason::kAffiliationExists, "AFFILIATION_EXISTS"},
    Name{Reason::kConsentExists, "CONSENT_EXISTS"},
    Name{Reason::kEtagMismatch, "ETAG_MISMATCH"},
    Name{Reason::kAudienceChanged, "AUDIENCE_CHANGED"},
    Name{Reason::kConsentMissing, "CONSENT_MISSING"},
    Name{Reason::kConsentDoesNotCover, "CONSENT_DOES_NOT_COVER"},
    Name{Reason::kGroupClosed, "GROUP_CLOSED"},
    Name{Reason::kStateWrong, "STATE_WRONG"},
    Name{Reason::kPredecessorMissing, "PREDECESSOR_MISSING"},
    Name{Reason::kRevisionOutdated, "REVISION_OUTDATED"},
    Name{Reason::kAffiliationMissing, "AFFILIATION_MISSING"},
    Name{Reason::kHistoryTooWide, "HISTORY_TOO_WIDE"},
    Name{Reason::kLastOne, "LAST_ONE"},
    Name{Reason::kQueueFull, "QUEUE_FULL"},
    Name{Reason::kLimitReached, "LIMIT_REACHED"},
    Name{Reason::kDiskLow, "DISK_LOW"},
    Name{Reason::kServerSealed, "SERVER_SEALED"},
    Name{Reason::kStoreFenced, "STORE_FENCED"},
    Name{Reason::kServerStopping, "SERVER_STOPPING"},
    Name{Reason::kInternal, "INTERNAL"},
    Name{Reason::kRecordDamaged, "RECORD_DAMAGED"},
};

}  // namespace

absl::string_view ReasonName(Reason reason) {
  for (const Name& name : kNames) {
    if (name.reason == reason) {
      return name.text;
    }
  }
  return kNames[0].text;
}

absl::Status Refuse(absl::StatusCode code, Reason reason,
                    absl::string_view message, const ReasonMetadata& metadata) {
  absl::Status status(code, message);
  status.SetPayload(kReasonUrl,
                    absl::Cord(absl::StrCat(static_cast<int>(reason))));
  std::string pairs;
  for (const auto& [key, value] : metadata) {
    absl::StrAppend(&pairs, key, std::string(1, '\0'), value,
                    std::string(1, '\0'));
  }
  if (!pairs.empty()) {
    status.SetPayload(kMetadataUrl, absl::Cord(pairs));
  }
  return status;
}

absl::Status Refuse(absl::StatusCode code, Reason reason,
                    absl::string_view message) {
  return Refuse(code, reason, message, {});
}

absl::Status RefuseField(absl::string_view field, absl::string_view wanted) {
  return Refuse(
      absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid,
      absl::StrCat(field, ": ", wanted),
      {{"field", std::string(field)}, {"wanted", std::string(wanted)}});
}

absl::Status RefuseUnknown() {
  return Refuse(absl::StatusCode::kNotFound, Reason::kNotFound,
                "no such resource, or none that you may know of");
}

absl::Status RefuseState(absl::string_view state) {
  return Refuse(absl::StatusCode::kFailedPrecondition, Reason::kStateWrong,
                "not in a state in which this can be done",
                {{"state", std::string(state)}});
}

absl::Status RefuseLimit(absl::string_view limit, size_t maximum) {
  return Refuse(
      absl::StatusCode::kResourceExhausted, Reason::kLimitReached,
      absl::StrCat("at most ", maximum, " ", limit),
      {{"limit", std::string(limit)}, {"maximum", absl::StrCat(maximum)}});
}

Reason ReasonOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kReasonUrl);
  int number = 0;
  if (!payload || !absl::SimpleAtoi(std::string(*payload), &number)) {
    return Reason::kUnspecified;
  }
  return static_cast<Reason>(number);
}

ReasonMetadata MetadataOf(const absl::Status& status) {
  ReasonMetadata metadata;
  if (const auto payload = status.GetPayload(kMetadataUrl)) {
    const std::vector<std::string> parts =
        absl::StrSplit(std::string(*payload), '\0');
    for (size_t i = 0; i + 1 < parts.size(); i += 2) {
      metadata[parts[i]] = parts[i + 1];
    }
  }
  return metadata;
}

}  // namespace renkei::domain
