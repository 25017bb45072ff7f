#include "server/domain/directory_fields.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/time/civil_time.h"
#include "server/domain/professions.h"
#include "server/domain/refusal.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

constexpr int kBirthYearMin = 1850;
constexpr size_t kFacilityNumberDigits = 10;
constexpr CodePointLimits kInsuredNumberLimits = {1, 50};

// Lower-case letters, digits and what else is named.
bool IsMadeOf(absl::string_view text, absl::string_view others) {
  return std::all_of(text.begin(), text.end(), [others](char at) {
    return absl::ascii_islower(static_cast<unsigned char>(at)) ||
           absl::ascii_isdigit(static_cast<unsigned char>(at)) ||
           absl::StrContains(others, at);
  });
}

}  // namespace

absl::Status CheckNetworkCode(absl::string_view field, absl::string_view code) {
  return code.size() >= 2 && code.size() <= 20 && IsMadeOf(code, "-")
             ? absl::OkStatus()
             : RefuseField(field, "2 to 20 characters of a-z 0-9 -");
}

absl::Status CheckLogin(absl::string_view field, absl::string_view login) {
  return login.size() >= 3 && login.size() <= 64 && IsMadeOf(login, "._-@")
             ? absl::OkStatus()
             : RefuseField(field, "3 to 64 characters of a-z 0-9 . _ - @");
}

absl::Status CheckFacilityNumber(absl::string_view field,
                                 absl::string_view number) {
  const bool digits =
      std::all_of(number.begin(), number.end(),
                  [](unsigned char at) { return absl::ascii_isdigit(at); });
  return number.empty() || (number.size() == kFacilityNumberDigits && digits)
             ? absl::OkStatus()
             : RefuseField(field, "10 digits, or empty");
}

absl::Status CheckProfession(absl::string_view field,
                             absl::string_view profession) {
  return FindProfession(profession) != nullptr
             ? absl::OkStatus()
             : RefuseField(field, "a code that ListProfessions lists");
}

absl::Status CheckDate(absl::string_view field, absl::string_view date) {
  absl::CivilDay day;
  // Parsing alone would take signs, spaces and short numbers too.
  const bool right = absl::ParseCivilTime(date, &day) &&
                     absl::FormatCivilTime(day) == date &&
                     day.year() >= kBirthYearMin;
  return right ? absl::OkStatus()
               : RefuseField(field, "a day of the form 1941-03-07");
}

absl::StatusOr<std::string> ParseInsuredNumber(absl::string_view field,
                                               absl::string_view text) {
  ASSIGN_OR_RETURN(std::string number,
                   ParseLine(field, text, kInsuredNumberLimits));
  if (FoldNumber(number).empty()) {
    return RefuseField(field, "more than spaces and hyphens");
  }
  return number;
}

}  // namespace renkei::domain
