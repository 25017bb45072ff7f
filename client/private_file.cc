#include "client/private_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace renkei::client {
namespace {

constexpr size_t kFileBytesMax = 1 << 20;
constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;

absl::Status ErrnoStatus(int error, absl::string_view path) {
  const std::string text =
      absl::StrCat(path, ": ", std::generic_category().message(error));
  if (error == ENOENT) {
    return absl::NotFoundError(text);
  }
  return absl::InternalError(text);
}

// Closes what it holds.
class OpenFile {
 public:
  explicit OpenFile(int file) : file_(file) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (file_ >= 0) {
      close(file_);
    }
  }
  int get() const { return file_; }

 private:
  const int file_;
};

absl::Status WriteAll(int file, absl::string_view content,
                      const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = write(file, content.data(), content.size());
    if (written < 0 && errno != EINTR) {
      return ErrnoStatus(errno, path);
    }
    content.remove_prefix(written > 0 ? static_cast<size_t>(written) : 0);
  }
  return fsync(file) == 0 ? absl::OkStatus() : ErrnoStatus(errno, path);
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const OpenFile file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    return ErrnoStatus(errno, path);
  }
  std::string content;
  char buffer[4096];
  while (true) {
    const ssize_t count = read(file.get(), buffer, sizeof(buffer));
    if (count == 0) {
      return content;
    }
    if (count < 0 && errno != EINTR) {
      return ErrnoStatus(errno, path);
    }
    content.append(buffer, count > 0 ? static_cast<size_t>(count) : 0);
    if (content.size() > kFileBytesMax) {
      return absl::ResourceExhaustedError(
          absl::StrCat(path, ": more than 1 MiB"));
    }
  }
}

absl::Status WritePrivateFile(const std::string& path,
                              absl::string_view content) {
  std::string draft = absl::StrCat(path, ".XXXXXX");
  const OpenFile file(mkostemp(draft.data(), O_CLOEXEC));
  if (file.get() < 0) {
    return ErrnoStatus(errno, path);
  }
  absl::Status written = WriteAll(file.get(), content, path);
  if (written.ok() && fchmod(file.get(), kOwnerOnly) != 0) {
    written = ErrnoStatus(errno, path);
  }
  if (written.ok() && rename(draft.c_str(), path.c_str()) != 0) {
    written = ErrnoStatus(errno, path);
  }
  if (!written.ok()) {
    unlink(draft.c_str());
  }
  return written;
}

absl::Status MakePrivateFolder(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::create_directories(path, error)) {
    return error ? ErrnoStatus(error.value(), path) : absl::OkStatus();
  }
  return chmod(path.c_str(), S_IRWXU) == 0 ? absl::OkStatus()
                                           : ErrnoStatus(errno, path);
}

absl::StatusOr<FileLock> FileLock::Take(const std::string& path) {
  const std::string lock_path = absl::StrCat(path, ".lock");
  const int file =
      open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwnerOnly);
  if (file < 0) {
    return ErrnoStatus(errno, lock_path);
  }
  FileLock lock(file);
  while (flock(file, LOCK_EX) != 0) {
    if (errno != EINTR) {
      return ErrnoStatus(errno, lock_path);
    }
  }
  return lock;
}

FileLock::~FileLock() {
  if (file_ >= 0) {
    close(file_);
  }
}

}  // namespace renkei::client
