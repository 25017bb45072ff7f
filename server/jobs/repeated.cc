#include "server/jobs/repeated.h"

#include <utility>

namespace renkei::jobs {

Repeated::Repeated(absl::Duration interval, absl::AnyInvocable<void()> work)
    : runner_([this, interval, work = std::move(work)]() mutable {
        Run(interval, std::move(work));
      }) {}

Repeated::~Repeated() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    stopped_.NotifyAll();
  }
  runner_.join();
}

void Repeated::Run(absl::Duration interval, absl::AnyInvocable<void()> work) {
  bool stopping = false;
  while (!stopping) {
    {
      MutexLock lock(mutex_);
      if (!stopping_) {
        stopped_.WaitFor(mutex_, interval);
      }
      stopping = stopping_;
    }
    work();
  }
}

}  // namespace renkei::jobs
