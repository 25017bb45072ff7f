// A folder on the machine's own disk for one test, gone afterwards.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace renkei::testing {

class RealFolder {
 public:
  RealFolder();
  ~RealFolder();
  RealFolder(const RealFolder&) = delete;
  RealFolder& operator=(const RealFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string PathOf(absl::string_view name) const;

  // All files below `folder`, hidden ones too.
  static std::vector<std::string> FilesUnder(const std::string& folder);
  static std::string ReadAll(const std::string& path);
  static void Overwrite(const std::string& path, const std::string& bytes);

 private:
  std::string path_;
};

}  // namespace renkei::testing
