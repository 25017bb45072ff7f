#include "storage/commit_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace renkei::storage {
namespace {

constexpr size_t kTakenAtOnceMax = 64;
// A writer that is free is not kept waiting for more than this.
constexpr size_t kWorthWriting = 64;

}  // namespace

void CommitQueue::Start(Stages stages) {
  publisher_ = std::thread([this] { RunDones(); });
  writer_ = std::thread([this] { RunWritings(); });
  committer_ = std::thread(
      [this, stages = std::move(stages)] { RunOperations(stages); });
}

void CommitQueue::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    committer_changed_.NotifyAll();
  }
  if (committer_.joinable()) {
    committer_.join();
  }
  {
    MutexLock lock(mutex_);
    ran_all_ = true;
    writer_changed_.NotifyAll();
  }
  if (writer_.joinable()) {
    writer_.join();
  }
  {
    MutexLock lock(done_mutex_);
    wrote_all_ = true;
    done_changed_.NotifyAll();
  }
  if (publisher_.joinable()) {
    publisher_.join();
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
    // One wakes it for all that come until it runs.
    wake = std::exchange(committer_idle_, false);
  }
  if (wake) {
    committer_changed_.NotifyOne();
  }
  return absl::OkStatus();
}

void CommitQueue::RunOperations(const Stages& stages) {
  Operations open;
  while (true) {
    switch (AwaitStep(open.size(), !open.empty() && stages.is_full())) {
      case Step::kRun: {
        const size_t ran = open.size();
        TakeWaiting(open);
        stages.run(absl::MakeSpan(open).subspan(ran));
        break;
      }
      case Step::kWrite:
        HandOver(stages.close(), open);
        break;
      case Step::kEnd:
        return;
    }
  }
}

CommitQueue::Step CommitQueue::AwaitStep(size_t open, bool full) {
  MutexLock lock(mutex_);
  while (true) {
    const bool enough = full || open >= kWorthWriting || waiting_.empty();
    if (open > 0 && enough && !writing_) {
      return Step::kWrite;
    }
    if (!waiting_.empty() && !full) {
      return Step::kRun;
    }
    if (stopping_ && waiting_.empty() && open == 0) {
      return Step::kEnd;
    }
    committer_idle_ = true;
    committer_changed_.Wait(mutex_);
    committer_idle_ = false;
  }
}

void CommitQueue::TakeWaiting(Operations& operations) {
  MutexLock lock(mutex_);
  const size_t count = std::min(kTakenAtOnceMax, waiting_.size());
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
  std::move(waiting_.begin(), end, std::back_inserter(operations));
  waiting_.erase(waiting_.begin(), end);
}

void CommitQueue::HandOver(Writing writing, Operations& operations) {
  {
    MutexLock lock(mutex_);
    batch_ = std::move(writing);
    in_batch_.swap(operations);
    writing_ = true;
  }
  // Not under the lock, here and below: who wakes would wait for it at once.
  writer_changed_.NotifyOne();
}

void CommitQueue::RunWritings() {
  while (true) {
    Writing write;
    Operations operations;
    {
      MutexLock lock(mutex_);
      while (!writing_ && !ran_all_) {
        writer_changed_.Wait(mutex_);
      }
      if (!writing_) {
        return;
      }
      write = std::move(batch_);
      operations.swap(in_batch_);
    }
    if (const absl::Status written = write(); !written.ok()) {
      for (Operation& operation : operations) {
        operation.result = written;
      }
    }
    write = nullptr;
    bool wake = false;
    {
      MutexLock lock(mutex_);
      writing_ = false;
      wake = std::exchange(committer_idle_, false);
    }
    if (wake) {
      committer_changed_.NotifyOne();
    }
    {
      MutexLock lock(done_mutex_);
      to_publish_.insert(to_publish_.end(),
                         std::make_move_iterator(operations.begin()),
                         std::make_move_iterator(operations.end()));
    }
    done_changed_.NotifyOne();
  }
}

void CommitQueue::RunDones() {
  Operations publishing;
  while (true) {
    {
      MutexLock lock(done_mutex_);
      while (to_publish_.empty() && !wrote_all_) {
        done_changed_.Wait(done_mutex_);
      }
      if (to_publish_.empty()) {
        return;
      }
      publishing.swap(to_publish_);
    }
    for (Operation& operation : publishing) {
      unfinished_.fetch_sub(1, std::memory_order_relaxed);
      operation.done(operation.result);
    }
    publishing.clear();
  }
}

}  // namespace renkei::storage
