#include "client/audit/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
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
  const std::streamoff size =
      file ? static_cast<std::streamoff>(file.tellg()) : -1;
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

absl::Status WriteFile(const std::string& path, absl::string_view bytes) {
  const std::string fresh = absl::StrCat(path, ".new");
  const int file =
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written = file >= 0 &&
                       ::write(file, bytes.data(), bytes.size()) ==
                           static_cast<ssize_t>(bytes.size()) &&
                       ::fsync(file) == 0;
  if (file >= 0) {
    ::close(file);
  }
  const std::string folder =
      std::filesystem::absolute(path).parent_path().string();
  const int parent = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool placed = written && parent >= 0 &&
                      ::rename(fresh.c_str(), path.c_str()) == 0 &&
                      ::fsync(parent) == 0;
  if (parent >= 0) {
    ::close(parent);
  }
  return placed
             ? absl::OkStatus()
             : absl::UnavailableError(absl::StrCat(path, " cannot be written"));
}

}  // namespace renkei::audit
