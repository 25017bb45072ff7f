// The rules of the code that no compiler checks, each a function of one
// file's text.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace renkei::tidy {

// A file of the project: its path from the root and what it holds.
struct SourceFile {
  std::string path;
  std::string text;
};

// Each returns one sentence a violation, none if the file keeps the rule.
using Complaints = std::vector<std::string>;

// Who may include whom: folder by folder, and foreign libraries.
Complaints CheckIncludes(const SourceFile& file);

// A header says first what it is, and is included once.
Complaints CheckHeaderOpening(const SourceFile& file);

// Types whose names say nothing, and files named like them.
Complaints CheckNames(const SourceFile& file);

// The types that Debian's Abseil does not share with the standard library, and
// the lock that clang cannot follow.
Complaints CheckTypes(const SourceFile& file);

// Reminders belong in issues.
Complaints CheckReminders(const SourceFile& file);

// Functions of server/domain and server/rpc say all their arguments.
Complaints CheckDefaultArguments(const SourceFile& file);

// At most kFileLinesMax lines.
Complaints CheckLength(const SourceFile& file);
inline constexpr int kFileLinesSmell = 400;
inline constexpr int kFileLinesMax = 450;

// Every source file is listed in the CMakeLists.txt of its folder or a folder
// above; nothing is globbed. `lists` are all the CMakeLists.txt files.
Complaints CheckListed(const SourceFile& file,
                       const std::vector<SourceFile>& lists);

// Every field of the configuration is read somewhere in server/.
Complaints CheckConfigFieldsAreRead(const SourceFile& config_proto,
                                    const std::vector<SourceFile>& sources);

// All rules over all files of the project.
Complaints CheckTree(const std::vector<SourceFile>& files);

// The project's files below `root`, in the order of their paths.
std::vector<SourceFile> ReadTree(const std::string& root);

int LinesOf(absl::string_view text);

}  // namespace renkei::tidy
