#include "server/rpc/workers.h"

#include <utility>

#include "server/domain/refusal.h"

namespace renkei::rpc {

Workers::Workers(size_t threads, size_t queue_max) : queue_max_(queue_max) {
  threads_.reserve(threads);
  for (size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Run(); });
  }
}

Workers::~Workers() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

absl::Status Workers::Post(Job job) {
  MutexLock lock(mutex_);
  if (queue_.size() >= queue_max_) {
    return domain::Refuse(absl::StatusCode::kResourceExhausted,
                          domain::Reason::kQueueFull,
                          "too many passwords wait to be checked; come back");
  }
  queue_.push_back(std::move(job));
  changed_.NotifyOne();
  return absl::OkStatus();
}

size_t Workers::waiting() const {
  MutexLock lock(mutex_);
  return queue_.size();
}

void Workers::Run() {
  while (true) {
    Job job;
    {
      MutexLock lock(mutex_);
      while (queue_.empty() && !stopping_) {
        changed_.Wait(mutex_);
      }
      if (queue_.empty()) {
        return;
      }
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    job();
  }
}

}  // namespace renkei::rpc
