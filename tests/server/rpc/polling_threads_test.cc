#include "server/rpc/polling_threads.h"

#include <future>
#include <thread>

#include "gtest/gtest.h"

namespace renkei::rpc {
namespace {

constexpr absl::Duration kForEver = absl::Hours(1);

// A thread of gRPC's that had a call and is done with it.
std::thread EndACall(PollingThreads& threads) {
  return std::thread([&threads] {
    threads.NoteCall();
    threads.RestIfTooMany();
  });
}

void AwaitResting(const PollingThreads& threads, size_t count) {
  while (threads.resting() != count) {
    std::this_thread::yield();
  }
}

// A thread of gRPC's that had a call and polls as long as this lives.
class Polling {
 public:
  explicit Polling(PollingThreads& threads)
      : thread_([this, &threads] {
          threads.NoteCall();
          noted_.set_value();
          end_.get_future().wait();
        }) {
    noted_.get_future().wait();
  }
  ~Polling() {
    end_.set_value();
    thread_.join();
  }

 private:
  std::promise<void> noted_;
  std::promise<void> end_;
  std::thread thread_;
};

TEST(PollingThreads, RestUntilTheOneThatPollsHandsOver) {
  PollingThreads threads(1, kForEver);
  const Polling one(threads);
  std::thread other = EndACall(threads);
  AwaitResting(threads, 1);
  threads.HandOver();
  EXPECT_EQ(threads.resting(), 0u);
  other.join();
}

TEST(PollingThreads, TheLastOneDoesNotRest) {
  PollingThreads threads(1, kForEver);
  std::promise<void> noted;
  std::thread last([&] {
    threads.NoteCall();
    noted.set_value();
    AwaitResting(threads, 1);
    threads.RestIfTooMany();
    threads.HandOver();
  });
  noted.get_future().wait();
  std::thread other = EndACall(threads);
  last.join();
  other.join();
}

TEST(PollingThreads, HandOverToNobodyIsForgotten) {
  PollingThreads threads(1, kForEver);
  const Polling one(threads);
  threads.HandOver();
  std::thread other = EndACall(threads);
  AwaitResting(threads, 1);
  threads.HandOver();
  other.join();
}

TEST(PollingThreads, PollAsManyAsMay) {
  PollingThreads threads(2, kForEver);
  const Polling one(threads);
  EndACall(threads).join();
}

TEST(PollingThreads, DoNotRestIfNoOtherWentOn) {
  PollingThreads threads(1, kForEver);
  const Polling one(threads);
  std::thread other([&threads] {
    for (int call = 0; call < 2; ++call) {
      threads.NoteCall();
      threads.RestIfTooMany();
    }
  });
  AwaitResting(threads, 1);
  threads.HandOver();
  other.join();
}

TEST(PollingThreads, GoOnWhenNoCallBeginsForAWhile) {
  PollingThreads threads(1, absl::Milliseconds(1));
  const Polling one(threads);
  EndACall(threads).join();
  EXPECT_EQ(threads.resting(), 0u);
}

TEST(PollingThreads, ThatHadNoCallNeverRest) {
  PollingThreads threads(1, kForEver);
  const Polling one(threads);
  const Polling two(threads);
  threads.RestIfTooMany();
  EXPECT_EQ(threads.resting(), 0u);
}

TEST(PollingThreads, ThatEndedAreNotCounted) {
  PollingThreads threads(1, kForEver);
  std::thread([&threads] { threads.NoteCall(); }).join();
  EndACall(threads).join();
}

TEST(PollingThreads, DoNotRestWhileKeptAwake) {
  PollingThreads threads(1, kForEver);
  const Polling one(threads);
  std::thread resting = EndACall(threads);
  AwaitResting(threads, 1);
  threads.KeepAwake();
  EXPECT_EQ(threads.resting(), 0u);
  resting.join();
  EndACall(threads).join();
  threads.AllowRest();
  std::thread again = EndACall(threads);
  AwaitResting(threads, 1);
  threads.HandOver();
  again.join();
}

}  // namespace
}  // namespace renkei::rpc
