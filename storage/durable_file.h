// Small files that must be on disk before we go on: written through, replaced
// whole, locked.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace renkei::storage {

// Errors carry the code of the system's errno and name the path. Files are made
// 0600, folders 0700.

// All bytes of a file. NotFound if there is none.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path);

// Makes `folder` unless it is there; its parent must be.
absl::Status MakeFolder(const std::string& folder);

// An open file to append to. Closes at the end of its life. Not thread-safe.
class DurableFile {
 public:
  // NotFound if there is no such file.
  static absl::StatusOr<std::unique_ptr<DurableFile>> Open(
      const std::string& path);

  // A file to which bytes can only be added, as media ask that cannot be
  // rewritten; made if it is not there.
  static absl::StatusOr<std::unique_ptr<DurableFile>> AppendOnly(
      const std::string& path);

  // Puts a file of exactly `bytes` at `path`, in place of what was there, and
  // gives it open. After a crash there is the old file or the new one; a
  // leftover under `path`.new does no harm. ResourceExhausted if the disk was
  // full or too much was open, and the old file is still there; after another
  // error it may be either.
  static absl::StatusOr<std::unique_ptr<DurableFile>> Replace(
      const std::string& path, absl::string_view bytes);

  ~DurableFile();
  DurableFile(const DurableFile&) = delete;
  DurableFile& operator=(const DurableFile&) = delete;

  // OK once `bytes` are on disk. ResourceExhausted if the disk was full, and
  // the file is as it was before. After any other error nothing is known about
  // the end of the file, and this object must not be written to again.
  absl::Status Append(absl::string_view bytes);

  // Cuts the file at `size`; OK once that is on disk.
  absl::Status Truncate(uint64_t size);

  // Writes zeros over all bytes, as far as the disk obeys: for a file that has
  // been replaced and held what must be gone. Journals and flash memory may
  // keep older copies.
  absl::Status Erase();

  uint64_t size() const { return size_; }

 private:
  DurableFile(std::string path, int descriptor, uint64_t size);

  static absl::StatusOr<std::unique_ptr<DurableFile>> Opened(
      const std::string& path, int flags);

  const std::string path_;
  const int descriptor_;
  uint64_t size_;
};

// Holds a folder for one process as long as it lives.
class FolderLock {
 public:
  // FailedPrecondition if another process, or another object of this one, holds
  // the folder.
  static absl::StatusOr<std::unique_ptr<FolderLock>> Take(
      const std::string& folder);

  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  explicit FolderLock(int descriptor);

  const int descriptor_;
};

}  // namespace renkei::storage
