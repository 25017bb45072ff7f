#include "server/rpc/polling_threads.h"

#include <utility>

#include "storage/base/check.h"

namespace renkei::rpc {

// A thread is counted until it ends.
class PollingThreads::Presence {
 public:
  Presence() = default;
  ~Presence() {
    if (threads_ != nullptr) {
      threads_->Leave();
    }
  }
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

  // False if it is counted already.
  bool Enter(PollingThreads& threads) {
    if (threads_ != nullptr) {
      return false;
    }
    threads_ = &threads;
    return true;
  }
  bool IsOf(const PollingThreads& threads) const {
    return threads_ == &threads;
  }

  static Presence& Here() {
    thread_local Presence here;
    return here;
  }

 private:
  PollingThreads* threads_ = nullptr;
};

PollingThreads::~PollingThreads() {
  MutexLock lock(mutex_);
  CHECK(resting_ == 0);
}

void PollingThreads::NoteCall() {
  if (Presence::Here().Enter(*this)) {
    MutexLock lock(mutex_);
    ++noted_;
    CountPolling();
  }
}

void PollingThreads::Leave() {
  MutexLock lock(mutex_);
  --noted_;
  CountPolling();
}

void PollingThreads::HandOver() {
  {
    MutexLock lock(mutex_);
    if (resting_ == 0) {
      return;
    }
    --resting_;
    ++calls_;
    CountPolling();
  }
  called_up_.NotifyOne();
}

void PollingThreads::RestIfTooMany() {
  if (polling_.load(std::memory_order_relaxed) <= polling_max_ ||
      !Presence::Here().IsOf(*this)) {
    return;
  }
  MutexLock lock(mutex_);
  if (noted_ - resting_ <= polling_max_ || kept_awake_ > 0) {
    return;
  }
  ++resting_;
  CountPolling();
  while (calls_ == 0) {
    called_up_.Wait(mutex_);
  }
  --calls_;
}

void PollingThreads::KeepAwake() {
  {
    MutexLock lock(mutex_);
    ++kept_awake_;
    calls_ += std::exchange(resting_, 0);
    CountPolling();
  }
  called_up_.NotifyAll();
}

void PollingThreads::AllowRest() {
  MutexLock lock(mutex_);
  --kept_awake_;
}

void PollingThreads::CountPolling() {
  polling_.store(noted_ - resting_, std::memory_order_relaxed);
}

size_t PollingThreads::resting() const {
  MutexLock lock(mutex_);
  return resting_;
}

}  // namespace renkei::rpc
