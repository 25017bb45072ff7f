// The parts that FHIR's resources are made of, as JSON; empty for nothing,
// which is then left out.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace renkei::audit {

struct FhirCode {
  absl::string_view system;
  absl::string_view code;
  absl::string_view display;
};

std::string FhirText(absl::string_view text);
std::string FhirBoolean(bool value);
std::string FhirCoding(const FhirCode& code);
std::string FhirConcept(const FhirCode& code);

// A reference by an identifier, to a resource that is nowhere itself; `type`
// may be empty.
std::string FhirIdentified(absl::string_view type, absl::string_view system,
                           absl::string_view value);

// Of an agent, by its IP address. Without one it is unknown, and says so: never
// empty, because BALP demands it.
std::string FhirNetwork(absl::string_view address);

}  // namespace renkei::audit
