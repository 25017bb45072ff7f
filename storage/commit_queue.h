// The queue in front of the commit thread, and the publishing thread behind it.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "storage/base/mutex.h"

namespace renkei::storage {

class Transaction;

// Thread-safe.
class CommitQueue {
 public:
  struct Operation {
    absl::AnyInvocable<absl::Status(Transaction&)> body;
    absl::AnyInvocable<void(const absl::Status&)> done;
    absl::Status result;  // of body; then what done is called with
  };

  explicit CommitQueue(size_t operations_max)
      : operations_max_(operations_max) {}
  ~CommitQueue() { Stop(); }

  // Starts the threads. The commit thread calls `commit` with an empty vector,
  // which takes operations by Take, makes them durable and leaves them in the
  // vector; then the publishing thread calls their `done` in order.
  void Start(std::function<void(std::vector<Operation>&)> commit);
  // Commits and publishes what is queued, then ends both threads. Pushes are
  // refused from then on.
  void Stop();

  // ResourceExhausted when as many operations as allowed wait, for their turn
  // or for their `done`; Unavailable after Stop. `operation` is untouched then.
  absl::Status Push(Operation& operation);

  // For the commit thread: moves what is waiting to the end of `operations`, at
  // most `max`. False when nothing was waiting.
  bool Take(size_t max, std::vector<Operation>& operations);

  // Operations whose `done` was not called yet.
  size_t size() const;

 private:
  void RunCommits(const std::function<void(std::vector<Operation>&)>& commit);
  void RunDones();

  const size_t operations_max_;
  mutable Mutex mutex_;
  CondVar waiting_changed_;
  std::deque<Operation> waiting_ ABSL_GUARDED_BY(mutex_);
  size_t unfinished_ ABSL_GUARDED_BY(mutex_) = 0;
  bool committer_idle_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  Mutex done_mutex_;
  CondVar done_changed_;
  std::vector<Operation> to_publish_ ABSL_GUARDED_BY(done_mutex_);
  bool committed_all_ ABSL_GUARDED_BY(done_mutex_) = false;

  std::thread committer_;
  std::thread publisher_;
};

}  // namespace renkei::storage
