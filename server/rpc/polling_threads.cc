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

  // Whether another thread began a call since this was asked here last.
  bool OthersWentOn(uint64_t begun) {
    const uint64_t others = begun - begun_here_;
    return std::exchange(others_, others) != others;
  }
  void Begin() { ++begun_here_; }

  static Presence& Here() {
    thread_local Presence here;
    return here;
  }

 private:
  PollingThreads* threads_ = nullptr;
  uint64_t begun_here_ = 0;  // calls
  uint64_t others_ = 0;      // calls that others had begun
};

PollingThreads::~PollingThreads() {
  MutexLock lock(mutex_);
  CHECK(resting_ == 0);
}

void PollingThreads::NoteCall() {
  begun_.fetch_add(1, std::memory_order_relaxed);
  Presence::Here().Begin();
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
    ++called_;
    CountPolling();
  }
  may_go_on_.NotifyOne();
}

void PollingThreads::RestIfTooMany() {
  if (polling_.load(std::memory_order_relaxed) <= polling_max_ ||
      !Presence::Here().IsOf(*this) ||
      !Presence::Here().OthersWentOn(begun_.load(std::memory_order_relaxed))) {
    return;
  }
  MutexLock lock(mutex_);
  if (noted_ - resting_ <= polling_max_ || kept_awake_ > 0) {
    return;
  }
  ++resting_;
  CountPolling();
  uint64_t begun = begun_.load(std::memory_order_relaxed);
  while (called_ == 0) {
    const bool notified = may_go_on_.WaitFor(mutex_, patience_);
    const uint64_t now_begun = begun_.load(std::memory_order_relaxed);
    if (!notified && std::exchange(begun, now_begun) == now_begun &&
        called_ == 0) {
      --resting_;
      CountPolling();
      return;
    }
  }
  --called_;
}

void PollingThreads::KeepAwake() {
  {
    MutexLock lock(mutex_);
    ++kept_awake_;
    called_ += std::exchange(resting_, 0);
    CountPolling();
  }
  may_go_on_.NotifyAll();
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
