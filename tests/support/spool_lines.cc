#include "tests/support/spool_lines.h"

#include <algorithm>
#include <filesystem>
#include <regex>
#include <system_error>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "storage/base/check.h"
#include "tests/support/real_folder.h"

namespace renkei::testing {

namespace fs = std::filesystem;

std::vector<std::string> SpoolFiles(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    if (absl::EndsWith(entry.path().string(), ".log")) {
      files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<SpooledEvent> SpooledEvents(const std::string& folder,
                                        size_t* torn) {
  static const std::regex& line_form = *new std::regex(
      "<10[589]>1 [^ ]+Z [^ ]+ renkeid [^ ]+ [A-Z0-9_]+ \\[renkei@32473 "
      "network=\"([a-z0-9]+)\" number=\"([0-9]+)\" leafHash=\"([0-9a-f]{64})\""
      "( [A-Za-z]+=\"([^\"\\]\\\\]|\\\\.)*\")*\\] [A-Z0-9_]+ [A-Z]+");
  std::vector<SpooledEvent> events;
  size_t others = 0;
  for (const std::string& file : SpoolFiles(folder)) {
    std::vector<std::string> lines =
        absl::StrSplit(RealFolder::ReadAll(file), '\n');
    others += lines.back().empty() ? 0 : 1;
    lines.pop_back();
    for (const std::string& line : lines) {
      std::smatch match;
      if (!std::regex_match(line, match, line_form)) {
        ++others;
        continue;
      }
      SpooledEvent event;
      event.network = match[1];
      CHECK(absl::SimpleAtoi(match[2].str(), &event.number));
      event.leaf_hash =
          *Hash32::FromBytes(absl::HexStringToBytes(match[3].str()));
      events.push_back(event);
    }
  }
  if (torn != nullptr) {
    *torn = others;
  }
  return events;
}

}  // namespace renkei::testing
