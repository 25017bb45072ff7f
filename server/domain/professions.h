// The professions (職種) a person may have in an affiliation: the whole code
// list.
#pragma once

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace renkei::domain {

// What rules speak of when they do not name a single profession.
enum class ProfessionGroup { kMedical, kCare, kLiaison, kGuest, kPatientSide };

struct Profession {
  absl::string_view code;  // On disk and in the API: never changed or reused.
  absl::string_view japanese_name;
  absl::string_view english_name;
  ProfessionGroup group;
  bool certifiable;  // A licence that the Japanese health PKI can certify.
};

// Every profession, in the order in which they are shown. Lives for ever.
absl::Span<const Profession> Professions();

// Returns the profession with exactly this code, or null if there is none.
const Profession* FindProfession(absl::string_view code);

// Returns the snake_case name of a group, such as "patient_side".
absl::string_view ProfessionGroupName(ProfessionGroup group);

}  // namespace renkei::domain
