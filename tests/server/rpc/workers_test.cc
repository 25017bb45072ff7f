#include "server/rpc/workers.h"

#include <atomic>
#include <future>

#include "gtest/gtest.h"
#include "server/domain/refusal.h"

namespace renkei::rpc {
namespace {

TEST(Workers, RunWhatIsPosted) {
  std::promise<int> answer;
  Workers workers(2, 8);
  ASSERT_TRUE(workers.Post([&answer] { answer.set_value(7); }).ok());
  EXPECT_EQ(answer.get_future().get(), 7);
}

TEST(Workers, RefuseWhatWouldWaitBehindTooMany) {
  std::promise<void> started;
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  Workers workers(1, 1);
  ASSERT_TRUE(workers
                  .Post([&started, released] {
                    started.set_value();
                    released.wait();
                  })
                  .ok());
  started.get_future().wait();
  ASSERT_TRUE(workers.Post([] {}).ok());
  EXPECT_EQ(workers.waiting(), 1u);
  const absl::Status refused = workers.Post([] { FAIL(); });
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(domain::ReasonOf(refused), domain::Reason::kQueueFull);
  release.set_value();
}

TEST(Workers, FinishWhatWaitsBeforeTheyEnd) {
  std::atomic<int> done = 0;
  {
    Workers workers(2, 100);
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(workers.Post([&done] { ++done; }).ok());
    }
  }
  EXPECT_EQ(done, 100);
}

}  // namespace
}  // namespace renkei::rpc
