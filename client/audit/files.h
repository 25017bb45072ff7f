// Reading what an auditor was handed.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace renkei::audit {

// All of a file; "-" is standard input. NotFound if it cannot be read.
absl::StatusOr<std::string> ReadFile(const std::string& path);

}  // namespace renkei::audit
