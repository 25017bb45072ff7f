// How the domain says no: a status that carries one published reason and what a
// client needs to act on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace renkei::domain {

// Names and numbers are those of renkei.v1.ErrorReason (a test holds the two
// together).
enum class Reason : uint16_t {
  kUnspecified = 0,
  kFieldInvalid = 1,
  kPageTokenInvalid = 2,
  kCursorInvalid = 3,
  kNotSupported = 4,
  kDeadlineTooShort = 5,
  kPasswordRefused = 6,
  kCredentialsMissing = 20,
  kTokenExpired = 21,
  kSessionLocked = 22,
  kSessionEnded = 23,
  kSignInFailed = 24,
  kRefreshTokenInvalid = 25,
  kEnrolmentRequired = 40,
  kNotPermitted = 41,
  kByLawForbids = 42,
  kPermissionNeeded = 43,
  kSecondPersonNeeded = 44,
  kPasswordWrong = 45,
  kNotFound = 60,
  kRequestIdReused = 80,
  kGroupExists = 81,
  kLoginTaken = 82,
  kPatientExists = 83,
  kFacilityExists = 84,
  kMemberExists = 85,
  kInvitationExists = 86,
  kRoleGrantExists = 87,
  kAffiliationExists = 88,
  kConsentExists = 89,
  kEtagMismatch = 100,
  kAudienceChanged = 101,
  kConsentMissing = 120,
  kConsentDoesNotCover = 121,
  kGroupClosed = 122,
  kStateWrong = 123,
  kPredecessorMissing = 124,
  kRevisionOutdated = 125,
  kAffiliationMissing = 126,
  kHistoryTooWide = 127,
  kLastOne = 128,
  kQueueFull = 140,
  kLimitReached = 141,
  kDiskLow = 142,
  kServerSealed = 160,
  kStoreFenced = 161,
  kServerStopping = 162,
  kInternal = 180,
  kRecordDamaged = 181,
};

// UPPER_SNAKE_CASE, as published; "UNSPECIFIED" for a number that names
// nothing.
absl::string_view ReasonName(Reason reason);

using ReasonMetadata = std::map<std::string, std::string>;

// `message` is English for developers: it names fields and wanted ranges, never
// content.
absl::Status Refuse(absl::StatusCode code, Reason reason,
                    absl::string_view message, const ReasonMetadata& metadata);
absl::Status Refuse(absl::StatusCode code, Reason reason,
                    absl::string_view message);

// INVALID_ARGUMENT, FIELD_INVALID with metadata {field}.
absl::Status RefuseField(absl::string_view field, absl::string_view wanted);

// The one NOT_FOUND for what does not exist and what the caller may not know
// of.
absl::Status RefuseUnknown();

// FAILED_PRECONDITION, STATE_WRONG with the state there is.
absl::Status RefuseState(absl::string_view state);

// RESOURCE_EXHAUSTED, LIMIT_REACHED.
absl::Status RefuseLimit(absl::string_view limit, size_t maximum);

// What a status made above carries; kUnspecified for any other status.
Reason ReasonOf(const absl::Status& status);
ReasonMetadata MetadataOf(const absl::Status& status);

}  // namespace renkei::domain
