// What a stream does as time goes by, with a client that reads when it wants.
#include "server/rpc/sync_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/support/conversation.h"
#include "tests/support/rpc_world.h"
#include "tests/support/status_matchers.h"

namespace renkei::testing {
namespace {

using Reader = std::unique_ptr<grpc::ClientReader<v1::SyncFrame>>;

class SyncServiceTest : public ::testing::Test {
 protected:
  SyncServiceTest()
      : api_(talk_.world()),
        handler_(api_.calls(), subscriptions_,
                 [] { return std::string("incarnation"); }),
        stub_(v1::SyncService::NewStub(api_.Serve(handler_))) {}
  ~SyncServiceTest() override {
    if (reader_ != nullptr) {
      Close();
    }
    api_.Stop();
  }

  void Open(const std::string& cursor) {
    context_ = api_.As(talk_.team().physician);
    v1::SyncRequest request;
    request.set_cursor(cursor);
    reader_ = stub_->Sync(context_.get(), request);
  }
  void Close() {
    context_->TryCancel();
    v1::SyncFrame frame;
    while (reader_->Read(&frame)) {
    }
    reader_->Finish();
    reader_.reset();
  }
  static size_t ChangesIn(const std::vector<v1::SyncFrame>& frames) {
    size_t changes = 0;
    for (const v1::SyncFrame& frame : frames) {
      changes += static_cast<size_t>(frame.event().changes_size());
    }
    return changes;
  }
  // Reads until a frame of this kind; empty, and a failure, if the stream ended
  // before.
  std::vector<v1::SyncFrame> ReadTo(v1::SyncFrame::FrameCase kind) {
    std::vector<v1::SyncFrame> frames;
    v1::SyncFrame frame;
    while (reader_->Read(&frame)) {
      frames.push_back(frame);
      if (frame.frame_case() == kind) {
        return frames;
      }
    }
    const grpc::Status status = reader_->Finish();
    ADD_FAILURE() << status.error_code() << " " << ReasonIn(status) << " "
                  << status.error_message();
    reader_.reset();
    return {};
  }

  // Until the client has taken everything, or nothing more can be sent to it.
  void AwaitWaiting(size_t streams) {
    while (handler_.waiting_streams() != streams) {
      std::this_thread::yield();
    }
  }

  Conversation talk_;
  RpcWorld api_;
  rpc::Subscriptions subscriptions_;
  rpc::SyncServiceHandler handler_;
  std::unique_ptr<v1::SyncService::Stub> stub_;
  std::unique_ptr<grpc::ClientContext> context_;
  Reader reader_;
};

TEST_F(SyncServiceTest, SendsAHeartbeatWithItsPlaceWhenNothingHappens) {
  Open("");
  const std::vector<v1::SyncFrame> begun = ReadTo(v1::SyncFrame::kCaughtUp);
  ASSERT_FALSE(begun.empty());
  AwaitWaiting(0);
  handler_.Tick(absl::Now() + absl::Seconds(5));
  handler_.Tick(absl::Now() + absl::Seconds(30));
  const std::vector<v1::SyncFrame> next = ReadTo(v1::SyncFrame::kHeartbeat);
  ASSERT_EQ(next.size(), 1u) << "one heartbeat, and not after five seconds";
  EXPECT_FALSE(next[0].cursor().empty());
  EXPECT_TRUE(next[0].heartbeat().has_server_time());
}

TEST_F(SyncServiceTest, EndsAStreamThatIsNotReadAndLosesItNothing) {
  constexpr size_t kMessages = 600;
  Open("");
  const std::string before = ReadTo(v1::SyncFrame::kCaughtUp).back().cursor();
  Close();
  for (size_t i = 0; i < kMessages; ++i) {
    ASSERT_OK(talk_.Send(talk_.team().nurse, "経過"));
  }
  Open(before);
  ASSERT_EQ(ReadTo(v1::SyncFrame::kSnapshot).size(), 1u);
  AwaitWaiting(1);
  handler_.Tick(absl::Now() + absl::Seconds(30));
  const std::vector<v1::SyncFrame> rest = ReadTo(v1::SyncFrame::kClose);
  ASSERT_FALSE(rest.empty());
  EXPECT_EQ(rest.back().close().reason(), v1::Close::REASON_SLOW_CONSUMER);
  EXPECT_GT(rest.back().close().retry_after_ms(), 0);
  const size_t brought = ChangesIn(rest);
  EXPECT_LT(brought, kMessages) << "a stream that is not read goes on reading";
  Close();
  Open(rest.back().cursor());
  EXPECT_EQ(brought + ChangesIn(ReadTo(v1::SyncFrame::kCaughtUp)), kMessages);
}

TEST_F(SyncServiceTest, LocksAStreamWithItsIdleSession) {
  Open("");
  ASSERT_FALSE(ReadTo(v1::SyncFrame::kCaughtUp).empty());
  talk_.world().Advance(absl::Minutes(16));
  handler_.Tick(absl::Now());
  const std::vector<v1::SyncFrame> end = ReadTo(v1::SyncFrame::kClose);
  ASSERT_FALSE(end.empty());
  EXPECT_EQ(end.back().close().reason(), v1::Close::REASON_SESSION_LOCKED);
}

TEST_F(SyncServiceTest, AdmitsNoStreamOnceAllWereEnded) {
  Open("");
  ASSERT_FALSE(ReadTo(v1::SyncFrame::kCaughtUp).empty());
  handler_.EndAll(v1::Close::REASON_SERVER_SHUTDOWN);
  const std::vector<v1::SyncFrame> end = ReadTo(v1::SyncFrame::kClose);
  ASSERT_FALSE(end.empty());
  EXPECT_EQ(end.back().close().reason(), v1::Close::REASON_SERVER_SHUTDOWN);
  Close();
  Open("");
  v1::SyncFrame frame;
  EXPECT_FALSE(reader_->Read(&frame));
  const grpc::Status refused = reader_->Finish();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonIn(refused), "SERVER_STOPPING");
  reader_.reset();
}

}  // namespace
}  // namespace renkei::testing
