// Work that is done again and again on a thread of its own.
#pragma once

#include <thread>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "storage/base/mutex.h"

namespace renkei::jobs {

class Repeated {
 public:
  // Calls `work` after each `interval`, and once more when this object ends.
  Repeated(absl::Duration interval, absl::AnyInvocable<void()> work);
  ~Repeated();
  Repeated(const Repeated&) = delete;
  Repeated& operator=(const Repeated&) = delete;

 private:
  void Run(absl::Duration interval, absl::AnyInvocable<void()> work);

  Mutex mutex_;
  CondVar stopped_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread runner_;
};

}  // namespace renkei::jobs
