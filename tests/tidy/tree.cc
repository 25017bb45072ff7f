#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <regex>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/tidy/rules.h"

namespace renkei::tidy {
namespace {

namespace fs = std::filesystem;

bool IsList(const SourceFile& file) {
  return fs::path(file.path).filename() == "CMakeLists.txt";
}

bool IsRead(const fs::path& path) {
  static constexpr const char* kEnds[] = {".h",  ".cc", ".proto", ".sh",
                                          ".js", ".md", ".txt",   ".conf"};
  return std::any_of(std::begin(kEnds), std::end(kEnds),
                     [&](const char* end) { return path.extension() == end; });
}

void Append(Complaints& all, Complaints some) {
  std::move(some.begin(), some.end(), std::back_inserter(all));
}

}  // namespace

std::vector<SourceFile> ReadTree(const std::string& root) {
  std::vector<SourceFile> files;
  const auto read = [&](const fs::path& path) {
    std::ifstream stream(path);
    files.push_back({fs::relative(path, root).string(),
                     std::string(std::istreambuf_iterator<char>(stream), {})});
  };
  for (const char* folder :
       {"client", "deploy", "docs", "proto", "server", "storage", "tests"}) {
    if (!fs::exists(fs::path(root) / folder)) continue;
    for (fs::recursive_directory_iterator entry(fs::path(root) / folder), end;
         entry != end; ++entry) {
      if (entry->path().filename() == "node_modules") {
        entry.disable_recursion_pending();
      } else if (entry->is_regular_file() && IsRead(entry->path())) {
        read(entry->path());
      }
    }
  }
  for (const auto& entry : fs::directory_iterator(root)) {
    if (entry.is_regular_file() && IsRead(entry.path())) read(entry.path());
  }
  std::sort(
      files.begin(), files.end(),
      [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

Complaints CheckTree(const std::vector<SourceFile>& files) {
  Complaints complaints;
  std::vector<SourceFile> lists;
  std::copy_if(files.begin(), files.end(), std::back_inserter(lists), IsList);
  for (const SourceFile& list : lists) {
    if (absl::StrContains(list.text, "GLOB")) {
      complaints.push_back(list.path + ": globs");
    }
  }
  for (const SourceFile& file : files) {
    for (const auto check :
         {CheckIncludes, CheckHeaderOpening, CheckNames, CheckTypes,
          CheckReminders, CheckDefaultArguments, CheckLength}) {
      Append(complaints, check(file));
    }
    Append(complaints, CheckListed(file, lists));
    if (absl::EndsWith(file.path, "/config.proto")) {
      Append(complaints, CheckConfigFieldsAreRead(file, files));
    }
  }
  return complaints;
}

}  // namespace renkei::tidy
