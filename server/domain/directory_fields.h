// The form of what people type into the directory, checked before any data is
// looked at.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/domain/text.h"

namespace renkei::domain {

inline constexpr CodePointLimits kNameLimits = {1, 100};
inline constexpr CodePointLimits kReadingLimits = {0, 100};
inline constexpr CodePointLimits kByLawVersionLimits = {1, 50};
inline constexpr CodePointLimits kTelephoneLimits = {0, 30};
inline constexpr CodePointLimits kReasonLimits = {0, 500};
inline constexpr CodePointLimits kReasonNeededLimits = {1, 500};

// All: FIELD_INVALID naming `field`.

// 2 to 20 characters of a-z 0-9 -.
absl::Status CheckNetworkCode(absl::string_view field, absl::string_view code);

// 3 to 64 characters of a-z 0-9 . _ - @.
absl::Status CheckLogin(absl::string_view field, absl::string_view login);

// 10 digits, or empty.
absl::Status CheckFacilityNumber(absl::string_view field,
                                 absl::string_view number);

// A code of professions.h.
absl::Status CheckProfession(absl::string_view field,
                             absl::string_view profession);

// A day that was, YYYY-MM-DD, from 1850.
absl::Status CheckDate(absl::string_view field, absl::string_view date);

// 1 to 50 code points, some of them other than spaces and hyphens.
absl::StatusOr<std::string> ParseInsuredNumber(absl::string_view field,
                                               absl::string_view text);

}  // namespace renkei::domain
