// The queue of the store's operations: who runs them, who writes the batches
// that come of them, who tells of it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
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

// There are three turns: to run operations, to write a batch of them, to tell
// what became of it. One thread has each at a time. Whoever brings an operation
// runs it if nobody else runs any, so that a lone one wakes one thread.
// Thread-safe.
class CommitQueue {
 public:
  struct Operation {
    absl::AnyInvocable<absl::Status(Transaction&)> body;
    // Waits for no other operation: a later one may be written only after it.
    absl::AnyInvocable<void(const absl::Status&)> done;
    absl::Status result;  // of body; then what done is called with
  };

  // Makes one closed batch durable; every operation of a batch that failed is
  // told so.
  using Writing = absl::AnyInvocable<absl::Status()>;

  // What is done with operations. Everything but Writing is called by the
  // thread that has the turn to run: one at a time, each after the other.
  struct Stages {
    // Runs the operations in order, into the open batch.
    std::function<void(absl::Span<Operation>)> run;
    // Whether the open batch must be written before it takes more.
    std::function<bool()> is_full;
    // Closes the batch. The next one runs while this one is written.
    std::function<Writing()> close;
  };

  // A batch of fewer operations is not written while the one before is told: it
  // gathers more meanwhile.
  static constexpr size_t kBesideTellingMin = 32;

  explicit CommitQueue(size_t operations_max)
      : operations_max_(operations_max) {}
  ~CommitQueue() { Stop(); }

  // Starts the two threads that write. One batch is written at a time, in the
  // order of their closing; the thread that wrote it then calls the `done` of
  // its operations, in order and after those of the batch before, while the
  // other thread writes the next if that is large enough. One that has nothing
  // to write runs what nobody else runs.
  void Start(Stages stages);
  // Commits and publishes what is queued, then ends the threads. Pushes are
  // refused from then on.
  void Stop();

  // Runs the operation and what else waits on this thread, or leaves it to
  // another that has the turn just now; it never waits for either. The caller
  // holds no lock that a `body` takes. ResourceExhausted when as many
  // operations as allowed wait, for their turn or for their `done`; Unavailable
  // after Stop. `operation` is untouched then.
  absl::Status Push(Operation& operation);

  // Operations whose `done` was not called yet.
  size_t size() const { return unfinished_.load(std::memory_order_relaxed); }

 private:
  using Operations = std::vector<Operation>;
  struct Batch {
    Operations operations;
    Writing write;
    uint64_t number = 0;
  };

  bool MayRun() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return started_ && !running_ && !closing_ && !full_ && !waiting_.empty();
  }
  bool HasBatch() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return begun_ != 0 || !waiting_.empty();
  }
  bool MayWrite() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return HasBatch() && !writing_ &&
           (closed_ == published_ || full_ ||
            begun_ + waiting_.size() >= kBesideTellingMin);
  }
  void RunInTurn() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RunWaiting() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MustWakeWriter() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteBatches();
  bool AwaitBatch() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Batch CloseBatch() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteBatch(Batch& batch);
  void PublishBatch(Batch& batch);

  const size_t operations_max_;
  Stages stages_;
  std::atomic<size_t> unfinished_{0};
  mutable Mutex mutex_;
  std::deque<Operation> waiting_ ABSL_GUARDED_BY(mutex_);
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  // The turn to run: who has it may touch the open batch.
  bool running_ ABSL_GUARDED_BY(mutex_) = false;
  Operations open_;
  size_t begun_ ABSL_GUARDED_BY(mutex_) =
      0;  // operations that run or ran in it
  bool full_ ABSL_GUARDED_BY(mutex_) = false;
  // The writer wants the turn to close the batch: nobody else takes it.
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  CondVar may_close_;

  // The turns to write and to publish.
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;      // a writer is on its way
  uint64_t closed_ ABSL_GUARDED_BY(mutex_) = 0;     // batches
  uint64_t published_ ABSL_GUARDED_BY(mutex_) = 0;  // batches
  CondVar may_write_;
  CondVar may_publish_;

  std::array<std::thread, 2> writers_;
};

}  // namespace renkei::storage
