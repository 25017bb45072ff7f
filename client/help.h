// What --help says.
#pragma once

#include <string>
#include <vector>

#include "client/command.h"
#include "client/language.h"

namespace renkei::client {

// The list of subcommands, shared options and exit codes.
std::string Overview(const std::vector<Command>& commands, Language language);

// Usage and options of one subcommand.
std::string HelpOn(const Command& command, Language language);

}  // namespace renkei::client
