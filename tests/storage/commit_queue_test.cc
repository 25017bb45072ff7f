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
  std::promise<void> second_ran;
  std::atomic<int> ran{0};
  std::atomic<int> written{0};
  queue.Start({[&](absl::Span<CommitQueue::Operation> operations) {
                 for (size_t i = 0; i < operations.size(); ++i) {
                   if (++ran == 2) {
                     EXPECT_EQ(written.load(), 0);
                     second_ran.set_value();
                   }
                 }
               },
               [] { return false; },
               [&] {
                 return [&, first = written.load() == 0] {
                   // Ends only because the next one does not wait for it.
                   if (first) {
                     second_ran.get_future().wait();
                   }
                   ++written;
                   return absl::OkStatus();
                 };
               }});
  for (int i = 0; i < 2; ++i) {
    CommitQueue::Operation operation = WithDone([](const absl::Status&) {});
    ASSERT_OK(queue.Push(operation));
    while (ran.load() == i) {
      std::this_thread::yield();
    }
  }
  queue.Stop();
  EXPECT_EQ(written.load(), 2);
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

TEST(CommitQueue, LosesNothingOfManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kEach = 500;
  CommitQueue queue(kThreads * kEach);
  queue.Start(NoWork());
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
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
