#include "storage/store.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/container/btree_map.h"
#include "storage/backup_checkpoint.h"

namespace renkei::storage {
namespace {

// One synced batch takes no more operations once it holds this much; they wait
// for the next.
constexpr size_t kBatchOperationsMax = 1024;
constexpr size_t kBatchBytesMax = size_t{8} << 20;
constexpr size_t kTakenAtOnceMax = 64;

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> Store::Open(
    StoreOptions options, const crypto::KeyRing& keys) {
  auto store = std::unique_ptr<Store>(new Store(std::move(options), keys));
  RETURN_IF_ERROR(store->Start());
  return store;
}

Store::Store(StoreOptions options, const crypto::KeyRing& keys)
    : options_(std::move(options)),
      disk_(options_.disk != nullptr ? *options_.disk : MachineDisk()),
      sealer_(keys),
      free_space_(disk_, options_.directory, options_.low_water_bytes,
                  options_.reserve_bytes),
      queue_(options_.queue_operations_max) {}

absl::Status Store::Start() {
  EngineOptions engine;
  engine.directory = options_.directory;
  engine.store_id = options_.store_id;
  engine.disk = &disk_;
  engine.sync = options_.sync;
  free_space_.MakeRoomToOpen();
  // A new store gets its second file first: from then on a missing one tells
  // that somebody took it away.
  if (!Engine::IsThere(engine) &&
      !LogSizes::IsThere(disk_, options_.log_sizes_path)) {
    RETURN_IF_ERROR(LogSizes::Create(disk_, options_.log_sizes_path, {}));
  }
  ASSIGN_OR_RETURN(engine_, Engine::Open(engine));
  ASSIGN_OR_RETURN(log_sizes_, LogSizes::Open(disk_, options_.log_sizes_path));
  noted_log_sizes_ = log_sizes_->sizes();
  last_time_ = engine_->last_time();
  // What stays costs space and nothing else.
  RemoveLeftCheckpoint(disk_, options_.directory).IgnoreError();
  RETURN_IF_ERROR(free_space_.MakeReserve());
  free_space_.Check(options_.clock());
  queue_.Start([this](std::vector<CommitQueue::Operation>& operations) {
    Commit(operations);
  });
  return absl::OkStatus();
}

Store::~Store() {
  queue_.Stop();
  if (log_sizes_ != nullptr) {
    // A lower bound either way.
    log_sizes_->Sync().IgnoreError();
  }
}

void Store::Write(WriteKind kind, Body body, Done done) {
  CommitQueue::Operation operation{std::move(body), std::move(done),
                                   absl::OkStatus()};
  absl::Status refused = absl::OkStatus();
  if (fenced()) {
    refused = absl::UnavailableError("the store is fenced");
  } else if (kind == WriteKind::kChange && disk_low()) {
    // The commit thread looks again only when it works, and it must notice
    // freed space.
    free_space_.Check(options_.clock());
    refused = disk_low() ? absl::ResourceExhaustedError("disk space is low")
                         : absl::OkStatus();
  }
  if (refused.ok()) {
    refused = queue_.Push(operation);
  }
  if (!refused.ok()) {
    operation.done(refused);
  }
}

Snapshot Store::Read() const { return Snapshot(*this, engine_->View()); }

absl::Status Store::WriteCheckpoint(const std::string& directory) const {
  return engine_->WriteCheckpoint(directory);
}

absl::Time Store::NextTime() {
  last_time_ = std::max(last_time_, options_.clock());
  return last_time_;
}

void Store::Commit(std::vector<CommitQueue::Operation>& operations) {
  free_space_.Check(options_.clock());
  const std::shared_ptr<const EngineView> view = engine_->View();
  Batch batch;
  size_t ran = 0;
  while (batch.bytes < kBatchBytesMax &&
         queue_.Take(
             std::min(kTakenAtOnceMax, kBatchOperationsMax - operations.size()),
             operations)) {
    for (; ran < operations.size(); ++ran) {
      Transaction transaction(*this, view, batch.rows, NextTime());
      operations[ran].result =
          fenced() ? absl::UnavailableError("the store is fenced")
                   : operations[ran].body(transaction);
      Fold(transaction, batch);
    }
  }
  const absl::Status flushed =
      fenced() ? absl::UnavailableError("the store is fenced") : Flush(batch);
  if (!flushed.ok()) {
    for (CommitQueue::Operation& operation : operations) {
      operation.result = absl::UnavailableError(
          "the store could not make the operation durable");
    }
    Fence(flushed);
  }
}

void Store::Fold(Transaction& transaction, Batch& batch) {
  for (const auto& [key, row] : transaction.overlay_.rows()) {
    batch.bytes += key.size() + (row->plaintext ? row->plaintext->size() : 0);
  }
  batch.rows.Fold(transaction.overlay_);
  for (const auto& [network, size] : transaction.log_sizes_) {
    batch.log_sizes[network] = size;
  }
}

absl::Status Store::Flush(Batch& batch) {
  if (batch.rows.empty()) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(WriteRows(batch.rows));
  for (const auto& [key, row] : batch.rows.rows()) {
    if (row->table->kept_in_memory) {
      cache_.Change(key, engine_->next_number(), std::move(row->plaintext));
    }
  }
  engine_->Publish();
  return batch.log_sizes.empty()
             ? absl::OkStatus()
             : log_sizes_->Note(batch.log_sizes, last_time_);
}

absl::Status Store::WriteRows(const PendingRows& rows) {
  EngineBatch batch;
  std::string blob;
  for (const auto& [key, row] : rows.rows()) {
    if (!row->plaintext) {
      engine_->Delete(batch, row->table->family, key);
      continue;
    }
    blob.clear();
    sealer_.Seal(*row->table, *row->sealing, key, *row->plaintext, blob);
    engine_->Put(batch, row->table->family, key, blob);
  }
  return engine_->Write(batch, last_time_);
}

void Store::Fence(const absl::Status& why) {
  if (!fenced_.exchange(true, std::memory_order_acq_rel) && options_.on_fence) {
    options_.on_fence(why);
  }
}

absl::StatusOr<Snapshot::Found> Snapshot::FindBytes(
    const TableFacts& table, absl::string_view key) const {
  Found found;
  if (table.kept_in_memory) {
    found.cached = store_->cache_.Find(key, view_->number());
  }
  if (found.cached == nullptr) {
    ASSIGN_OR_RETURN(const std::optional<std::string> blob,
                     store_->engine_->Find(*view_, table.family, key));
    std::optional<std::string> plaintext;
    if (blob) {
      ASSIGN_OR_RETURN(plaintext, store_->sealer_.Open(table, key, *blob));
    }
    if (!table.kept_in_memory) {
      found.exists = plaintext.has_value();
      found.opened = std::move(plaintext).value_or("");
      return found;
    }
    found.cached =
        store_->cache_.Learn(key, view_->number(), std::move(plaintext));
  }
  found.exists = found.cached->plaintext().has_value();
  return found;
}

absl::StatusOr<uint64_t> Snapshot::CountReadable(
    const TableFacts& table) const {
  uint64_t records = 0;
  const std::string all(1, table.prefix);
  RETURN_IF_ERROR(ScanBytes(table, {all, AfterPrefix(all)}, Direction::kForward,
                            [&](absl::string_view, absl::string_view) {
                              ++records;
                              return true;
                            }));
  return records;
}

absl::Status Snapshot::ScanBytes(const TableFacts& table, const KeyRange& range,
                                 Direction direction, VisitBytes visit) const {
  absl::Status opened = absl::OkStatus();
  RETURN_IF_ERROR(
      store_->engine_->Scan(*view_, table.family, range, direction,
                            [&](absl::string_view key, absl::string_view blob) {
                              const absl::StatusOr<std::string> plaintext =
                                  store_->sealer_.Open(table, key, blob);
                              opened = plaintext.status();
                              return opened.ok() && visit(key, *plaintext);
                            }));
  return opened;
}

absl::Status Transaction::PutBytes(const TableFacts& table, std::string key,
                                   std::string bytes) {
  ASSIGN_OR_RETURN(std::shared_ptr<const crypto::SealingKey> sealing,
                   store_->sealer_.KeyFor(table, key));
  overlay_.Put({std::move(key), &table, std::move(bytes), std::move(sealing)});
  return absl::OkStatus();
}

void Transaction::FillRandom(absl::Span<uint8_t> bytes) {
  store_->options_.random(bytes);
}

absl::StatusOr<Snapshot::Found> Transaction::FindBytes(
    const TableFacts& table, absl::string_view key) const {
  for (const PendingRows* rows : {&overlay_, &batch_}) {
    if (const PendingRow* row = rows->Find(key)) {
      Found found;
      found.exists = row->plaintext.has_value();
      found.waiting = row;
      return found;
    }
  }
  return Snapshot::FindBytes(table, key);
}

absl::Status Transaction::ScanBytes(const TableFacts& table,
                                    const KeyRange& range, Direction direction,
                                    VisitBytes visit) const {
  // What is pending wins over what is stored; `pending` is a copy, so the visit
  // may put rows.
  absl::btree_map<std::string, std::optional<std::string>> pending;
  for (const PendingRows* rows : {&overlay_, &batch_}) {
    for (auto row = rows->rows().lower_bound(range.begin);
         row != rows->rows().end() && row->first < range.end; ++row) {
      pending.emplace(row->first, row->second->plaintext);
    }
  }
  if (pending.empty()) {
    return Snapshot::ScanBytes(table, range, direction, visit);
  }
  const bool forward = direction == Direction::kForward;
  bool wanted = true;
  const auto visit_pending = [&](const auto& row) {
    return !row.second || visit(row.first, *row.second);
  };
  const auto take_next = [&] {
    const auto next = forward ? pending.begin() : std::prev(pending.end());
    wanted = visit_pending(*next);
    pending.erase(next);
  };
  RETURN_IF_ERROR(Snapshot::ScanBytes(
      table, range, direction,
      [&](absl::string_view key, absl::string_view plaintext) {
        while (wanted && !pending.empty() &&
               (forward ? pending.begin()->first < key
                        : std::prev(pending.end())->first > key)) {
          take_next();
        }
        if (!wanted) {
          return false;
        }
        if (const auto replaced = pending.find(std::string(key));
            replaced != pending.end()) {
          take_next();
          return wanted;
        }
        wanted = visit(key, plaintext);
        return wanted;
      }));
  while (wanted && !pending.empty()) {
    take_next();
  }
  return absl::OkStatus();
}

}  // namespace renkei::storage
