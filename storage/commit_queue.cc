#include "storage/commit_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace renkei::storage {
namespace {

constexpr size_t kTakenAtOnceMax = 64;
// While a thread runs the operation it brought others may come. It runs them
// too, but leaves the rest to a writer after so many rounds.
constexpr int kRoundsMax = 4;

}  // namespace

void CommitQueue::Start(Stages stages) {
  stages_ = std::move(stages);
  {
    MutexLock lock(mutex_);
    started_ = true;
  }
  for (std::thread& writer : writers_) {
    writer = std::thread([this] { WriteBatches(); });
  }
}

void CommitQueue::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  may_write_.NotifyAll();
  for (std::thread& writer : writers_) {
    if (writer.joinable()) {
      writer.join();
    }
  }
}

absl::Status CommitQueue::Push(Operation& operation) {
  bool wake = false;
  {
    MutexLock lock(mutex_);
    if (stopping_) {
      return absl::UnavailableError("the store is closing");
    }
    if (size() >= operations_max_) {
      return absl::ResourceExhaustedError("the commit queue is full");
    }
    unfinished_.fetch_add(1, std::memory_order_relaxed);
    waiting_.push_back(std::move(operation));
    for (int round = 0; MayRun() && round < kRoundsMax; ++round) {
      RunInTurn();
    }
    wake = MustWakeWriter();
  }
  // Not under the lock: who wakes would wait for it at once.
  if (wake) {
    may_write_.NotifyOne();
  }
  return absl::OkStatus();
}

void CommitQueue::RunInTurn() {
  running_ = true;
  RunWaiting();
  running_ = false;
  if (closing_) {
    may_close_.NotifyOne();
  }
}

// REQUIRES: the turn to run.
void CommitQueue::RunWaiting() {
  const size_t ran = open_.size();
  const size_t count = std::min(kTakenAtOnceMax, waiting_.size());
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
  std::move(waiting_.begin(), end, std::back_inserter(open_));
  waiting_.erase(waiting_.begin(), end);
  begun_ += count;
  mutex_.Unlock();
  stages_.run(absl::MakeSpan(open_).subspan(ran));
  const bool full = stages_.is_full();
  mutex_.Lock();
  full_ = full;
}

// One that is on its way sees all that comes until it arrives.
bool CommitQueue::MustWakeWriter() {
  const bool work = MayRun() || (started_ && MayWrite());
  return work && !std::exchange(woken_, true);
}

void CommitQueue::WriteBatches() {
  while (true) {
    Batch batch;
    bool wake = false;
    {
      MutexLock lock(mutex_);
      if (!AwaitBatch()) {
        break;
      }
      batch = CloseBatch();
      wake = MustWakeWriter();
    }
    if (wake) {
      may_write_.NotifyOne();
    }
    WriteBatch(batch);
    PublishBatch(batch);
  }
  may_write_.NotifyAll();  // the other one ends too
}

// True with the turn to write; false at the end.
bool CommitQueue::AwaitBatch() {
  while (true) {
    woken_ = false;
    if (MayWrite()) {
      writing_ = true;
      return true;
    }
    if (MayRun()) {
      RunInTurn();
      continue;
    }
    if (stopping_ && !running_ && !HasBatch()) {
      return false;
    }
    may_write_.Wait(mutex_);
  }
}

CommitQueue::Batch CommitQueue::CloseBatch() {
  closing_ = true;
  while (running_) {
    may_close_.Wait(mutex_);
  }
  closing_ = false;
  running_ = true;
  if (!waiting_.empty() && !full_) {
    RunWaiting();
  }
  Batch batch;
  batch.operations.swap(open_);
  batch.number = closed_++;
  begun_ = 0;
  full_ = false;
  // What the batch was built on may be freed with it.
  mutex_.Unlock();
  batch.write = stages_.close();
  mutex_.Lock();
  running_ = false;
  return batch;
}

void CommitQueue::WriteBatch(Batch& batch) {
  if (const absl::Status written = batch.write(); !written.ok()) {
    for (Operation& operation : batch.operations) {
      operation.result = written;
    }
  }
  batch.write = nullptr;
  bool wake = false;
  {
    MutexLock lock(mutex_);
    writing_ = false;
    wake = MustWakeWriter();
  }
  if (wake) {
    may_write_.NotifyOne();
  }
}

void CommitQueue::PublishBatch(Batch& batch) {
  {
    MutexLock lock(mutex_);
    while (published_ != batch.number) {
      may_publish_.Wait(mutex_);
    }
  }
  for (Operation& operation : batch.operations) {
    unfinished_.fetch_sub(1, std::memory_order_relaxed);
    operation.done(operation.result);
  }
  {
    MutexLock lock(mutex_);
    ++published_;
  }
  may_publish_.NotifyOne();
}

}  // namespace renkei::storage
