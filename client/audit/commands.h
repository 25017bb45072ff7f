// The subcommands of `renkei-audit`.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace renkei::audit {

// Exit codes: what was looked at is in order; it is not; the command line or a
// file cannot be read.
inline constexpr int kExitInOrder = 0;
inline constexpr int kExitFault = 1;
inline constexpr int kExitUsage = 2;

// Runs the subcommand `arguments[0]`; returns the exit code.
int RunCommand(const std::vector<std::string>& arguments, std::ostream& out,
               std::ostream& err);

}  // namespace renkei::audit
