// Looks for texts that must not be readable: in the files of a folder, as they
// are, in hexadecimal and in base64.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace renkei::testing {

// What was found where, a line each; empty if nothing. Texts of fewer than
// eight bytes would be found by accident: REQUIRES: none is shorter.
std::vector<std::string> FindTraces(const std::set<std::string>& texts,
                                    const std::string& folder);
std::vector<std::string> FindTraces(const std::set<std::string>& texts,
                                    absl::string_view where,
                                    absl::string_view content);

}  // namespace renkei::testing
