// Reading what an auditor was handed, and keeping what a witness must remember.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace renkei::audit {

// All of a file; "-" is standard input. NotFound if it cannot be read.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// Puts a file of exactly `bytes`, for its owner only, in place of what was
// there; on disk when it returns OK. After a crash it is the old or the new.
absl::Status WriteFile(const std::string& path, absl::string_view bytes);

}  // namespace renkei::audit
