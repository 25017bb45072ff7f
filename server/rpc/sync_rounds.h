// Where open streams read: in rounds, so that what many of them hand out at a
// time is recorded in one commit.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/domain/door.h"
#include "server/domain/event_tails.h"
#include "storage/base/mutex.h"

namespace renkei::rpc {

// Thread-safe. A round is over when all that it hands out is recorded; what
// happens meanwhile waits for the next, so that windows grow with the load.
class SyncRounds {
 public:
  // One stream's part in a round. Both are called on the thread of the rounds.
  struct Turn {
    // The read; nullopt if there is none any more: `end` is not called then.
    // The tails outlive it.
    absl::AnyInvocable<std::optional<domain::Door::StreamRead>(
        domain::EventTails&)>
        begin;
    // When what was read may leave, or why not.
    absl::AnyInvocable<void(const absl::Status&)> end;
  };

  struct Limits {
    size_t turns_max = 0;  // of one round; > 0
    absl::Duration interval_min;
    absl::Duration interval_max;

    // Between the beginnings of two rounds, unless more wait than one takes:
    // five times what the first `took`, within the bounds. The more there is to
    // do, the more is done at once.
    absl::Duration IntervalAfter(absl::Duration took) const;
  };

  // `door` is asked once there is a turn.
  SyncRounds(Limits limits, std::function<domain::Door&()> door,
             domain::EventTails::Encode encode);
  ~SyncRounds() { Stop(); }
  SyncRounds(const SyncRounds&) = delete;
  SyncRounds& operator=(const SyncRounds&) = delete;

  // Takes part in a later round, once. Nothing happens after Stop.
  void Enlist(Turn turn);

  // Ends the round under way and drops what waits.
  void Stop();

 private:
  void Run();
  bool AwaitTurns(std::vector<Turn>& turns);
  void ReadTogether(std::vector<Turn>& turns);

  const Limits limits_;
  const std::function<domain::Door&()> door_;
  domain::EventTails tails_;  // of the thread

  Mutex mutex_;
  CondVar changed_;
  std::deque<Turn> waiting_ ABSL_GUARDED_BY(mutex_);
  bool idle_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Of the thread.
  absl::Time begun_at_ = absl::InfinitePast();
  absl::Duration took_;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace renkei::rpc
