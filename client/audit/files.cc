#include "client/audit/files.h"

#include <fstream>
#include <iostream>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace renkei::audit {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  if (path == "-") {
    return std::string(std::istreambuf_iterator<char>(std::cin), {});
  }
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  // A folder opens, too, and has no size that makes sense.
  const std::streamoff size = file ? static_cast<std::streamoff>(file.tellg()) : -1;
  std::string bytes;
  if (size > 0 && size < (std::streamoff{1} << 40)) {
    bytes.resize(static_cast<size_t>(size));
    file.seekg(0);
    file.read(bytes.data(), size);
  }
  if (!file || size < 0 || bytes.size() != static_cast<size_t>(size)) {
    return absl::NotFoundError(absl::StrCat(path, " cannot be read"));
  }
  return bytes;
}

}  // namespace renkei::audit
