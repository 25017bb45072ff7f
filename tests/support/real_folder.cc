#include "tests/support/real_folder.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "storage/base/check.h"

namespace renkei::testing {

RealFolder::RealFolder()
    : path_(
          (std::filesystem::temp_directory_path() / "renkei-XXXXXX").string()) {
  CHECK(::mkdtemp(path_.data()) != nullptr);
}

RealFolder::~RealFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string RealFolder::PathOf(absl::string_view name) const {
  return absl::StrCat(path_, "/", name);
}

std::vector<std::string> RealFolder::FilesUnder(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      files.push_back(entry.path().string());
    }
  }
  return files;
}

std::string RealFolder::ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  CHECK(file.good());
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

void RealFolder::Overwrite(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  file.close();
  CHECK(file.good());
}

}  // namespace renkei::testing
