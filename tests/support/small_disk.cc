#include "tests/support/small_disk.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/base/check.h"

namespace renkei::testing {
namespace {

void Write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

// Gives this process mounts of its own; who is not root must be it in a
// namespace of its own first.
bool LeaveOthersMounts() {
  const uid_t user = ::getuid();
  const gid_t group = ::getgid();
  if (::unshare(CLONE_NEWNS) != 0) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
      return false;
    }
    Write("/proc/self/setgroups", "deny");
    Write("/proc/self/uid_map", absl::StrCat("0 ", user, " 1"));
    Write("/proc/self/gid_map", absl::StrCat("0 ", group, " 1"));
  }
  // Nothing shall get out. In a chroot there is no mount at the root; then what
  // is mounted here is seen where the root is shared, until it is taken away.
  static_cast<void>(
      ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr));
  return true;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SmallDisk>> SmallDisk::Mount(uint64_t bytes) {
  static const bool alone = LeaveOthersMounts();
  std::string path =
      (std::filesystem::temp_directory_path() / "renkei-XXXXXX").string();
  CHECK(::mkdtemp(path.data()) != nullptr);
  if (!alone || ::mount("none", path.c_str(), "tmpfs", 0,
                        absl::StrCat("size=", bytes).c_str()) != 0) {
    const absl::Status why = absl::ErrnoToStatus(errno, "cannot mount a tmpfs");
    ::rmdir(path.c_str());
    return absl::PermissionDeniedError(why.message());
  }
  return std::unique_ptr<SmallDisk>(new SmallDisk(std::move(path)));
}

SmallDisk::SmallDisk(std::string path) : path_(std::move(path)) {
  ballast_ = ::open(absl::StrCat(path_, "/somebody-elses").c_str(),
                    O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  CHECK(ballast_ >= 0);
}

SmallDisk::~SmallDisk() {
  ::close(ballast_);
  ::umount2(path_.c_str(), MNT_DETACH);
  ::rmdir(path_.c_str());
}

uint64_t SmallDisk::FreeBytes() const {
  struct statvfs facts {};
  CHECK(::statvfs(path_.c_str(), &facts) == 0);
  return uint64_t{facts.f_bavail} * facts.f_frsize;
}

void SmallDisk::LeaveFree(uint64_t bytes) {
  // Others write too: so by pieces, until it is so.
  while (true) {
    const uint64_t free_bytes = FreeBytes();
    if (free_bytes <= bytes) {
      const uint64_t back = std::min(bytes - free_bytes, ballast_bytes_);
      ballast_bytes_ -= back;
      CHECK(::ftruncate(ballast_, static_cast<off_t>(ballast_bytes_)) == 0);
      return;
    }
    const uint64_t more = std::min<uint64_t>(free_bytes - bytes, 1 << 20);
    if (::posix_fallocate(ballast_, static_cast<off_t>(ballast_bytes_),
                          static_cast<off_t>(more)) == 0) {
      ballast_bytes_ += more;
    }
  }
}

}  // namespace renkei::testing
