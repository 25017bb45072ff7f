#include "tests/support/failing_files.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "storage/base/check.h"
#include "tests/support/failing_open_files.h"

namespace renkei::testing {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr size_t kSectorBytes = 512;
// Where files wait whose names were removed and the removal not synced.
constexpr char kUnlinked[] = "/.unlinked/";

std::string FolderOf(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

}  // namespace

void FailingFiles::WithFaults(
    const std::function<void(DiskFaults&)>& use) const {
  MutexLock lock(mutex_);
  use(faults_);
}

IOStatus FailingFiles::Gate(bool is_sync) {
  MutexLock lock(mutex_);
  ++faults_.changes;
  if (faults_.powerless || faults_.changes >= faults_.cut_at) {
    faults_.powerless = true;
    return IOStatus::IOError("no power");
  }
  if (is_sync && ++faults_.syncs == faults_.fail_sync_at) {
    faults_.failed = true;
    return faults_.sync_error;
  }
  const bool fails = faults_.fail_stays ? faults_.changes >= faults_.fail_at
                                        : faults_.changes == faults_.fail_at;
  faults_.failed = faults_.failed || fails;
  return fails ? faults_.error : IOStatus::OK();
}

std::shared_ptr<FileState> FailingFiles::StateOf(const std::string& path) {
  MutexLock lock(mutex_);
  std::shared_ptr<FileState>& state = states_[path];
  if (state == nullptr) {
    state = std::make_shared<FileState>();
  }
  return state;
}

void FailingFiles::MarkDirty(FileState& state) {
  MutexLock lock(mutex_);
  state.dirty = true;
}

void FailingFiles::MarkSynced(FileState& state, std::string bytes) {
  MutexLock lock(mutex_);
  if (!state.believed) {
    state.synced = std::move(bytes);
    state.dirty = false;
    return;
  }
  state.synced.resize(bytes.size(), '\0');
  state.believed->resize(bytes.size(), '\0');
  for (size_t at = 0; at < bytes.size(); at += kSectorBytes) {
    if (bytes.compare(at, kSectorBytes, *state.believed, at, kSectorBytes) !=
        0) {
      state.synced.replace(at, kSectorBytes, bytes, at, kSectorBytes);
    }
  }
  state.believed = std::move(bytes);
}

void FailingFiles::MarkSyncFailed(FileState& state, std::string bytes) {
  MutexLock lock(mutex_);
  if (!faults_.powerless) {  // else nothing was asked of the machine
    state.believed = std::move(bytes);
    state.dirty = true;
  }
}

std::string FailingFiles::Contents(const std::string& path) {
  uint64_t size = 0;
  CHECK(target()->GetFileSize(path, {}, &size, nullptr).ok());
  std::unique_ptr<rocksdb::FSSequentialFile> file;
  CHECK(target()->NewSequentialFile(path, {}, &file, nullptr).ok());
  std::string bytes(size, '\0');
  Slice read;
  CHECK(file->Read(size, {}, &read, bytes.data(), nullptr).ok());
  return read.ToString();
}

bool FailingFiles::Exists(const std::string& path) {
  return target()->FileExists(path, {}, nullptr).ok();
}

IOStatus FailingFiles::NewWritableFile(
    const std::string& path, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) {
  if (IOStatus gate = Gate(/*is_sync=*/false); !gate.ok()) {
    return gate;
  }
  MutexLock lock(names_mutex_);
  const std::string before = Unlink(path);
  const IOStatus made = target()->NewWritableFile(path, options, file, debug);
  if (made.ok()) {
    name_changes_.push_back({FolderOf(path), before, [this, path, before] {
                               Forget(path);
                               Move(before, path);
                             }});
    *file = std::make_unique<FailingWritableFile>(std::move(*file), *this,
                                                  StateOf(path));
  }
  return made;
}

IOStatus FailingFiles::NewRandomRWFile(
    const std::string& path, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSRandomRWFile>* file, IODebugContext* debug) {
  const IOStatus opened = target()->NewRandomRWFile(path, options, file, debug);
  if (opened.ok()) {
    const std::shared_ptr<FileState> state = StateOf(path);
    state->in_place = true;
    *file = std::make_unique<FailingRandomRWFile>(std::move(*file), *this, path,
                                                  state);
  }
  return opened;
}

// The store never goes on writing a file of an earlier process.
IOStatus FailingFiles::ReopenWritableFile(
    const std::string& path, const rocksdb::FileOptions&,
    std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) {
  return IOStatus::NotSupported(path);
}

IOStatus FailingFiles::NewDirectory(
    const std::string& path, const IOOptions& options,
    std::unique_ptr<rocksdb::FSDirectory>* folder, IODebugContext* debug) {
  const IOStatus opened = target()->NewDirectory(path, options, folder, debug);
  if (opened.ok()) {
    *folder =
        std::make_unique<FailingDirectory>(std::move(*folder), *this, path);
  }
  return opened;
}

IOStatus FailingFiles::DeleteFile(const std::string& path, const IOOptions&,
                                  IODebugContext*) {
  if (!Exists(path)) {
    return IOStatus::NotFound(path);
  }
  if (IOStatus gate = Gate(/*is_sync=*/false); !gate.ok()) {
    return gate;
  }
  MutexLock lock(names_mutex_);
  const std::string before = Unlink(path);
  name_changes_.push_back(
      {FolderOf(path), before, [this, path, before] { Move(before, path); }});
  return IOStatus::OK();
}

IOStatus FailingFiles::RenameFile(const std::string& from,
                                  const std::string& to, const IOOptions&,
                                  IODebugContext*) {
  if (!Exists(from)) {
    return IOStatus::NotFound(from);
  }
  if (IOStatus gate = Gate(/*is_sync=*/false); !gate.ok()) {
    return gate;
  }
  MutexLock lock(names_mutex_);
  const std::string before = Unlink(to);
  Move(from, to);
  name_changes_.push_back({FolderOf(to), before, [this, from, to, before] {
                             Move(to, from);
                             Move(before, to);
                           }});
  return IOStatus::OK();
}

IOStatus FailingFiles::LinkFile(const std::string& from, const std::string& to,
                                const IOOptions& options,
                                IODebugContext* debug) {
  if (IOStatus gate = Gate(/*is_sync=*/false); !gate.ok()) {
    return gate;
  }
  MutexLock lock(names_mutex_);
  const IOStatus linked = target()->LinkFile(from, to, options, debug);
  if (linked.ok()) {
    name_changes_.push_back({FolderOf(to), "", [this, to] { Forget(to); }});
    const std::shared_ptr<FileState> state = StateOf(from);
    MutexLock states(mutex_);
    states_[to] = state;
  }
  return linked;
}

IOStatus FailingFiles::Truncate(const std::string& path, size_t size,
                                const IOOptions& options,
                                IODebugContext* debug) {
  if (IOStatus gate = Gate(/*is_sync=*/false); !gate.ok()) {
    return gate;
  }
  MarkDirty(*StateOf(path));
  return target()->Truncate(path, size, options, debug);
}

IOStatus FailingFiles::GetFreeSpace(const std::string& path, const IOOptions&,
                                    uint64_t* bytes, IODebugContext*) {
  MutexLock lock(mutex_);
  *bytes = faults_.free_bytes.value_or(0);
  return faults_.free_bytes ? IOStatus::OK() : IOStatus::NotSupported(path);
}

std::string FailingFiles::Unlink(const std::string& path) {
  if (!Exists(path)) {
    return std::string();
  }
  std::string unlinked = absl::StrCat(kUnlinked, ++unlinked_);
  Move(path, unlinked);
  return unlinked;
}

void FailingFiles::Move(const std::string& from, const std::string& to) {
  // What is not there went with its folder, whose own name was durable.
  if (from.empty() || !target()->RenameFile(from, to, {}, nullptr).ok()) {
    return;
  }
  MutexLock lock(mutex_);
  // A folder moves with what is in it.
  std::map<std::string, std::shared_ptr<FileState>> moved;
  for (const auto& [path, state] : states_) {
    const bool inside = absl::StartsWith(path, from + "/");
    if (path == from || inside) {
      moved[to + path.substr(from.size())] = state;
    } else {
      moved[path] = state;
    }
  }
  states_ = std::move(moved);
}

void FailingFiles::Forget(const std::string& path) {
  // Gone with its folder, perhaps.
  target()->DeleteFile(path, {}, nullptr).PermitUncheckedError();
  MutexLock lock(mutex_);
  states_.erase(path);
}

void FailingFiles::SyncNames(const std::string& folder) {
  MutexLock lock(names_mutex_);
  std::vector<NameChange> others;
  for (NameChange& change : name_changes_) {
    if (change.folder != folder && change.folder + "/" != folder) {
      others.push_back(std::move(change));
    } else if (!change.unlinked.empty()) {
      Forget(change.unlinked);
    }
  }
  name_changes_ = std::move(others);
}

// What file systems leave of bytes that were not synced. A file that grew may
// end anywhere after its last sync; or its length reached the disk and its
// bytes only in part, since sectors are written in any order (ext4 with a
// preallocated file, devices that tear a block). What did not arrive is as it
// was before, and zeros where nothing was.
std::string FailingFiles::Surviving(const FileState& state,
                                    const std::string& written) {
  const size_t synced = state.synced.size();
  switch (Draw(3)) {
    case 0:
      return state.synced;
    case 1:
      return written;
    case 2:
      return MixedSectors(state.synced, written);
    default:
      return written.size() <= synced || state.in_place
                 ? written
                 : written.substr(0, synced + Draw(written.size() - synced));
  }
}

// Each sector as in `before`, zeros where that had none, or as in `after`.
std::string FailingFiles::MixedSectors(std::string before,
                                       const std::string& after) {
  std::string mixed = after;
  before.resize(std::max(before.size(), after.size()), '\0');
  for (size_t at = 0; at < mixed.size(); at += kSectorBytes) {
    if (Draw(1) == 0) {
      mixed.replace(at, kSectorBytes, before, at,
                    std::min(kSectorBytes, mixed.size() - at));
    }
  }
  return mixed;
}

void FailingFiles::RestorePower() {
  std::vector<NameChange> changes;
  {
    MutexLock lock(names_mutex_);
    changes.swap(name_changes_);
  }
  // Names become durable in order, as a journal makes them.
  const size_t kept = Draw(changes.size());
  while (changes.size() > kept) {
    changes.back().undo();
    changes.pop_back();
  }
  for (const NameChange& change : changes) {
    Forget(change.unlinked);
  }
  std::map<std::string, std::shared_ptr<FileState>> states;
  {
    MutexLock lock(mutex_);
    faults_.powerless = false;
    faults_.cut_at = DiskFaults::kNever;
    states = states_;
  }
  for (const auto& [path, state] : states) {
    if (!state->dirty) {
      continue;
    }
    const std::string bytes = Surviving(*state, Contents(path));
    CHECK(rocksdb::WriteStringToFile(target(), bytes, path, true).ok());
    state->believed.reset();
    MarkSynced(*state, bytes);
  }
}

}  // namespace renkei::testing
