#include "storage/commit_queue.h"

#include <iterator>
#include <utility>

namespace renkei::storage {

void CommitQueue::Start(std::function<void(std::vector<Operation>&)> commit) {
  publisher_ = std::thread([this] { RunDones(); });
  committer_ =
      std::thread([this, commit = std::move(commit)] { RunCommits(commit); });
}

void CommitQueue::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    waiting_changed_.NotifyAll();
  }
  if (committer_.joinable()) {
    committer_.join();
  }
  {
    MutexLock lock(done_mutex_);
    committed_all_ = true;
    done_changed_.NotifyAll();
  }
  if (publisher_.joinable()) {
    publisher_.join();
  }
}

absl::Status CommitQueue::Push(Operation& operation) {
  MutexLock lock(mutex_);
  if (stopping_) {
    return absl::UnavailableError("the store is closing");
  }
  if (unfinished_ >= operations_max_) {
    return absl::ResourceExhaustedError("the commit queue is full");
  }
  ++unfinished_;
  waiting_.push_back(std::move(operation));
  if (committer_idle_) {
    waiting_changed_.NotifyOne();
  }
  return absl::OkStatus();
}

bool CommitQueue::Take(size_t max, std::vector<Operation>& operations) {
  MutexLock lock(mutex_);
  const bool any = !waiting_.empty() && max > 0;
  for (; max > 0 && !waiting_.empty(); --max) {
    operations.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return any;
}

size_t CommitQueue::size() const {
  MutexLock lock(mutex_);
  return unfinished_;
}

void CommitQueue::RunCommits(
    const std::function<void(std::vector<Operation>&)>& commit) {
  std::vector<Operation> operations;
  while (true) {
    {
      MutexLock lock(mutex_);
      while (waiting_.empty() && !stopping_) {
        committer_idle_ = true;
        waiting_changed_.Wait(mutex_);
        committer_idle_ = false;
      }
      if (waiting_.empty()) {
        return;
      }
    }
    operations.clear();
    commit(operations);
    MutexLock lock(done_mutex_);
    to_publish_.insert(to_publish_.end(),
                       std::make_move_iterator(operations.begin()),
                       std::make_move_iterator(operations.end()));
    done_changed_.NotifyOne();
  }
}

void CommitQueue::RunDones() {
  std::vector<Operation> publishing;
  while (true) {
    {
      MutexLock lock(done_mutex_);
      while (to_publish_.empty() && !committed_all_) {
        done_changed_.Wait(done_mutex_);
      }
      if (to_publish_.empty()) {
        return;
      }
      publishing.swap(to_publish_);
    }
    for (Operation& operation : publishing) {
      {
        MutexLock lock(mutex_);
        --unfinished_;
      }
      operation.done(operation.result);
    }
    publishing.clear();
  }
}

}  // namespace renkei::storage
