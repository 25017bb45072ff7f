// Exported events for people and for other programs. Proves nothing: verify
// first.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace renkei::audit {

// `show [FILTER…] [--json] EXPORT…`: one row or one JSON line an event.
absl::Status ShowEvents(const std::vector<std::string>& arguments,
                        std::ostream& out);

// `fhir [FILTER…] EXPORT…`: one FHIR AuditEvent a line.
absl::Status ShowFhir(const std::vector<std::string>& arguments,
                      std::ostream& out);

// `report QUESTION [FILTER…] [--json|--csv] EXPORT…`: an answer to one of the
// canned questions, from exports that follow one another.
absl::Status Report(const std::vector<std::string>& arguments,
                    std::ostream& out);

}  // namespace renkei::audit
