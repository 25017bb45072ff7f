// RocksDB as the store uses it: three column families, one writer, synced
// batches, shared views.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/base/mutex.h"
#include "storage/table.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Env;
class Snapshot;
class WriteBatch;
}  // namespace rocksdb

namespace renkei::storage {

// Where files live. Tests bring one in memory, or one that fails.
using Disk = rocksdb::Env;
Disk& MachineDisk();

// The state after one commit. `number` counts commits of this process.
class EngineView {
 public:
  EngineView(rocksdb::DB& db, uint64_t number);
  ~EngineView();
  EngineView(const EngineView&) = delete;
  EngineView& operator=(const EngineView&) = delete;

  uint64_t number() const { return number_; }

 private:
  friend class Engine;
  rocksdb::DB& db_;
  const rocksdb::Snapshot* snapshot_;
  uint64_t number_;
};

// The rows of one batch, sealed.
class EngineBatch {
 public:
  EngineBatch();
  ~EngineBatch();

 private:
  friend class Engine;
  std::unique_ptr<rocksdb::WriteBatch> batch_;
};

struct EngineOptions {
  std::string directory;
  std::string store_id;
  Disk* disk = nullptr;  // must be set
  bool sync = true;
};

// Reads are thread-safe. Put, Delete and Write belong to one thread.
class Engine {
 public:
  // FailedPrecondition: the directory holds another format, or the database of
  // another key store, or is in use. DataLoss: a store that was closed cleanly
  // does not read back whole, or the database's first file is gone.
  static absl::StatusOr<std::unique_ptr<Engine>> Open(
      const EngineOptions& options);
  // Marks a clean shutdown unless a write failed.
  ~Engine();

  // Is there a database already?
  static bool IsThere(const EngineOptions& options);

  // The view after the last Write.
  std::shared_ptr<const EngineView> View() const;
  // A view's number before anyone can see it: of the Write under way.
  uint64_t next_number() const { return next_number_; }

  absl::StatusOr<std::optional<std::string>> Find(const EngineView& view,
                                                  Family family,
                                                  absl::string_view key) const;
  using Visit =
      absl::FunctionRef<bool(absl::string_view key, absl::string_view value)>;
  absl::Status Scan(const EngineView& view, Family family,
                    const KeyRange& range, Direction direction,
                    Visit visit) const;

  void Put(EngineBatch& batch, Family family, absl::string_view key,
           absl::string_view value) const;
  void Delete(EngineBatch& batch, Family family, absl::string_view key) const;
  // Durable when it returns OK. After an error the engine takes no further
  // Write.
  absl::Status Write(EngineBatch& batch, absl::Time time);
  // Makes what was written visible to View(); apart from Write so that caches
  // can be brought up to date in between.
  void Publish();

  // The time of the last Write, of this or an earlier process.
  absl::Time last_time() const {
    return absl::FromUnixMicros(last_time_micros_);
  }

  absl::Status WriteCheckpoint(const std::string& directory) const;

 private:
  explicit Engine(EngineOptions options);
  absl::Status OpenDatabase();
  bool IsInUse() const;
  absl::Status CheckCleanMark();
  absl::Status ReadLastTime();
  absl::Status MarkClean();
  // [0] is the database's own family, for the head row.
  static size_t IndexOf(Family family) {
    return static_cast<size_t>(family) + 1;
  }
  rocksdb::ColumnFamilyHandle* family(Family family) const {
    return families_[IndexOf(family)];
  }

  EngineOptions options_;
  std::unique_ptr<Disk> disk_;  // the same, as the database sees it
  std::atomic<int64_t> last_time_micros_{0};  // merging of tables reads it
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;  // by IndexOf
  mutable Mutex view_mutex_;
  std::shared_ptr<const EngineView> view_ ABSL_GUARDED_BY(view_mutex_);
  uint64_t next_number_ = 1;
  bool closed_cleanly_ = false;
  bool serving_ = false;
  bool failed_ = false;
};

// A row as the last commit of all left it, plain: nothing in it tells more than
// that time.
inline constexpr absl::string_view kHeadKey = "head";

}  // namespace renkei::storage
