// The command line `renkei`: finds the subcommand and runs it.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "client/command.h"
#include "client/language.h"

namespace renkei::client {

// Every subcommand, in the order of --help.
std::vector<Command> AllCommands();

// Runs what `words` (without the program's name) say. Answers go to `out`,
// errors and help on errors to `err`. Returns the exit code.
int RunCommandLine(absl::Span<const std::string> words,
                   const Environment& environment, std::ostream& out,
                   std::ostream& err);

}  // namespace renkei::client
