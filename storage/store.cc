#include "storage/store.h"

#include <algorithm>
#include <iterator>

namespace renkei::storage {
namespace {

// One synced batch holds at most this much; more waits for the next.
constexpr size_t kBatchOperationsMax = 1024;
constexpr size_t kBatchRowsMax = 32768;

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> Store::Open(
    StoreOptions options, const crypto::KeyRing& keys) {
  auto store = std::unique_ptr<Store>(new Store(std::move(options), keys));
  RETURN_IF_ERROR(store->Start());
  return store;
}

Store::Store(StoreOptions options, const crypto::KeyRing& keys)
    : options_(std::move(options)),
      sealer_(keys),
      free_space_(options_.disk, options_.directory, options_.low_water_bytes,
                  options_.reserve_bytes),
      queue_(options_.queue_operations_max) {}

absl::Status Store::Start() {
  EngineOptions engine;
  engine.directory = options_.directory;
  engine.store_id = options_.store_id;
  engine.disk = options_.disk;
  engine.sync = options_.sync;
  ASSIGN_OR_RETURN(engine_, Engine::Open(engine));
  ASSIGN_OR_RETURN(log_sizes_,
                   LogSizes::Open(options_.disk, options_.log_sizes_path));
  noted_log_sizes_ = log_sizes_->sizes();
  last_time_ = engine_->last_time();
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
  Transaction::PendingRows rows;
  std::map<NetworkId, uint64_t> sizes;
  size_t ran = 0;
  while (rows.size() < kBatchRowsMax &&
         queue_.Take(kBatchOperationsMax - operations.size(), operations)) {
    for (; ran < operations.size(); ++ran) {
      Transaction transaction(*this, view, rows, NextTime());
      operations[ran].result =
          fenced() ? absl::UnavailableError("the store is fenced")
                   : operations[ran].body(transaction);
      for (auto& [key, pending] : transaction.overlay_) {
        rows.insert_or_assign(key, std::move(pending));
      }
      for (const auto& [network, size] : transaction.log_sizes_) {
        sizes[network] = size;
      }
    }
  }
  const absl::Status flushed =
      fenced() ? absl::UnavailableError("the store is fenced")
               : Flush(rows, sizes);
  if (!flushed.ok()) {
    for (CommitQueue::Operation& operation : operations) {
      operation.result = absl::UnavailableError(
          "the store could not make the operation durable");
    }
    Fence(flushed);
  }
}

absl::Status Store::Flush(const Transaction::PendingRows& rows,
                          const std::map<NetworkId, uint64_t>& sizes) {
  if (rows.empty()) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(WriteRows(rows));
  for (const auto& [key, pending] : rows) {
    if (pending.table.kept_in_memory) {
      cache_.Change(key, engine_->next_number(), pending.plaintext);
    }
  }
  engine_->Publish();
  return sizes.empty() ? absl::OkStatus() : log_sizes_->Note(sizes, last_time_);
}

absl::Status Store::WriteRows(const Transaction::PendingRows& rows) {
  EngineBatch batch;
  for (const auto& [key, pending] : rows) {
    if (!pending.plaintext) {
      engine_->Delete(batch, pending.table.family, key);
      continue;
    }
    ASSIGN_OR_RETURN(const std::string blob,
                     sealer_.Seal(pending.table, key, *pending.plaintext));
    engine_->Put(batch, pending.table.family, key, blob);
  }
  return engine_->Write(batch, last_time_);
}

void Store::Fence(const absl::Status& why) {
  if (!fenced_.exchange(true, std::memory_order_acq_rel) && options_.on_fence) {
    options_.on_fence(why);
  }
}

absl::StatusOr<std::optional<std::string>> Snapshot::FindBytes(
    const TableFacts& table, const std::string& key) const {
  if (table.kept_in_memory) {
    if (const std::shared_ptr<const RecordCache::Value> known =
            store_->cache_.Find(key, view_->number())) {
      return *known;
    }
  }
  ASSIGN_OR_RETURN(const std::optional<std::string> blob,
                   store_->engine_->Find(*view_, table.family, key));
  RecordCache::Value plaintext;
  if (blob) {
    ASSIGN_OR_RETURN(plaintext, store_->sealer_.Open(table, key, *blob));
  }
  if (table.kept_in_memory) {
    store_->cache_.Learn(key, view_->number(), plaintext);
  }
  return plaintext;
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
  RETURN_IF_ERROR(store_->sealer_.CheckKey(table, key));
  overlay_.insert_or_assign(std::move(key), Pending{table, std::move(bytes)});
  return absl::OkStatus();
}

void Transaction::FillRandom(absl::Span<uint8_t> bytes) {
  store_->options_.random(bytes);
}

absl::StatusOr<std::optional<std::string>> Transaction::FindBytes(
    const TableFacts& table, const std::string& key) const {
  for (const PendingRows* rows : {&overlay_, &batch_}) {
    if (const auto found = rows->find(key); found != rows->end()) {
      return found->second.plaintext;
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
    for (auto row = rows->lower_bound(range.begin);
         row != rows->end() && row->first < range.end; ++row) {
      pending.emplace(row->first, row->second.plaintext);
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
