#include "tests/support/traces.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "storage/base/check.h"

namespace renkei::testing {
namespace {

constexpr size_t kTextBytesMin = 8;

// Every way in which `text` may stand somewhere. In base64 what surrounds it
// decides how its first and last bits fall, so the middle of each of the three
// ways is looked for.
std::vector<std::string> FormsOf(const std::string& text) {
  std::vector<std::string> forms = {text, absl::BytesToHexString(text)};
  forms.push_back(absl::AsciiStrToUpper(forms.back()));
  for (size_t before = 0; before < 3; ++before) {
    const std::string shifted = absl::StrCat(std::string(before, ' '), text);
    const size_t whole = shifted.size() / 3 * 4;
    const size_t skipped = before == 0 ? 0 : 4;
    for (const std::string& coded :
         {absl::Base64Escape(shifted), absl::WebSafeBase64Escape(shifted)}) {
      forms.push_back(coded.substr(skipped, whole - skipped));
    }
  }
  return forms;
}

}  // namespace

std::vector<std::string> FindTraces(const std::set<std::string>& texts,
                                    absl::string_view where,
                                    absl::string_view content) {
  std::vector<std::string> found;
  for (const std::string& text : texts) {
    CHECK(text.size() >= kTextBytesMin);
    for (const std::string& form : FormsOf(text)) {
      if (absl::StrContains(content, form)) {
        found.push_back(absl::StrCat(where, ": ", absl::CEscape(text)));
        break;
      }
    }
  }
  return found;
}

std::vector<std::string> FindTraces(const std::set<std::string>& texts,
                                    const std::string& folder) {
  std::vector<std::string> found;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) {
      continue;
    }
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    for (std::string& line :
         FindTraces(texts, entry.path().string(), content)) {
      found.push_back(std::move(line));
    }
  }
  return found;
}

}  // namespace renkei::testing
