// A real file system of a few megabytes that a test can fill: a tmpfs that only
// this process sees.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace renkei::testing {

class SmallDisk {
 public:
  // PermissionDenied where this process may not mount. REQUIRES: the first of a
  // process is mounted before any thread is started that shall see it.
  static absl::StatusOr<std::unique_ptr<SmallDisk>> Mount(uint64_t bytes);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  const std::string& path() const { return path_; }
  uint64_t FreeBytes() const;

  // A file of somebody else's grows until so much is free, or shrinks.
  void LeaveFree(uint64_t bytes);

 private:
  explicit SmallDisk(std::string path);

  const std::string path_;
  int ballast_ = -1;  // a file descriptor
  uint64_t ballast_bytes_ = 0;
};

}  // namespace renkei::testing
