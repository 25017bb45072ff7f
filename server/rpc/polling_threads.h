// How many of gRPC's threads wait for the network at once.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "storage/base/mutex.h"

namespace renkei::rpc {

// gRPC starts a polling thread for two cores, but never fewer than two. Each
// event wakes the other one, so on a machine of two cores they take turns at
// every call, and what a call touches moves from core to core. So a thread too
// many rests when it is done with a call, until another needs it or no call
// begins for a while: the one that polls may be busy with a thousand new
// connections, of which gRPC tells nothing. gRPC's threads belong to the
// process: of these there is one in a process. It outlives every server that
// has it. Thread-safe.
class PollingThreads {
 public:
  // At most `polling_max` go on polling while calls begin at least every
  // `patience`. REQUIRES: at least 1.
  PollingThreads(size_t polling_max, absl::Duration patience)
      : polling_max_(polling_max), patience_(patience) {}
  ~PollingThreads();

  // On one of gRPC's threads, as it begins a unary call. Others never rest.
  void NoteCall();
  // Before something that may take long on such a thread: one that rests polls
  // instead.
  void HandOver();
  // After a call, on whichever thread gRPC ends it; holding no lock. Rests only
  // if others began calls since it was called here last: one of them polls.
  void RestIfTooMany();

  // Nobody rests from now on, until as many AllowRest(): a server that stops
  // waits for every call, also for one whose thread rests.
  void KeepAwake();
  void AllowRest();

  // Threads that rest just now.
  size_t resting() const;

 private:
  class Presence;

  void Leave();
  void CountPolling() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t polling_max_;
  const absl::Duration patience_;
  std::atomic<uint64_t> begun_{0};  // calls
  std::atomic<size_t> polling_{0};  // noted and not resting
  mutable Mutex mutex_;
  CondVar may_go_on_;
  size_t noted_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t resting_ ABSL_GUARDED_BY(mutex_) = 0;
  // Threads that were called up, are not counted as resting and still wait.
  size_t called_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t kept_awake_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace renkei::rpc
