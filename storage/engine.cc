#include "storage/engine.h"

#include <array>
#include <cstdarg>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "rocksdb/cache.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/listener.h"
#include "rocksdb/slice_transform.h"
#include "rocksdb/table.h"
#include "rocksdb/utilities/checkpoint.h"
#include "rocksdb/write_batch.h"
#include "storage/base/status_macros.h"
#include "storage/engine_expiry.h"
#include "storage/engine_files.h"
#include "storage/engine_format.h"
#include "storage/engine_logs.h"
#include "storage/engine_manifest.h"
#include "storage/schema.h"

namespace renkei::storage {
namespace {

constexpr char kCleanFile[] = "/CLEAN";
constexpr char kCurrentFile[] = "/CURRENT";
constexpr char kLockFile[] = "/LOCK";
constexpr size_t kBlockCacheBytes = size_t{256} << 20;
// A block larger than a shard is never kept: the filter of a table of millions
// of small rows has 10 MB.
constexpr int kBlockCacheShardBits = 3;
// Of a memtable's size: ten bits and more for each of its rows.
constexpr double kMemtableFilterRatio = 0.02;

rocksdb::Slice ToSlice(absl::string_view view) {
  return {view.data(), view.size()};
}
absl::string_view ToView(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

// RocksDB's own log writer aborts the process when the disk is full
// (librocksdb 7.8 is built with assertions): it never gets a file.
class NoLogFile : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

// What failed to reach the disk is not tried again: the process ends. RocksDB
// would go on by itself as soon as a full disk has room: with the next log,
// behind one that ends in half a record, and with tables of some families. When
// the process ends before it has those of all, no later one opens the store.
class EndOfWriting : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason,
                            rocksdb::Status error, bool* go_on) override {
    *go_on = *go_on && error.severity() < rocksdb::Status::kHardError;
  }
};

rocksdb::Options DatabaseOptions(rocksdb::Env* env, bool closed_cleanly) {
  rocksdb::Options options;
  options.env = env;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.info_log = std::make_shared<NoLogFile>();
  options.paranoid_checks = true;
  options.max_background_jobs = 2;
  // There is one writer; rows put near others need it so.
  options.allow_concurrent_memtable_write = false;
  options.write_buffer_size = size_t{64} << 20;
  options.max_total_wal_size = uint64_t{128} << 20;
  options.max_manifest_file_size = uint64_t{64} << 20;
  options.bytes_per_sync = uint64_t{1} << 20;
  // A synced log that is gone or cut short is found even when later ones read
  // well.
  options.track_and_verify_wals_in_manifest = true;
  // What a killed process wrote may be in the machine's memory only, and a sync
  // of its log that failed cannot be made good: at opening all of it goes into
  // synced tables, before anybody is told of it.
  options.avoid_flush_during_recovery = false;
  options.listeners = {std::make_shared<EndOfWriting>()};
  options.max_bgerror_resume_count = 0;
  options.wal_recovery_mode =
      closed_cleanly ? rocksdb::WALRecoveryMode::kAbsoluteConsistency
                     : rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  return options;
}

// A key without what counts up at its end, or tells apart rows that are written
// near each other. A new row is mostly near the last one that has the rest of
// its key: its place is looked for from there, not from the top of the
// memtable.
class Neighbourhood : public rocksdb::SliceTransform {
 public:
  explicit Neighbourhood(size_t tail_bytes) : tail_bytes_(tail_bytes) {}

  const char* Name() const override { return "renkei.Neighbourhood"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
    return {key.data(), key.size() - TailBytes(key)};
  }
  bool InDomain(const rocksdb::Slice& key) const override {
    return !key.empty() && key.size() > TailBytes(key);
  }

 private:
  size_t TailBytes(const rocksdb::Slice& key) const {
    return key[0] == kRequests.facts.prefix ? kIdBytes : tail_bytes_;
  }

  const size_t tail_bytes_;
};

// What the rows of a family are like.
struct FamilyShape {
  const char* name;
  size_t tail_bytes;  // of a Neighbourhood
  bool compress;
  // What is looked for lies all over the family's tables: an index in parts, of
  // which only those that are needed come into memory.
  bool index_in_parts;
};

// In the order of Family. Sealed values do not compress; the audit family's
// keys do, which is 1 % of the disk.
constexpr std::array<FamilyShape, 3> kFamilyShapes = {{
    {"entities", 0, false, false},
    {"timeline", sizeof(uint64_t), false, true},
    {"audit", sizeof(uint64_t), true, false},
}};

rocksdb::ColumnFamilyOptions FamilyOptions(
    const rocksdb::Options& database,
    const std::shared_ptr<rocksdb::Cache>& cache, const FamilyShape& shape) {
  rocksdb::ColumnFamilyOptions options(database);
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.format_version = 5;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  if (shape.index_in_parts) {
    table.index_type =
        rocksdb::BlockBasedTableOptions::IndexType::kTwoLevelIndexSearch;
  }
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compression =
      shape.compress ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
  options.level_compaction_dynamic_level_bytes = true;
  options.memtable_insert_with_hint_prefix_extractor =
      std::make_shared<Neighbourhood>(shape.tail_bytes);
  // What is asked for is mostly new: that it waits in no memtable is seen
  // without a search.
  options.memtable_whole_key_filtering = true;
  options.memtable_prefix_bloom_size_ratio = kMemtableFilterRatio;
  return options;
}

}  // namespace

EngineView::EngineView(rocksdb::DB& db, uint64_t number)
    : db_(db), snapshot_(db.GetSnapshot()), number_(number) {}
EngineView::~EngineView() { db_.ReleaseSnapshot(snapshot_); }

EngineBatch::EngineBatch() : batch_(std::make_unique<rocksdb::WriteBatch>()) {}
EngineBatch::~EngineBatch() = default;

Disk& MachineDisk() { return *rocksdb::Env::Default(); }

Engine::Engine(EngineOptions options) : options_(std::move(options)) {}

absl::StatusOr<std::unique_ptr<Engine>> Engine::Open(
    const EngineOptions& options) {
  auto engine = std::unique_ptr<Engine>(new Engine(options));
  RETURN_IF_ERROR(PrepareFormat(*options.disk, options.directory,
                                options.store_id, IsThere(options)));
  RETURN_IF_ERROR(engine->OpenDatabase());
  RETURN_IF_ERROR(engine->CheckCleanMark());
  RETURN_IF_ERROR(engine->ReadLastTime());
  // Last, so that a store that does not open stays what it was.
  RETURN_IF_ERROR(
      WriteFormat(*options.disk, options.directory, options.store_id));
  engine->Publish();
  return engine;
}

bool Engine::IsThere(const EngineOptions& options) {
  return options.disk->FileExists(options.directory + kCurrentFile).ok();
}

absl::Status Engine::OpenDatabase() {
  closed_cleanly_ =
      options_.disk->FileExists(options_.directory + kCleanFile).ok();
  if (!closed_cleanly_) {
    RETURN_IF_ERROR(CutTornManifest(*options_.disk, options_.directory));
  }
  disk_ = LayOutLogs(*options_.disk);
  const rocksdb::Options database =
      DatabaseOptions(disk_.get(), closed_cleanly_);
  const std::shared_ptr<rocksdb::Cache> cache =
      rocksdb::NewLRUCache(kBlockCacheBytes, kBlockCacheShardBits);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors = {
      {rocksdb::kDefaultColumnFamilyName,
       FamilyOptions(database, cache, kFamilyShapes[0])}};
  for (const FamilyShape& shape : kFamilyShapes) {
    descriptors.emplace_back(shape.name, FamilyOptions(database, cache, shape));
  }
  descriptors[IndexOf(kRequests.facts.family)]
      .options.compaction_filter_factory =
      LeaveOutOldRequests(last_time_micros_);
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened = rocksdb::DB::Open(
      database, options_.directory, descriptors, &families_, &db);
  db_.reset(db);
  if (opened.ok()) {
    return absl::OkStatus();
  }
  if (IsInUse()) {
    return absl::FailedPreconditionError(
        absl::StrCat(options_.directory, " is in use by another process"));
  }
  const absl::Status why = FromRocks(opened);
  return closed_cleanly_ && absl::IsDataLoss(why)
             ? absl::DataLossError(absl::StrCat(
                   "the store was closed cleanly and does not read back: ",
                   why.message()))
             : why;
}

// RocksDB has no code for a lock that somebody else holds.
bool Engine::IsInUse() const {
  rocksdb::FileLock* lock = nullptr;
  const rocksdb::Status locked =
      options_.disk->LockFile(options_.directory + kLockFile, &lock);
  if (locked.ok()) {
    options_.disk->UnlockFile(lock).PermitUncheckedError();
  }
  return !locked.ok();
}

absl::Status Engine::CheckCleanMark() {
  if (closed_cleanly_) {
    const std::string path = options_.directory + kCleanFile;
    std::string mark;
    RETURN_IF_ERROR(
        FromRocks(rocksdb::ReadFileToString(options_.disk, path, &mark)));
    if (mark != absl::StrCat(db_->GetLatestSequenceNumber())) {
      return absl::DataLossError(
          "the store was closed cleanly and has lost writes since");
    }
    // From here on a crash must be seen as one.
    RETURN_IF_ERROR(FromRocks(options_.disk->DeleteFile(path)));
    RETURN_IF_ERROR(SyncFolderOf(*options_.disk, path));
  }
  serving_ = true;
  return absl::OkStatus();
}

absl::Status Engine::ReadLastTime() {
  std::string head;
  const rocksdb::Status found =
      db_->Get({}, families_[0], ToSlice(kHeadKey), &head);
  if (found.IsNotFound()) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(FromRocks(found));
  int64_t micros = 0;
  if (!absl::SimpleAtoi(head, &micros)) {
    return absl::DataLossError("the time of the last write is not readable");
  }
  last_time_micros_ = micros;
  return absl::OkStatus();
}

Engine::~Engine() {
  {
    MutexLock lock(view_mutex_);
    view_.reset();
  }
  if (db_ == nullptr) {
    return;
  }
  // Without the mark the next start treats this as a crash, which is right
  // after any failure. A store that did not open keeps the mark that it had.
  if (serving_ && !failed_) {
    MarkClean().IgnoreError();
  }
  for (rocksdb::ColumnFamilyHandle* handle : families_) {
    // The handle is gone either way; Close reports what matters.
    db_->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  }
  db_->Close().PermitUncheckedError();
}

absl::Status Engine::MarkClean() {
  RETURN_IF_ERROR(FromRocks(db_->SyncWAL()));
  return ReplaceFile(*options_.disk, options_.directory + kCleanFile,
                     absl::StrCat(db_->GetLatestSequenceNumber()));
}

std::shared_ptr<const EngineView> Engine::View() const {
  MutexLock lock(view_mutex_);
  return view_;
}

absl::StatusOr<std::optional<std::string>> Engine::Find(
    const EngineView& view, Family family, absl::string_view key) const {
  rocksdb::ReadOptions options;
  options.snapshot = view.snapshot_;
  rocksdb::PinnableSlice value;
  const rocksdb::Status status =
      db_->Get(options, this->family(family), ToSlice(key), &value);
  if (status.IsNotFound()) {
    return std::optional<std::string>();
  }
  RETURN_IF_ERROR(FromRocks(status));
  return std::optional<std::string>(value.ToString());
}

absl::Status Engine::Scan(const EngineView& view, Family family,
                          const KeyRange& range, Direction direction,
                          Visit visit) const {
  rocksdb::ReadOptions options;
  options.snapshot = view.snapshot_;
  const rocksdb::Slice lower = ToSlice(range.begin);
  const rocksdb::Slice upper = ToSlice(range.end);
  options.iterate_lower_bound = &lower;
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> rows(
      db_->NewIterator(options, this->family(family)));
  if (direction == Direction::kForward) {
    for (rows->SeekToFirst();
         rows->Valid() && visit(ToView(rows->key()), ToView(rows->value()));
         rows->Next()) {
    }
  } else {
    for (rows->SeekToLast();
         rows->Valid() && visit(ToView(rows->key()), ToView(rows->value()));
         rows->Prev()) {
    }
  }
  return FromRocks(rows->status());
}

void Engine::Put(EngineBatch& batch, Family family, absl::string_view key,
                 absl::string_view value) const {
  // Only fails with save points or size limits, which we do not set.
  batch.batch_->Put(this->family(family), ToSlice(key), ToSlice(value))
      .PermitUncheckedError();
}

void Engine::Delete(EngineBatch& batch, Family family,
                    absl::string_view key) const {
  batch.batch_->Delete(this->family(family), ToSlice(key))
      .PermitUncheckedError();
}

absl::Status Engine::Write(EngineBatch& batch, absl::Time time) {
  if (failed_) {
    return absl::UnavailableError("the store has failed");
  }
  const int64_t micros = absl::ToUnixMicros(time);
  batch.batch_->Put(families_[0], ToSlice(kHeadKey), absl::StrCat(micros))
      .PermitUncheckedError();
  rocksdb::WriteOptions options;
  options.sync = options_.sync;
  const rocksdb::Status status = db_->Write(options, batch.batch_.get());
  if (!status.ok()) {
    // An fsync that failed may have dropped the pages it could not write:
    // asking again proves nothing.
    failed_ = true;
    return FromRocks(status);
  }
  last_time_micros_ = micros;
  return absl::OkStatus();
}

void Engine::Publish() {
  std::shared_ptr<const EngineView> view =
      std::make_shared<EngineView>(*db_, next_number_++);
  MutexLock lock(view_mutex_);
  view_.swap(view);
}

absl::Status Engine::WriteCheckpoint(const std::string& directory) const {
  rocksdb::Checkpoint* made = nullptr;
  RETURN_IF_ERROR(FromRocks(rocksdb::Checkpoint::Create(db_.get(), &made)));
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  RETURN_IF_ERROR(FromRocks(checkpoint->CreateCheckpoint(directory)));
  return WriteFormat(*options_.disk, directory, options_.store_id);
}

}  // namespace renkei::storage
