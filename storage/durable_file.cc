#include "storage/durable_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"

namespace renkei::storage {
namespace {

constexpr mode_t kFileMode = 0600;
constexpr mode_t kFolderMode = 0700;
constexpr size_t kPieceBytes = size_t{1} << 16;

absl::Status ErrorOf(absl::string_view what, absl::string_view path) {
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot ", what, " ", path));
}

absl::StatusOr<int> OpenDescriptor(const std::string& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, kFileMode);
  if (descriptor < 0) {
    return ErrorOf("open", path);
  }
  return descriptor;
}

// Leaves errno as the first failing write set it.
bool WriteAllAt(int descriptor, absl::string_view bytes, uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(descriptor, bytes.data(), bytes.size(),
                                     static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written < 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
  return true;
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

absl::Status SyncFolder(const std::string& folder) {
  ASSIGN_OR_RETURN(const int descriptor,
                   OpenDescriptor(folder, O_RDONLY | O_DIRECTORY));
  const absl::Cleanup close = [descriptor] { ::close(descriptor); };
  return ::fsync(descriptor) == 0 ? absl::OkStatus() : ErrorOf("sync", folder);
}

}  // namespace

absl::StatusOr<std::string> ReadWholeFile(const std::string& path) {
  ASSIGN_OR_RETURN(const int descriptor, OpenDescriptor(path, O_RDONLY));
  const absl::Cleanup close = [descriptor] { ::close(descriptor); };
  std::string bytes;
  while (true) {
    const size_t start = bytes.size();
    bytes.resize(start + kPieceBytes);
    const ssize_t got = ::read(descriptor, bytes.data() + start, kPieceBytes);
    if (got < 0 && errno != EINTR) {
      return ErrorOf("read", path);
    }
    bytes.resize(start + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) {
      return bytes;
    }
  }
}

absl::Status MakeFolder(const std::string& folder) {
  if (::mkdir(folder.c_str(), kFolderMode) != 0 && errno != EEXIST) {
    return ErrorOf("make", folder);
  }
  return SyncFolder(FolderOf(folder));
}

DurableFile::DurableFile(std::string path, int descriptor, uint64_t size)
    : path_(std::move(path)), descriptor_(descriptor), size_(size) {}

DurableFile::~DurableFile() { ::close(descriptor_); }

absl::StatusOr<std::unique_ptr<DurableFile>> DurableFile::Opened(
    const std::string& path, int flags) {
  ASSIGN_OR_RETURN(const int descriptor, OpenDescriptor(path, flags));
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) {
    const absl::Status error = ErrorOf("look at", path);
    ::close(descriptor);
    return error;
  }
  return std::unique_ptr<DurableFile>(
      new DurableFile(path, descriptor, static_cast<uint64_t>(status.st_size)));
}

absl::StatusOr<std::unique_ptr<DurableFile>> DurableFile::Open(
    const std::string& path) {
  return Opened(path, O_RDWR);
}

absl::StatusOr<std::unique_ptr<DurableFile>> DurableFile::AppendOnly(
    const std::string& path) {
  ASSIGN_OR_RETURN(auto file, Opened(path, O_WRONLY | O_APPEND | O_CREAT));
  if (file->size() == 0) {
    RETURN_IF_ERROR(SyncFolder(FolderOf(path)));
  }
  return file;
}

absl::StatusOr<std::unique_ptr<DurableFile>> DurableFile::Replace(
    const std::string& path, absl::string_view bytes) {
  const std::string fresh = absl::StrCat(path, ".new");
  ASSIGN_OR_RETURN(const int descriptor,
                   OpenDescriptor(fresh, O_RDWR | O_CREAT | O_TRUNC));
  std::unique_ptr<DurableFile> file(new DurableFile(path, descriptor, 0));
  RETURN_IF_ERROR(file->Append(bytes));
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    return ErrorOf("replace", path);
  }
  if (const absl::Status synced = SyncFolder(FolderOf(path)); !synced.ok()) {
    // Whatever the cause, this must not look like a failure that changed
    // nothing.
    return absl::InternalError(synced.message());
  }
  return file;
}

absl::Status DurableFile::Append(absl::string_view bytes) {
  if (!WriteAllAt(descriptor_, bytes, size_)) {
    const int cause = errno;
    const bool was_full = cause == ENOSPC || cause == EDQUOT;
    const bool undone =
        ::ftruncate(descriptor_, static_cast<off_t>(size_)) == 0;
    errno = cause;
    return was_full && undone
               ? absl::ResourceExhaustedError(
                     absl::StrCat("disk full: ", path_))
               : absl::InternalError(ErrorOf("write", path_).message());
  }
  if (::fsync(descriptor_) != 0) {
    return absl::InternalError(ErrorOf("sync", path_).message());
  }
  size_ += bytes.size();
  return absl::OkStatus();
}

absl::Status DurableFile::Truncate(uint64_t size) {
  if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0 ||
      ::fsync(descriptor_) != 0) {
    return ErrorOf("cut", path_);
  }
  size_ = size;
  return absl::OkStatus();
}

absl::Status DurableFile::Erase() {
  const std::string zeros(kPieceBytes, '\0');
  for (uint64_t done = 0; done < size_; done += kPieceBytes) {
    const size_t piece = std::min<uint64_t>(kPieceBytes, size_ - done);
    if (!WriteAllAt(descriptor_, absl::string_view(zeros).substr(0, piece),
                    done)) {
      return ErrorOf("erase", path_);
    }
  }
  return ::fsync(descriptor_) == 0 ? absl::OkStatus() : ErrorOf("erase", path_);
}

FolderLock::FolderLock(int descriptor) : descriptor_(descriptor) {}

FolderLock::~FolderLock() { ::close(descriptor_); }

absl::StatusOr<std::unique_ptr<FolderLock>> FolderLock::Take(
    const std::string& folder) {
  ASSIGN_OR_RETURN(
      const int descriptor,
      OpenDescriptor(absl::StrCat(folder, "/LOCK"), O_RDWR | O_CREAT));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    ::close(descriptor);
    return absl::FailedPreconditionError(
        absl::StrCat(folder, " is in use by another process"));
  }
  return std::unique_ptr<FolderLock>(new FolderLock(descriptor));
}

}  // namespace renkei::storage
