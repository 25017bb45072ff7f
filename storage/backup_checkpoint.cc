#include "storage/backup_checkpoint.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "storage/base/status_macros.h"
#include "storage/engine_files.h"

namespace renkei::storage {
namespace {

constexpr char kFolder[] = "/backup-checkpoint";
// Where RocksDB prepares a checkpoint.
constexpr char kStagingSuffix[] = ".tmp";
constexpr size_t kReadAheadBytes = size_t{2} << 20;
constexpr uint64_t kRowsBetweenQuestions = 4096;

absl::Status RemoveFolder(Disk& disk, const std::string& folder) {
  if (!disk.FileExists(folder).ok()) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(ClearFolder(disk, folder));
  const rocksdb::Status removed = disk.DeleteDir(folder);
  return removed.IsPathNotFound() ? absl::OkStatus() : FromRocks(removed);
}

// The database of a folder, open for reading only: nothing is written there.
class OpenDatabase {
 public:
  static absl::StatusOr<std::unique_ptr<OpenDatabase>> Open(
      Disk& disk, const std::string& folder) {
    rocksdb::Options options;
    options.env = &disk;
    // As the engine has it: RocksDB 7.8 aborts on a database that lists its
    // logs when it is opened for reading without this.
    options.track_and_verify_wals_in_manifest = true;
    std::vector<std::string> names;
    RETURN_IF_ERROR(
        FromRocks(rocksdb::DB::ListColumnFamilies(options, folder, &names)));
    std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
    descriptors.reserve(names.size());
    for (const std::string& name : names) {
      descriptors.emplace_back(name, options);
    }
    std::unique_ptr<OpenDatabase> opened(new OpenDatabase());
    rocksdb::DB* db = nullptr;
    RETURN_IF_ERROR(FromRocks(rocksdb::DB::OpenForReadOnly(
        options, folder, descriptors, &opened->families_, &db)));
    opened->db_.reset(db);
    return opened;
  }
  ~OpenDatabase() {
    for (rocksdb::ColumnFamilyHandle* family : families_) {
      db_->DestroyColumnFamilyHandle(family).PermitUncheckedError();
    }
  }

  const std::vector<rocksdb::ColumnFamilyHandle*>& families() const {
    return families_;
  }
  rocksdb::DB& db() { return *db_; }

 private:
  OpenDatabase() = default;

  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<BackupCheckpoint>> BackupCheckpoint::Make(
    const Store& store) {
  RETURN_IF_ERROR(RemoveLeftCheckpoint(store.disk(), store.directory()));
  std::unique_ptr<BackupCheckpoint> made(new BackupCheckpoint(
      store.disk(), absl::StrCat(store.directory(), kFolder)));
  RETURN_IF_ERROR(store.WriteCheckpoint(made->folder_));
  ASSIGN_OR_RETURN(made->names_, ListFolder(store.disk(), made->folder_));
  return made;
}

BackupCheckpoint::~BackupCheckpoint() {
  // What stays is removed by the next one, or when the store is next opened.
  RemoveFolder(disk_, folder_).IgnoreError();
}

absl::StatusOr<uint64_t> BackupCheckpoint::Bytes() const {
  uint64_t all = 0;
  for (const std::string& name : names_) {
    uint64_t bytes = 0;
    RETURN_IF_ERROR(
        FromRocks(disk_.GetFileSize(absl::StrCat(folder_, "/", name), &bytes)));
    all += bytes;
  }
  return all;
}

absl::StatusOr<uint64_t> BackupCheckpoint::CountRecords(
    absl::FunctionRef<bool()> called_off) const {
  ASSIGN_OR_RETURN(const std::unique_ptr<OpenDatabase> opened,
                   OpenDatabase::Open(disk_, folder_));
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  options.readahead_size = kReadAheadBytes;
  uint64_t records = 0;
  for (rocksdb::ColumnFamilyHandle* family : opened->families()) {
    if (family->GetName() == rocksdb::kDefaultColumnFamilyName) {
      continue;  // the head row, which is no record
    }
    const std::unique_ptr<rocksdb::Iterator> rows(
        opened->db().NewIterator(options, family));
    for (rows->SeekToFirst(); rows->Valid(); rows->Next()) {
      if (++records % kRowsBetweenQuestions == 0 && called_off()) {
        return absl::CancelledError("the backup was called off");
      }
    }
    RETURN_IF_ERROR(FromRocks(rows->status()));
  }
  return records;
}

absl::Status RemoveLeftCheckpoint(Disk& disk, const std::string& data_folder) {
  const std::string folder = absl::StrCat(data_folder, kFolder);
  RETURN_IF_ERROR(RemoveFolder(disk, absl::StrCat(folder, kStagingSuffix)));
  return RemoveFolder(disk, folder);
}

}  // namespace renkei::storage
