// The file system under FailingDisk: memory that remembers what was synced, and
// can forget the rest.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "rocksdb/file_system.h"
#include "storage/base/mutex.h"

namespace renkei::testing {

// Which changes fail, and how; the next change of all is number `changes` + 1.
struct DiskFaults {
  static constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

  uint64_t changes = 0;  // so far: writes, syncs, new names
  uint64_t syncs = 0;    // of files, so far
  bool powerless = false;
  uint64_t cut_at = kNever;   // this change and all later ones find no power
  uint64_t fail_at = kNever;  // this change fails, the later ones if it stays
  bool fail_stays = false;
  rocksdb::IOStatus error;
  uint64_t fail_sync_at = kNever;  // this sync of a file fails
  rocksdb::IOStatus sync_error;
  bool failed = false;  // one of these errors was given
  std::optional<uint64_t> free_bytes;
};

// One file, by whatever name.
struct FileState {
  std::string synced;     // what a power loss cannot take away
  bool dirty = false;     // there is more than that
  bool in_place = false;  // written anywhere, not only at the end
  // Since a sync failed: what the machine takes for synced, and will not write
  // again, though it is not.
  std::optional<std::string> believed;
};

// Thread-safe.
class FailingFiles : public rocksdb::FileSystemWrapper {
 public:
  FailingFiles(std::shared_ptr<rocksdb::FileSystem> memory, uint64_t seed)
      : FileSystemWrapper(std::move(memory)), random_(seed) {}

  const char* Name() const override { return "FailingFiles"; }

  // Reads or sets what fails.
  void WithFaults(const std::function<void(DiskFaults&)>& use) const;

  // See FailingDisk.
  void RestorePower();
  void Forget(const std::string& path);
  std::string Contents(const std::string& path);

  // ---- for the open files ----
  // What the next change meets.
  rocksdb::IOStatus Gate(bool is_sync);
  std::shared_ptr<FileState> StateOf(const std::string& path);
  void MarkDirty(FileState& state);
  void MarkSynced(FileState& state, std::string bytes);
  void MarkSyncFailed(FileState& state, std::string bytes);
  void SyncNames(const std::string& folder);

  // ---- rocksdb::FileSystem ----
  rocksdb::IOStatus NewWritableFile(
      const std::string& path, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewRandomRWFile(
      const std::string& path, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSRandomRWFile>* file,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(
      const std::string& path, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& path,
                                 const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* folder,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus Truncate(const std::string& path, size_t size,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetFreeSpace(const std::string& path,
                                 const rocksdb::IOOptions& options,
                                 uint64_t* bytes,
                                 rocksdb::IODebugContext* debug) override;

 private:
  // A change of names that a power loss may undo.
  struct NameChange {
    std::string folder;
    std::string unlinked;  // a file that goes for good once the change is
                           // durable
    std::function<void()> undo;
  };

  bool Exists(const std::string& path);
  // Takes a name away, keeping the file for the case that the removal is
  // undone; gives the name it has then. Empty if there is no such file.
  std::string Unlink(const std::string& path)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(names_mutex_);
  void Move(const std::string& from, const std::string& to);
  size_t Draw(size_t most) { return random_() % (most + 1); }
  std::string Surviving(const FileState& state, const std::string& written);
  std::string MixedSectors(std::string before, const std::string& after);

  mutable Mutex mutex_;
  mutable DiskFaults faults_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::shared_ptr<FileState>> states_
      ABSL_GUARDED_BY(mutex_);

  Mutex names_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
  std::vector<NameChange> name_changes_ ABSL_GUARDED_BY(names_mutex_);
  uint64_t unlinked_ ABSL_GUARDED_BY(names_mutex_) = 0;

  std::mt19937_64 random_;  // of RestorePower
};

}  // namespace renkei::testing
