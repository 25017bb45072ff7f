// The store: sealed records in typed tables, one commit order, closures as
// transactions.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"
#include "storage/commit_queue.h"
#include "storage/engine.h"
#include "storage/free_space.h"
#include "storage/log_sizes.h"
#include "storage/pending_rows.h"
#include "storage/record_cache.h"
#include "storage/sealer.h"
#include "storage/snapshot.h"
#include "storage/table.h"

namespace renkei::storage {

// What one operation reads and changes. Lives for one call of a Body, which
// sees every earlier operation's effects, durable or about to become so with
// its own. Of all operations one runs at a time: it has the commit turn.
class Transaction : public Snapshot {
 public:
  // The time of this operation: never earlier than that of any operation before
  // it.
  absl::Time now() const { return now_; }

  // A new id, made of now() and randomness.
  template <typename IdType>
  IdType NewId();
  void FillRandom(absl::Span<uint8_t> bytes);

  // NotFound when the key's scope has no sealing key: nothing is changed then.
  // A record that is not needed any more is best moved here.
  template <typename Key, typename Record>
  absl::Status Put(const Table<Key, Record>& table, const Key& key,
                   Record record);
  // The same of a record whose maker goes on reading it. REQUIRES: it is of the
  // table's type.
  template <typename Key, typename Record>
  absl::Status PutShared(const Table<Key, Record>& table, const Key& key,
                         std::shared_ptr<const SharedRecord> record);
  // As Put, of what the operation's other rows imply (TableFacts::catch_up): it
  // is found from now on, and no row is written. REQUIRES: catching up from
  // those rows gives this very record.
  template <typename Key, typename Record>
  absl::Status PutImplied(const Table<Key, Record>& table, const Key& key,
                          Record record);
  template <typename Key, typename Record>
  void Delete(const Table<Key, Record>& table, const Key& key);

  // Forgets every Put, Delete and NoteLogSize so far.
  void DropEffects() {
    overlay_.Clear();
    log_sizes_.clear();
  }

  // The audit log of `network` has `size` events with this operation:
  // remembered in the second file once it is durable, so that a store that lost
  // its tail is found out.
  void NoteLogSize(const NetworkId& network, uint64_t size) {
    log_sizes_[network] = size;
  }

 private:
  friend class Store;
  // `earlier`: rows over the view, latest first; or nullptr.
  using Layers = std::array<const PendingRows*, 2>;
  Transaction(Store& store, std::shared_ptr<const EngineView> view,
              const Layers& earlier, absl::Time now)
      : Snapshot(store, std::move(view)), earlier_(earlier), now_(now) {}

  std::optional<Found> FindBytesInMemory(const TableFacts& table,
                                         absl::string_view key) const override;
  absl::Status ScanBytes(const TableFacts& table, const KeyRange& range,
                         Direction direction, Opening opening,
                         VisitFound visit) const override;

  absl::Status PutRow(const TableFacts& table, std::string key,
                      std::shared_ptr<const SharedRecord> record,
                      bool implied = false);

  PendingRows overlay_;
  const Layers earlier_;
  std::map<NetworkId, uint64_t> log_sizes_;
  absl::Time now_;
};

struct StoreOptions {
  std::string directory;
  std::string log_sizes_path;  // the second file, outside `directory`
  std::string
      store_id;  // KeyStore::StoreId(); a database of another one is refused
  Disk* disk = nullptr;  // where files live; nullptr: the machine's own disk
  bool sync = true;  // false only in the negative control of the crash tests
  size_t queue_operations_max = 4096;
  uint64_t low_water_bytes =
      0;  // less free space than this: changes are refused, reads go on
  uint64_t reserve_bytes =
      0;  // a file that is given up when space runs out even so
  std::function<absl::Time()> clock;
  std::function<void(absl::Span<uint8_t>)> random;
  std::function<void(const absl::Status&)>
      on_fence;  // once, from a writing thread; must not return to serving
};

// What an operation is to the low-water mark.
enum class WriteKind : uint8_t {
  kChange,
  kRecordOnly
};  // kRecordOnly: the audit of a read, and what reading on needs

// Thread-safe.
class Store {
 public:
  using Body = absl::AnyInvocable<absl::Status(Transaction&)>;
  using Done = absl::AnyInvocable<void(const absl::Status&)>;

  // FailedPrecondition for another format or key store, or a directory in use;
  // DataLoss for one that was closed cleanly and lost something since, or lacks
  // its second file. What a crash took from the end is for the caller to find,
  // by NotedLogSizes.
  static absl::StatusOr<std::unique_ptr<Store>> Open(
      StoreOptions options, const crypto::KeyRing& keys);
  // Waits for what is queued, then closes cleanly, so that the next Open is
  // strict.
  ~Store();

  // Queues `body`. Bodies run one at a time, in order, on whichever thread is
  // there to do it: mostly this one, before Write returns, and with it those of
  // others; so the caller holds no lock that a body takes. Each runs on its own
  // overlay, and what the overlay then holds is kept, whatever `body` returned:
  // a body that fails drops its effects itself. Calls `done` with what `body`
  // returned once what it kept is durable, in commit order, one at a time, on a
  // thread of the store, where it waits for no other operation; or with
  // Unavailable when that failed, after which the store is fenced.
  // ResourceExhausted at once (and on the caller's thread) when the queue is
  // full or the disk low.
  void Write(WriteKind kind, Body body, Done done);

  Snapshot Read() const;

  bool fenced() const { return fenced_.load(std::memory_order_acquire); }
  bool disk_low() const { return free_space_.low(); }
  uint64_t disk_free_bytes() const { return free_space_.FreeBytes(); }
  uint64_t disk_low_water_bytes() const { return options_.low_water_bytes; }
  size_t waiting_operations() const { return queue_.size(); }
  // What the second file says: acknowledged sizes of audit logs, a lower bound
  // after a power loss.
  std::map<NetworkId, uint64_t> NotedLogSizes() const {
    return noted_log_sizes_;
  }

  Disk& disk() const { return disk_; }
  const std::string& directory() const { return options_.directory; }

  // A copy of the database in `directory` (created), consistent with everything
  // acknowledged before the call.
  absl::Status WriteCheckpoint(const std::string& directory) const;

 private:
  friend class Snapshot;
  friend class Transaction;

  // Of a region with ten million messages most of what is asked for fits.
  static constexpr size_t kRecordsBytesMax = size_t{512} << 20;
  static constexpr size_t kMessagesBytesMax = size_t{512} << 20;

  Store(StoreOptions options, const crypto::KeyRing& keys);
  absl::Status Start();
  // What one synced write will hold.
  struct Batch {
    PendingRows rows;
    std::map<NetworkId, uint64_t> log_sizes;
    size_t operations = 0;
    size_t bytes = 0;
    absl::Time time;  // of its last operation
    // What its operations see below its rows: a view, and the batch before as
    // long as that is not known to be in the view.
    std::shared_ptr<const EngineView> view;
    std::shared_ptr<const Batch> before;
  };

  // The stages of the commit queue: the first three in the commit turn, the
  // rest in the turn to write.
  void Run(absl::Span<CommitQueue::Operation> operations);
  bool IsFull() const;
  CommitQueue::Writing Close();
  void OpenBatch();
  static void Fold(Transaction& transaction, Batch& batch);
  absl::Status Commit(const Batch& batch);
  absl::Status Flush(const Batch& batch);
  absl::Status WriteRows(const Batch& batch);
  static PendingRows::Rows::const_iterator JoinRun(
      PendingRows::Rows::const_iterator first,
      PendingRows::Rows::const_iterator end, std::string& run);
  void Fence(const absl::Status& why);
  // nullptr when nothing of the table stays in memory.
  RecordCache* CacheOf(const TableFacts& table) const;
  absl::Time NextTime();

  StoreOptions options_;
  Disk& disk_;
  Sealer sealer_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<LogSizes> log_sizes_;
  std::map<NetworkId, uint64_t> noted_log_sizes_;
  mutable RecordCache records_{kRecordsBytesMax};
  mutable RecordCache messages_{kMessagesBytesMax};
  FreeSpace free_space_;
  // Of the commit turn.
  absl::Time last_time_ = absl::UnixEpoch();
  std::shared_ptr<Batch> open_;        // nullptr until something runs
  std::weak_ptr<const Batch> closed_;  // until it is written and published
  std::atomic<bool> fenced_{false};
  CommitQueue queue_;  // last: its threads use all of the above
};

// ---- typed access over bytes ----

template <typename IdType>
IdType Transaction::NewId() {
  std::array<uint8_t, kIdRandomBytes> random;
  FillRandom(absl::MakeSpan(random));
  return IdType::Make(now_, random);
}

template <typename Key, typename Record>
absl::Status Transaction::Put(const Table<Key, Record>& table, const Key& key,
                              Record record) {
  return PutShared(table, key,
                   std::make_shared<const SharedRecord>(std::move(record)));
}

template <typename Key, typename Record>
absl::Status Transaction::PutShared(
    const Table<Key, Record>& table, const Key& key,
    std::shared_ptr<const SharedRecord> record) {
  return PutRow(table.facts, EncodeKey(table.facts, key), std::move(record));
}

template <typename Key, typename Record>
absl::Status Transaction::PutImplied(const Table<Key, Record>& table,
                                     const Key& key, Record record) {
  CHECK(table.facts.catch_up != nullptr);
  return PutRow(table.facts, EncodeKey(table.facts, key),
                std::make_shared<const SharedRecord>(std::move(record)), true);
}

template <typename Key, typename Record>
void Transaction::Delete(const Table<Key, Record>& table, const Key& key) {
  CHECK(!table.facts.in_runs);
  std::string encoded = EncodeKey(table.facts, key);
  const size_t hash = HashOfKey(encoded);
  overlay_.Put({std::move(encoded), hash, &table.facts, nullptr, nullptr});
}

}  // namespace renkei::storage
