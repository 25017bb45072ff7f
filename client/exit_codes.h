// What the command line's exit code says, by class of error.
#pragma once

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "client/language.h"

namespace renkei::client {

enum ExitCode : int {
  kExitOk = 0,
  kExitUsage = 2,
  kExitUnauthenticated = 3,
  kExitPermissionDenied = 4,
  kExitNotFound = 5,
  kExitInvalidArgument = 6,
  kExitConflict = 7,
  kExitRetry = 8,
  kExitInternal = 9,
  kExitLogAlarm = 10,
};

struct ExitCodeMeaning {
  ExitCode code;
  Text meaning;
};

// Every exit code with what it means, for --help.
absl::Span<const ExitCodeMeaning> ExitCodeMeanings();

// The exit code for the outcome of a command.
ExitCode ExitCodeOf(const absl::Status& status);

}  // namespace renkei::client
