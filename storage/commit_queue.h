// The queue in front of the commit thread, the writing thread beside it and the
// publishing thread behind both.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
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

  // Makes one closed batch durable; every operation of a batch that failed is
  // told so.
  using Writing = absl::AnyInvocable<absl::Status()>;

  // What is done with operations. Everything but Writing is called by the
  // commit thread.
  struct Stages {
    // Runs the operations in order, into the open batch.
    std::function<void(absl::Span<Operation>)> run;
    // Whether the open batch must be written before it takes more.
    std::function<bool()> is_full;
    // Closes the batch. The next one runs while this one is written.
    std::function<Writing()> close;
  };

  explicit CommitQueue(size_t operations_max)
      : operations_max_(operations_max) {}
  ~CommitQueue() { Stop(); }

  // Starts the threads. One batch is written at a time, in the order of their
  // closing; then the publishing thread calls the `done` of its operations in
  // order.
  void Start(Stages stages);
  // Commits and publishes what is queued, then ends the threads. Pushes are
  // refused from then on.
  void Stop();

  // ResourceExhausted when as many operations as allowed wait, for their turn
  // or for their `done`; Unavailable after Stop. `operation` is untouched then.
  absl::Status Push(Operation& operation);

  // Operations whose `done` was not called yet.
  size_t size() const { return unfinished_.load(std::memory_order_relaxed); }

 private:
  using Operations = std::vector<Operation>;
  enum class Step { kRun, kWrite, kEnd };

  void RunOperations(const Stages& stages);
  Step AwaitStep(size_t open, bool full);
  void TakeWaiting(Operations& operations);
  void HandOver(Writing writing, Operations& operations);
  void RunWritings();
  void RunDones();

  const size_t operations_max_;
  std::atomic<size_t> unfinished_{0};
  mutable Mutex mutex_;
  CondVar committer_changed_;
  std::deque<Operation> waiting_ ABSL_GUARDED_BY(mutex_);
  bool committer_idle_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  // The batch that is being written, if there is one.
  CondVar writer_changed_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ran_all_ ABSL_GUARDED_BY(mutex_) = false;
  Writing batch_ ABSL_GUARDED_BY(mutex_);
  Operations in_batch_ ABSL_GUARDED_BY(mutex_);

  Mutex done_mutex_;
  CondVar done_changed_;
  Operations to_publish_ ABSL_GUARDED_BY(done_mutex_);
  bool wrote_all_ ABSL_GUARDED_BY(done_mutex_) = false;

  std::thread committer_;
  std::thread writer_;
  std::thread publisher_;
};

}  // namespace renkei::storage
