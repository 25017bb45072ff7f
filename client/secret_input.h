// Passwords and codes come from a prompt, a file or standard input; never from
// the command line, which other users of the machine can read.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace renkei::client {

// Returns the first line of `path` ("-": standard input; /dev/fd/N works). If
// `path` is empty, asks on the terminal with `prompt`, without showing what is
// typed. FAILED_PRECONDITION if there is no terminal, INVALID_ARGUMENT if the
// line is empty.
absl::StatusOr<std::string> ReadSecret(const std::string& path,
                                       absl::string_view prompt);

}  // namespace renkei::client
