#include "storage/store.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/strings/str_cat.h"
#include "storage/backup_checkpoint.h"
#include "storage/row_run.h"

namespace renkei::storage {
namespace {

// One synced batch takes no more operations once it holds this much; they wait
// for the next.
constexpr size_t kBatchOperationsMax = 1024;
constexpr size_t kBatchBytesMax = size_t{8} << 20;

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
  queue_.Start({[this](absl::Span<CommitQueue::Operation> operations) {
                  Run(operations);
                },
                [this] { return IsFull(); }, [this] { return Close(); }});
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
    // Operations look again only when one runs, and freed space must be
    // noticed.
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

void Store::Run(absl::Span<CommitQueue::Operation> operations) {
  if (open_ == nullptr) {
    OpenBatch();
  }
  const PendingRows* const before =
      open_->before == nullptr ? nullptr : &open_->before->rows;
  for (CommitQueue::Operation& operation : operations) {
    Transaction transaction(*this, open_->view, {&open_->rows, before},
                            NextTime());
    operation.result = fenced() ? absl::UnavailableError("the store is fenced")
                                : operation.body(transaction);
    Fold(transaction, *open_);
  }
  open_->operations += operations.size();
}

void Store::OpenBatch() {
  free_space_.Check(options_.clock());
  open_ = std::make_shared<Batch>();
  // In this order: a batch that is gone is in the view taken after.
  open_->before = closed_.lock();
  open_->view = engine_->View();
}

bool Store::IsFull() const {
  return open_->operations >= kBatchOperationsMax ||
         open_->bytes >= kBatchBytesMax;
}

CommitQueue::Writing Store::Close() {
  // What it was built on would keep all batches alive, one by another.
  open_->before.reset();
  open_->view.reset();
  open_->time = last_time_;
  open_->rows.Sort();
  std::shared_ptr<const Batch> batch = std::move(open_);
  closed_ = batch;
  return [this, batch = std::move(batch)] { return Commit(*batch); };
}

void Store::Fold(Transaction& transaction, Batch& batch) {
  for (const auto& row : transaction.overlay_.rows()) {
    batch.bytes += row->key.size() + (row->record ? row->record->bytes() : 0);
  }
  batch.rows.Take(transaction.overlay_);
  for (const auto& [network, size] : transaction.log_sizes_) {
    batch.log_sizes[network] = size;
  }
}

absl::Status Store::Commit(const Batch& batch) {
  const absl::Status flushed =
      fenced() ? absl::UnavailableError("the store is fenced") : Flush(batch);
  if (flushed.ok()) {
    return absl::OkStatus();
  }
  Fence(flushed);
  return absl::UnavailableError(
      "the store could not make the operation durable");
}

absl::Status Store::Flush(const Batch& batch) {
  if (batch.rows.empty()) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(WriteRows(batch));
  for (const auto& row : batch.rows.rows()) {
    if (RecordCache* const cache = CacheOf(*row->table)) {
      cache->Change(row->key, row->hash, engine_->next_number(), row->record);
    }
  }
  engine_->Publish();
  return batch.log_sizes.empty()
             ? absl::OkStatus()
             : log_sizes_->Note(batch.log_sizes, batch.time);
}

absl::Status Store::WriteRows(const Batch& batch) {
  EngineBatch sealed;
  std::string blob;
  std::string run;
  const PendingRows::Rows& rows = batch.rows.rows();
  for (auto next = rows.begin(); next != rows.end();) {
    const PendingRow& row = **next;
    if (row.implied) {
      ++next;
      continue;
    }
    if (row.record == nullptr) {
      engine_->Delete(sealed, row.table->family, row.key);
      ++next;
      continue;
    }
    absl::string_view plaintext = row.record->plaintext();
    if (row.table->in_runs) {
      next = JoinRun(next, rows.end(), run);
      plaintext = run;
    } else {
      ++next;
    }
    blob.clear();
    sealer_.Seal(*row.table, *row.sealing, row.key, plaintext, blob);
    engine_->Put(sealed, row.table->family, row.key, blob);
  }
  return engine_->Write(sealed, batch.time);
}

// Makes `run` of `first` and what goes on from it; gives what comes after.
PendingRows::Rows::const_iterator Store::JoinRun(
    PendingRows::Rows::const_iterator first,
    PendingRows::Rows::const_iterator end, std::string& run) {
  run = (*first)->record->plaintext();
  auto next = std::next(first);
  for (uint64_t place = 1; next != end && run.size() < kRunBytesMax &&
                           (*next)->sealing == (*first)->sealing &&
                           PlaceInRun((*first)->key, (*next)->key) == place;
       ++next, ++place) {
    run += (*next)->record->plaintext();
  }
  return next;
}

void Store::Fence(const absl::Status& why) {
  if (!fenced_.exchange(true, std::memory_order_acq_rel) && options_.on_fence) {
    options_.on_fence(why);
  }
}

RecordCache* Store::CacheOf(const TableFacts& table) const {
  switch (table.memory) {
    case Memory::kNone:
      break;
    case Memory::kRecords:
      return &records_;
    case Memory::kMessages:
      return &messages_;
  }
  return nullptr;
}

absl::Status Transaction::PutRow(const TableFacts& table, std::string key,
                                 std::shared_ptr<const SharedRecord> record,
                                 bool implied) {
  if (table.in_runs && record->bytes() == 0) {
    return absl::InternalError(absl::StrCat(table.name, ": an empty record"));
  }
  ASSIGN_OR_RETURN(std::shared_ptr<const crypto::SealingKey> sealing,
                   store_->sealer_.KeyFor(table, key));
  const size_t hash = HashOfKey(key);
  overlay_.Put({std::move(key), hash, &table, std::move(record),
                std::move(sealing), implied});
  return absl::OkStatus();
}

void Transaction::FillRandom(absl::Span<uint8_t> bytes) {
  store_->options_.random(bytes);
}

std::optional<Snapshot::Found> Transaction::FindBytesInMemory(
    const TableFacts& table, absl::string_view key) const {
  const size_t hash = HashOfKey(key);
  const PendingRow* row = overlay_.Find(key, hash);
  for (size_t i = 0; row == nullptr && i < earlier_.size(); ++i) {
    row = earlier_[i] == nullptr ? nullptr : earlier_[i]->Find(key, hash);
  }
  if (row != nullptr) {
    return Found{row->record != nullptr, row->record, {}};
  }
  return FindInCache(table, key, hash);
}

absl::Status Transaction::ScanBytes(const TableFacts& table,
                                    const KeyRange& range, Direction direction,
                                    Opening opening, VisitFound visit) const {
  // What is pending wins over what is stored; `pending` is a copy, so the visit
  // may put rows.
  absl::btree_map<std::string, std::shared_ptr<const SharedRecord>> pending;
  const auto add = [&pending](const PendingRow& row) {
    pending.emplace(row.key, row.record);
  };
  overlay_.VisitRange(range, add);
  for (const PendingRows* const rows : earlier_) {
    if (rows != nullptr) {
      rows->VisitRange(range, add);
    }
  }
  if (pending.empty()) {
    return Snapshot::ScanBytes(table, range, direction, opening, visit);
  }
  const bool forward = direction == Direction::kForward;
  bool wanted = true;
  const auto visit_pending = [&](const auto& row) {
    Found found{true, row.second, {}};
    return row.second == nullptr || visit(row.first, found);
  };
  const auto take_next = [&] {
    const auto next = forward ? pending.begin() : std::prev(pending.end());
    wanted = visit_pending(*next);
    pending.erase(next);
  };
  RETURN_IF_ERROR(Snapshot::ScanBytes(
      table, range, direction, opening,
      [&](absl::string_view key, Found& found) {
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
        wanted = visit(key, found);
        return wanted;
      }));
  while (wanted && !pending.empty()) {
    take_next();
  }
  return absl::OkStatus();
}

}  // namespace renkei::storage
