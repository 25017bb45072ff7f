#include "server/rpc/sync_rounds.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/time/clock.h"

namespace renkei::rpc {
namespace {

// Rounds take a fifth of the time at most, until their interval is as long as
// it may be.
constexpr int kIntervalForRound = 5;

}  // namespace

absl::Duration SyncRounds::Limits::IntervalAfter(absl::Duration took) const {
  return std::clamp(kIntervalForRound * took, interval_min, interval_max);
}

SyncRounds::SyncRounds(Limits limits, std::function<domain::Door&()> door,
                       domain::EventTails::Encode encode)
    : limits_(limits),
      door_(std::move(door)),
      tails_(std::move(encode)),
      thread_([this] { Run(); }) {}

void SyncRounds::Enlist(Turn turn) {
  MutexLock lock(mutex_);
  if (stopping_) {
    return;
  }
  waiting_.push_back(std::move(turn));
  if (idle_) {
    changed_.NotifyOne();
  }
}

void SyncRounds::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

void SyncRounds::Run() {
  std::vector<Turn> turns;
  while (AwaitTurns(turns)) {
    ReadTogether(turns);
    took_ = absl::Now() - begun_at_;
  }
  // What waits may hold the last reference to a stream, whose end must not find
  // the lock taken.
  std::deque<Turn> dropped;
  MutexLock lock(mutex_);
  dropped.swap(waiting_);
}

// False when it is to end.
bool SyncRounds::AwaitTurns(std::vector<Turn>& turns) {
  MutexLock lock(mutex_);
  while (waiting_.empty() && !stopping_) {
    idle_ = true;
    changed_.Wait(mutex_);
    idle_ = false;
  }
  const absl::Time next = begun_at_ + limits_.IntervalAfter(took_);
  for (absl::Time now = absl::Now();
       now < next && waiting_.size() < limits_.turns_max && !stopping_;
       now = absl::Now()) {
    changed_.WaitFor(mutex_, next - now);
  }
  if (stopping_) {
    return false;
  }
  begun_at_ = absl::Now();
  const auto end = waiting_.begin() + static_cast<ptrdiff_t>(std::min(
                                          waiting_.size(), limits_.turns_max));
  turns.assign(std::make_move_iterator(waiting_.begin()),
               std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  return true;
}

void SyncRounds::ReadTogether(std::vector<Turn>& turns) {
  std::vector<domain::Door::StreamRead> reads;
  std::vector<Turn> taking_part;
  for (Turn& turn : turns) {
    if (auto read = turn.begin(tails_)) {
      reads.push_back(*std::move(read));
      taking_part.push_back(std::move(turn));
    }
  }
  turns.clear();
  if (reads.empty()) {
    return;
  }
  Mutex mutex;
  CondVar changed;
  bool recorded = false;
  door_().ReadTogether(std::move(reads),
                       [&](std::vector<domain::Door::StreamRead> answered) {
                         MutexLock lock(mutex);
                         reads = std::move(answered);
                         recorded = true;
                         changed.NotifyOne();
                       });
  {
    MutexLock lock(mutex);
    while (!recorded) {
      changed.Wait(mutex);
    }
  }
  for (size_t i = 0; i < taking_part.size(); ++i) {
    taking_part[i].end(reads[i].answer);
  }
}

}  // namespace renkei::rpc
