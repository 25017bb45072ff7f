// A few threads for work too slow for a call's own: password hashing.
#pragma once

#include <cstddef>
#include <deque>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "storage/base/mutex.h"

namespace renkei::rpc {

// Thread-safe.
class Workers {
 public:
  using Job = absl::AnyInvocable<void()>;

  // At most `threads` jobs run at once and at most `queue_max` wait.
  // REQUIRES: threads > 0.
  Workers(size_t threads, size_t queue_max);
  // Runs what waits to its end, since somebody waits for each answer.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Runs `job` on one of the threads, in the order of posting. Returns
  // RESOURCE_EXHAUSTED, QUEUE_FULL and drops `job` when too many wait.
  absl::Status Post(Job job);

  size_t waiting() const;

 private:
  void Run();

  const size_t queue_max_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<Job> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace renkei::rpc
