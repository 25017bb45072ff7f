// Files that only their owner may read.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace renkei::client {

// Reads a whole file or file descriptor path such as /dev/fd/3. NOT_FOUND if
// there is none; RESOURCE_EXHAUSTED if it holds more than 1 MiB.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// Makes or replaces the file at once, so that no reader sees half of it, with
// mode 0600.
absl::Status WritePrivateFile(const std::string& path,
                              absl::string_view content);

// Makes the folder and those above it that are missing, with mode 0700.
absl::Status MakePrivateFolder(const std::string& path);

// Holds an exclusive lock on `<path>.lock` as long as it lives. Waits for it.
class FileLock {
 public:
  static absl::StatusOr<FileLock> Take(const std::string& path);
  FileLock(FileLock&& other) noexcept : file_(other.file_) { other.file_ = -1; }
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int file) : file_(file) {}

  int file_;
};

}  // namespace renkei::client
