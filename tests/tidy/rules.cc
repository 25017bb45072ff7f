#include "tests/tidy/rules.h"

#include <algorithm>
#include <regex>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace renkei::tidy {
namespace {

bool IsCode(absl::string_view path) {
  return absl::EndsWith(path, ".h") || absl::EndsWith(path, ".cc");
}

bool IsTest(absl::string_view path) { return absl::StartsWith(path, "tests/"); }

// Blanks out comments and the insides of literals, keeping the lines.
std::string CodeOnly(absl::string_view text) {
  static const std::regex& literal =
      *new std::regex(R"([0-9a-f]'[0-9a-f]|//[^\n]*|/\*[^]*?\*/|)"
                      R"("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')");
  std::string code(text);
  const std::string original = code;
  for (std::sregex_iterator match(original.begin(), original.end(), literal),
       end;
       match != end; ++match) {
    for (std::ptrdiff_t i = 1; i + 1 < match->length(); ++i) {
      char& letter = code[match->position() + i];
      if (letter != '\n') letter = ' ';
    }
  }
  return code;
}

// Calls `found` with the first group of every match.
template <typename Found>
void EachMatch(const std::string& text, const std::regex& pattern,
               Found found) {
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end;
       match != end; ++match) {
    found((*match)[1].str());
  }
}

// The parts of a CamelCase name.
std::vector<std::string> Words(const std::string& name) {
  std::vector<std::string> words;
  static const std::regex& word_pattern =
      *new std::regex("([A-Z][a-z0-9]*|[a-z0-9]+)");
  EachMatch(name, word_pattern,
            [&](const std::string& word) { words.push_back(word); });
  return words;
}

}  // namespace

int LinesOf(absl::string_view text) {
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

Complaints CheckHeaderOpening(const SourceFile& file) {
  if (!absl::EndsWith(file.path, ".h")) return {};
  Complaints complaints;
  if (!absl::StartsWith(file.text, "// ")) {
    complaints.push_back(file.path + ": does not begin by saying what it is");
  }
  if (!absl::StrContains(file.text, "\n#pragma once\n")) {
    complaints.push_back(file.path + ": has no #pragma once");
  }
  return complaints;
}

Complaints CheckNames(const SourceFile& file) {
  static const std::set<std::string>& banned = *new std::set<std::string>{
      "Manager", "Helper",   "Helpers",   "Util",    "Utils", "Common", "Misc",
      "Base",    "Abstract", "Processor", "Wrapper", "Impl",  "Data",   "Info"};
  static const std::regex& declared = *new std::regex(
      R"(\b(?:class|struct|enum class|enum|union|using|concept)\s+)"
      R"((?:[A-Z_]+\([^)]*\)\s+)?([A-Z]\w*)(?=\s*(?:final\b|[:;{=])))");
  static const std::regex& banned_file = *new std::regex(
      "(?:^|[_/])(manager|helpers?|utils?|common|misc|abstract|processor|"
      "wrapper|impl|data|info)(?=[_./])");
  Complaints complaints;
  EachMatch(file.path, banned_file, [&](const std::string& word) {
    complaints.push_back(
        absl::StrCat(file.path, ": '", word, "' in a file's name"));
  });
  if (!IsCode(file.path)) return complaints;
  EachMatch(CodeOnly(file.text), declared, [&](const std::string& name) {
    for (const std::string& word : Words(name)) {
      if (banned.count(word) == 0) continue;
      complaints.push_back(
          absl::StrCat(file.path, ": '", word, "' in the name ", name));
    }
    if (name.size() > 2 && name[0] == 'I' && isupper(name[1]) &&
        islower(name[2])) {
      complaints.push_back(absl::StrCat(file.path, ": I-prefix on ", name));
    }
  });
  return complaints;
}

Complaints CheckTypes(const SourceFile& file) {
  if (!IsCode(file.path)) return {};
  static const std::regex& foreign =
      *new std::regex(R"(\b(std::string_view|absl::optional|absl::variant)\b)");
  static const std::regex& bare_mutex =
      *new std::regex(R"(\b(std::(?:recursive_|shared_)?mutex)\b)");
  Complaints complaints;
  const std::string code = CodeOnly(file.text);
  EachMatch(code, foreign, [&](const std::string& type) {
    complaints.push_back(absl::StrCat(
        file.path, ": ", type,
        "; we use absl::string_view, std::optional and std::variant"));
  });
  // Yardsticks share nothing with what they measure, not even the lock.
  if (absl::StartsWith(file.path, "storage/base/") ||
      absl::StartsWith(file.path, "tests/bench/yardsticks/")) {
    return complaints;
  }
  EachMatch(code, bare_mutex, [&](const std::string& type) {
    complaints.push_back(absl::StrCat(file.path, ": ", type,
                                      "; the lock is storage/base/mutex.h's"));
  });
  return complaints;
}

Complaints CheckReminders(const SourceFile& file) {
  static const std::regex& reminder =
      *new std::regex(R"(\b(TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b)");
  Complaints complaints;
  EachMatch(file.text, reminder, [&](const std::string& word) {
    complaints.push_back(
        absl::StrCat(file.path, ": ", word, "; open an issue instead"));
  });
  return complaints;
}

Complaints CheckDefaultArguments(const SourceFile& file) {
  if (!absl::EndsWith(file.path, ".h") ||
      (!absl::StartsWith(file.path, "server/domain/") &&
       !absl::StartsWith(file.path, "server/rpc/"))) {
    return {};
  }
  static const std::regex& default_argument =
      *new std::regex(R"((?:^|\n)(?!\s*(?:for|if|while|switch)\b)[^\n;{}#]*)"
                      R"((\b\w+)\((?:[^(){};]|\([^(){};]*\))*[\w>&*] \w+ = )");
  Complaints complaints;
  EachMatch(
      CodeOnly(file.text), default_argument, [&](const std::string& name) {
        complaints.push_back(
            absl::StrCat(file.path, ": ", name, " has a default argument"));
      });
  return complaints;
}

Complaints CheckLength(const SourceFile& file) {
  if (!IsCode(file.path) || LinesOf(file.text) <= kFileLinesMax) return {};
  return {absl::StrCat(file.path, ": ", LinesOf(file.text),
                       " lines, more than ", kFileLinesMax)};
}

Complaints CheckListed(const SourceFile& file,
                       const std::vector<SourceFile>& lists) {
  if (!absl::EndsWith(file.path, ".cc")) return {};
  for (const SourceFile& list : lists) {
    const std::string folder = list.path.substr(
        0, list.path.size() - std::string("CMakeLists.txt").size());
    if (folder.empty() || !absl::StartsWith(file.path, folder)) continue;
    std::string name = file.path.substr(folder.size());
    // renkei_test() is given the path without its end.
    if (IsTest(file.path)) name.resize(name.size() - std::string(".cc").size());
    for (const absl::string_view word : absl::StrSplit(
             list.text, absl::ByAnyChar(" \n()"), absl::SkipEmpty())) {
      if (word == name || word == name + ".cc") return {};
    }
  }
  return {file.path + ": is in no CMakeLists.txt"};
}

Complaints CheckConfigFieldsAreRead(const SourceFile& config_proto,
                                    const std::vector<SourceFile>& sources) {
  static const std::regex& field_pattern =
      *new std::regex(R"(\n\s+(?:repeated |optional )?[\w.]+ (\w+) = \d+;)");
  Complaints complaints;
  EachMatch(config_proto.text, field_pattern, [&](const std::string& field) {
    const std::regex read(absl::StrCat(R"((\b(?:has_)?)", field, R"(\(\)))"));
    const bool found = std::any_of(
        sources.begin(), sources.end(), [&](const SourceFile& source) {
          return absl::StartsWith(source.path, "server/") &&
                 std::regex_search(source.text, read);
        });
    if (found) return;
    complaints.push_back(
        absl::StrCat(config_proto.path, ": nobody reads ", field));
  });
  return complaints;
}

}  // namespace renkei::tidy
