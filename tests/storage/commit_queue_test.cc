#include "storage/commit_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/status_matchers.h"

namespace renkei::storage {
namespace {

using renkei::testing::StatusIs;

CommitQueue::Operation WithDone(std::function<void(const absl::Status&)> done) {
  return {[](Transaction&) { return absl::OkStatus(); }, std::move(done),
          absl::OkStatus()};
}

CommitQueue::Stages NoWork() {
  return {[](absl::Span<CommitQueue::Operation>) {}, [] { return false; },
          [] { return [] { return absl::OkStatus(); }; }};
}

TEST(CommitQueue, CallsEveryDoneInOrder) {
  CommitQueue queue(1000);
  queue.Start(NoWork());
  std::vector<int> order;
  for (int i = 0; i < 500; ++i) {
    CommitQueue::Operation operation =
        WithDone([&order, i](const absl::Status&) { order.push_back(i); });
    ASSERT_OK(queue.Push(operation));
  }
  queue.Stop();
  ASSERT_EQ(order.size(), 500u);
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(order[static_cast<size_t>(i)], i);
  }
}

TEST(CommitQueue, RunsTheNextBatchWhileOneIsWritten) {
  CommitQueue queue(10);
  std::promise<void> first_is_written;
  std::promise<void> second_ran;
  int ran = 0;
  int closed = 0;
  queue.Start({[&](absl::Span<CommitQueue::Operation> operations) {
                 ASSERT_EQ(operations.size(), 1u);
                 if (++ran == 2) {
                   second_ran.set_value();
                 }
               },
               [] { return false; },
               [&]() -> CommitQueue::Writing {
                 if (++closed > 1) {
                   return [] { return absl::OkStatus(); };
                 }
                 return [&] {
                   first_is_written.set_value();
                   // Ends only because the next one does not wait for it.
                   second_ran.get_future().wait();
                   return absl::OkStatus();
                 };
               }});
  CommitQueue::Operation first = WithDone([](const absl::Status&) {});
  ASSERT_OK(queue.Push(first));
  first_is_written.get_future().wait();
  CommitQueue::Operation second = WithDone([](const absl::Status&) {});
  ASSERT_OK(queue.Push(second));
  queue.Stop();
  EXPECT_EQ(closed, 2);
}

// What comes while the turn to run is taken, and after which nobody comes.
TEST(CommitQueue, RunsWhatWasLeftWhileABatchIsWritten) {
  constexpr size_t kInFirst = 1 + 64;  // and what is taken at once
  CommitQueue queue(1000);
  std::promise<void> held;
  std::promise<void> go_on;
  std::promise<void> last_ran;
  size_t ran = 0;
  int closed = 0;
  queue.Start({[&](absl::Span<CommitQueue::Operation> operations) {
                 if (ran == 0) {
                   held.set_value();
                   go_on.get_future().wait();
                 }
                 ran += operations.size();
                 if (ran == kInFirst + 1) {
                   last_ran.set_value();
                 }
               },
               [&] { return ran == kInFirst; },
               [&]() -> CommitQueue::Writing {
                 if (++closed > 1) {
                   return [] { return absl::OkStatus(); };
                 }
                 return [&] {
                   last_ran.get_future().wait();
                   return absl::OkStatus();
                 };
               }});
  std::thread holder([&] {
    CommitQueue::Operation operation = WithDone([](const absl::Status&) {});
    EXPECT_OK(queue.Push(operation));
  });
  held.get_future().wait();
  std::promise<void> last_done;
  for (size_t i = 1; i <= kInFirst; ++i) {
    CommitQueue::Operation operation =
        WithDone([&last_done, last = i == kInFirst](const absl::Status&) {
          if (last) {
            last_done.set_value();
          }
        });
    ASSERT_OK(queue.Push(operation));
  }
  go_on.set_value();
  holder.join();
  last_done.get_future().wait();  // before Stop, which wakes everybody
  queue.Stop();
  EXPECT_EQ(closed, 2);
}

TEST(CommitQueue, WritesTheNextBatchWhileOneIsToldIfItHoldsEnough) {
  CommitQueue queue(1000);
  std::promise<void> first_is_written;
  std::promise<void> second_was_pushed;
  std::promise<void> second_is_written;
  int closed = 0;
  CommitQueue::Stages stages = NoWork();
  stages.close = [&]() -> CommitQueue::Writing {
    if (++closed > 1) {
      return [&] {
        second_is_written.set_value();
        return absl::OkStatus();
      };
    }
    return [&] {
      first_is_written.set_value();
      second_was_pushed.get_future().wait();
      return absl::OkStatus();
    };
  };
  queue.Start(std::move(stages));
  CommitQueue::Operation first = WithDone(
      [&](const absl::Status&) { second_is_written.get_future().wait(); });
  ASSERT_OK(queue.Push(first));
  first_is_written.get_future().wait();
  std::promise<void> second_done;
  for (size_t i = 1; i <= CommitQueue::kBesideTellingMin; ++i) {
    CommitQueue::Operation operation = WithDone(
        [&, last = i == CommitQueue::kBesideTellingMin](const absl::Status&) {
          if (last) {
            second_done.set_value();
          }
        });
    ASSERT_OK(queue.Push(operation));
  }
  second_was_pushed.set_value();
  second_done.get_future().wait();  // before Stop, which wakes everybody
  queue.Stop();
  EXPECT_EQ(closed, 2);
}

TEST(CommitQueue, LetsAFewGatherWhileABatchIsTold) {
  constexpr int kBatches = 500;
  CommitQueue queue(10);
  std::atomic<bool> telling{false};
  std::atomic<int> closed_meanwhile{0};
  std::atomic<int> told{0};
  CommitQueue::Stages stages = NoWork();
  stages.close = [&]() -> CommitQueue::Writing {
    closed_meanwhile += telling ? 1 : 0;
    return [] { return absl::OkStatus(); };
  };
  queue.Start(std::move(stages));
  for (int i = 1; i <= kBatches; ++i) {
    std::promise<void> all_told;
    CommitQueue::Operation second =
        WithDone([&](const absl::Status&) { all_told.set_value(); });
    CommitQueue::Operation first = WithDone([&](const absl::Status&) {
      telling = true;
      ASSERT_OK(queue.Push(second));
      std::this_thread::yield();
      ++told;
      telling = false;
    });
    ASSERT_OK(queue.Push(first));
    all_told.get_future().wait();
  }
  queue.Stop();
  EXPECT_EQ(told, kBatches);
  EXPECT_EQ(closed_meanwhile, 0);
}

TEST(CommitQueue, TellsEveryOperationOfABatchThatItsWritingFailed) {
  CommitQueue queue(10);
  CommitQueue::Stages stages = NoWork();
  stages.close = [] { return [] { return absl::UnavailableError("disk"); }; };
  std::atomic<int> told{0};
  for (int i = 0; i < 3; ++i) {
    CommitQueue::Operation operation =
        WithDone([&](const absl::Status& result) {
          told += absl::IsUnavailable(result) ? 1 : 0;
        });
    ASSERT_OK(queue.Push(operation));
  }
  queue.Start(std::move(stages));
  queue.Stop();
  EXPECT_EQ(told.load(), 3);
}

TEST(CommitQueue, WritesAFullBatchBeforeItTakesMore) {
  CommitQueue queue(500);
  size_t open = 0;
  size_t most = 0;
  for (int i = 0; i < 500; ++i) {
    CommitQueue::Operation operation = WithDone([](const absl::Status&) {});
    ASSERT_OK(queue.Push(operation));
  }
  queue.Start({[&](absl::Span<CommitQueue::Operation> operations) {
                 open += operations.size();
                 most = std::max(most, open);
               },
               [&] { return open > 0; },
               [&] {
                 open = 0;
                 return [] { return absl::OkStatus(); };
               }});
  queue.Stop();
  EXPECT_EQ(open, 0u);
  EXPECT_EQ(most, 64u);  // what is taken at once
}

TEST(CommitQueue, RefusesWhatIsTooMuchAndLeavesItUntouched) {
  CommitQueue queue(2);
  for (int i = 0; i < 2; ++i) {
    CommitQueue::Operation operation = WithDone([](const absl::Status&) {});
    ASSERT_OK(queue.Push(operation));
  }
  bool called = false;
  CommitQueue::Operation third =
      WithDone([&called](const absl::Status&) { called = true; });
  EXPECT_THAT(queue.Push(third),
              StatusIs(absl::StatusCode::kResourceExhausted));
  third.done(absl::OkStatus());
  EXPECT_TRUE(called);
}

TEST(CommitQueue, CountsWhatWaitsForItsDoneToo) {
  CommitQueue queue(3);
  queue.Start(NoWork());
  std::promise<void> begun;
  std::promise<void> go_on;
  CommitQueue::Operation slow = WithDone([&](const absl::Status&) {
    begun.set_value();
    go_on.get_future().wait();
  });
  ASSERT_OK(queue.Push(slow));
  begun.get_future().wait();
  // The publisher is busy; however fast commits are, no more than three wait.
  int accepted = 0;
  for (int i = 0; i < 10; ++i) {
    CommitQueue::Operation operation = WithDone([](const absl::Status&) {});
    accepted += queue.Push(operation).ok() ? 1 : 0;
    std::this_thread::yield();
  }
  EXPECT_EQ(accepted, 3);
  go_on.set_value();
  queue.Stop();
}

TEST(CommitQueue, FinishesWhatIsQueuedBeforeItStops) {
  std::atomic<int> done{0};
  CommitQueue queue(100);
  for (int i = 0; i < 50; ++i) {
    CommitQueue::Operation operation =
        WithDone([&done](const absl::Status&) { ++done; });
    ASSERT_OK(queue.Push(operation));
  }
  queue.Start(NoWork());
  queue.Stop();
  EXPECT_EQ(done.load(), 50);
  CommitQueue::Operation late = WithDone([](const absl::Status&) {});
  EXPECT_THAT(queue.Push(late), StatusIs(absl::StatusCode::kUnavailable));
}

TEST(CommitQueue, TakesPushesFromADone) {
  CommitQueue queue(10);
  queue.Start(NoWork());
  std::promise<void> second;
  CommitQueue::Operation first = WithDone([&](const absl::Status&) {
    CommitQueue::Operation next =
        WithDone([&second](const absl::Status&) { second.set_value(); });
    EXPECT_OK(queue.Push(next));
  });
  ASSERT_OK(queue.Push(first));
  second.get_future().wait();
}

// Each push may be the one that must wake a writer which has just gone to
// sleep.
TEST(CommitQueue, AnswersCallersThatWaitForEachAnswer) {
  constexpr int kCallers = 4;
  constexpr int kEach = 3000;
  CommitQueue queue(kCallers);
  CommitQueue::Stages stages = NoWork();
  stages.run = [](absl::Span<CommitQueue::Operation>) {
    std::this_thread::yield();
  };
  queue.Start(std::move(stages));
  std::vector<std::thread> callers;
  callers.reserve(kCallers);
  for (int t = 0; t < kCallers; ++t) {
    callers.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        std::promise<void> answered;
        CommitQueue::Operation operation =
            WithDone([&](const absl::Status&) { answered.set_value(); });
        ASSERT_OK(queue.Push(operation));
        answered.get_future().wait();
      }
    });
  }
  for (std::thread& caller : callers) {
    caller.join();
  }
}

TEST(CommitQueue, RunsAnOperationOnTheThreadThatBringsIt) {
  CommitQueue queue(10);
  std::thread::id ran_on;
  CommitQueue::Stages stages = NoWork();
  stages.run = [&](absl::Span<CommitQueue::Operation>) {
    ran_on = std::this_thread::get_id();
  };
  queue.Start(std::move(stages));
  std::promise<std::thread::id> told_on;
  CommitQueue::Operation operation = WithDone([&](const absl::Status&) {
    told_on.set_value(std::this_thread::get_id());
  });
  ASSERT_OK(queue.Push(operation));
  EXPECT_EQ(ran_on, std::this_thread::get_id());
  EXPECT_NE(told_on.get_future().get(), std::this_thread::get_id());
}

TEST(CommitQueue, LosesNothingOfManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kEach = 500;
  CommitQueue queue(kThreads * kEach);
  queue.Start(NoWork());
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        CommitQueue::Operation operation =
            WithDone([&done](const absl::Status&) { ++done; });
        EXPECT_OK(queue.Push(operation));
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  queue.Stop();
  EXPECT_EQ(done.load(), kThreads * kEach);
  EXPECT_EQ(queue.size(), 0u);
}

}  // namespace
}  // namespace renkei::storage
