// The client library against a scripted server: real gRPC, no product server.
#include "client/client.h"

#include <atomic>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/channel.h"
#include "client/errors.h"
#include "client/request_id.h"
#include "client/sync_loop.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "storage/base/id.h"

namespace renkei::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

grpc::Status ErrorWith(grpc::StatusCode code, const std::string& reason) {
  google::rpc::Status status;
  status.set_code(code);
  status.set_message("the group is closed");
  google::rpc::ErrorInfo error;
  error.set_reason(reason);
  error.set_domain("renkei");
  (*error.mutable_metadata())["group"] = "networks/n/groups/g";
  status.add_details()->PackFrom(error);
  google::rpc::LocalizedMessage text;
  text.set_locale("ja-JP");
  text.set_message("グループは終了しています");
  status.add_details()->PackFrom(text);
  return {code, "the group is closed", status.SerializeAsString()};
}

bool HasToken(const grpc::ServerContext& context, const std::string& token) {
  const auto found = context.client_metadata().find("authorization");
  return found != context.client_metadata().end() &&
         std::string(found->second.data(), found->second.size()) ==
             absl::StrCat("Bearer ", token);
}

class Sessions : public v1::SessionService::Service {
 public:
  grpc::Status RefreshSession(grpc::ServerContext*,
                              const v1::RefreshSessionRequest* request,
                              v1::Tokens* response) override {
    if (request->refresh_token() != absl::StrCat("r", refreshed_.load())) {
      return ErrorWith(grpc::UNAUTHENTICATED, "REFRESH_TOKEN_INVALID");
    }
    const int round = ++refreshed_;
    response->set_access_token(absl::StrCat("a", round));
    response->set_refresh_token(absl::StrCat("r", round));
    response->mutable_access_token_expire_time()->set_seconds(
        absl::ToUnixSeconds(absl::Now() + absl::Minutes(10)));
    return grpc::Status::OK;
  }

  int refreshed() const { return refreshed_; }

 private:
  std::atomic<int> refreshed_ = 0;
};

class Messages : public v1::MessageService::Service {
 public:
  explicit Messages(Sessions& sessions) : sessions_(sessions) {}

  grpc::Status SendMessage(grpc::ServerContext* context,
                           const v1::SendMessageRequest* request,
                           v1::SendMessageResponse* response) override {
    if (!HasToken(*context, absl::StrCat("a", sessions_.refreshed()))) {
      return ErrorWith(grpc::UNAUTHENTICATED, "TOKEN_EXPIRED");
    }
    if (request->body() == "closed") {
      return ErrorWith(grpc::FAILED_PRECONDITION, "GROUP_CLOSED");
    }
    request_ids_.push_back(request->request_id());
    if (request_ids_.size() < failures_) {
      return grpc::Status(grpc::UNAVAILABLE, "try again");
    }
    response->mutable_message()->set_body(request->body());
    return grpc::Status::OK;
  }

  void FailUntil(size_t attempt) { failures_ = attempt; }
  const std::vector<std::string>& request_ids() const { return request_ids_; }

 private:
  Sessions& sessions_;
  size_t failures_ = 0;
  std::vector<std::string> request_ids_;
};

// Every stream brings one frame and then ends in its own way.
class Streams : public v1::SyncService::Service {
 public:
  grpc::Status Sync(grpc::ServerContext*, const v1::SyncRequest* request,
                    grpc::ServerWriter<v1::SyncFrame>* writer) override {
    cursors_.push_back(request->cursor());
    v1::SyncFrame frame;
    frame.set_cursor(absl::StrCat("c", cursors_.size()));
    frame.mutable_heartbeat();
    writer->Write(frame);
    v1::SyncFrame last;
    switch (cursors_.size()) {
      case 1:
        return grpc::Status(grpc::UNAVAILABLE, "restart");
      case 2:
        last.set_cursor("c2b");
        last.mutable_close()->set_reason(v1::Close::REASON_SLOW_CONSUMER);
        break;
      case 3:
        last.mutable_close()->set_reason(v1::Close::REASON_CURSOR_EXPIRED);
        break;
      default:
        last.mutable_close()->set_reason(v1::Close::REASON_SESSION_LOCKED);
    }
    writer->Write(last);
    return grpc::Status::OK;
  }

  const std::vector<std::string>& cursors() const { return cursors_; }

 private:
  std::vector<std::string> cursors_;
};

class ClientTest : public testing::Test {
 protected:
  ClientTest()
      : messages_(sessions_),
        address_(absl::StrCat("unix:", testing::TempDir(), "/client_test.",
                              getpid(), ".sock")) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address_, grpc::InsecureServerCredentials());
    builder.RegisterService(&sessions_);
    builder.RegisterService(&messages_);
    builder.RegisterService(&streams_);
    server_ = builder.BuildAndStart();
    client_ = std::make_unique<Client>(*OpenChannel({address_, "", "", ""}),
                                       tokens_, absl::Seconds(10));
  }
  ~ClientTest() override { server_->Shutdown(); }

  absl::StatusOr<v1::SendMessageResponse> Send(const std::string& body) {
    v1::SendMessageRequest request;
    request.set_body(body);
    return client_->Call(&v1::MessageService::Stub::SendMessage, request);
  }

  Sessions sessions_;
  Messages messages_;
  Streams streams_;
  const std::string address_;
  MemoryTokens tokens_{{"a0", absl::InfiniteFuture(), "r0"}};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Client> client_;
};

TEST_F(ClientTest, SendsTheTokenAndAFreshRequestId) {
  ASSERT_TRUE(Send("一").ok());
  ASSERT_TRUE(Send("二").ok());
  ASSERT_EQ(messages_.request_ids().size(), 2u);
  EXPECT_EQ(messages_.request_ids()[0].size(), 36u);
  EXPECT_NE(messages_.request_ids()[0], messages_.request_ids()[1]);
}

TEST(MakeRequestId, IsAUuidOfVersion7WithTheTime) {
  const int64_t before = absl::ToUnixMillis(absl::Now());
  const std::string text = MakeRequestId();
  const int64_t after = absl::ToUnixMillis(absl::Now());
  EXPECT_TRUE(ParseUuid(text).has_value()) << text;
  EXPECT_EQ(text[14], '7') << text;
  uint64_t time = 0;
  ASSERT_TRUE(absl::SimpleHexAtoi(text.substr(0, 8) + text.substr(9, 4), &time))
      << text;
  EXPECT_GE(static_cast<int64_t>(time), before);
  EXPECT_LE(static_cast<int64_t>(time), after);
}

TEST_F(ClientTest, RetriesAnUnavailableServerWithTheSameRequestId) {
  messages_.FailUntil(3);
  ASSERT_TRUE(Send("もう一度").ok());
  ASSERT_EQ(messages_.request_ids().size(), 3u);
  EXPECT_EQ(messages_.request_ids()[0], messages_.request_ids()[2]);
}

TEST_F(ClientTest, RefreshesBeforeTheTokenExpires) {
  ASSERT_TRUE(tokens_
                  .Replace([](const Tokens&) -> absl::StatusOr<Tokens> {
                    return Tokens{"a0", absl::Now() + absl::Seconds(5), "r0"};
                  })
                  .ok());
  ASSERT_TRUE(Send("x").ok());
  EXPECT_EQ(sessions_.refreshed(), 1);
  EXPECT_EQ(tokens_.Load()->refresh_token, "r1");
}

TEST_F(ClientTest, RefreshesWhenTheServerSaysThatTheTokenExpired) {
  ASSERT_TRUE(tokens_
                  .Replace([](const Tokens&) -> absl::StatusOr<Tokens> {
                    return Tokens{"old", absl::InfiniteFuture(), "r0"};
                  })
                  .ok());
  ASSERT_TRUE(Send("x").ok());
  EXPECT_EQ(sessions_.refreshed(), 1);
}

TEST_F(ClientTest, RefreshesOnceForManyCallers) {
  ASSERT_TRUE(tokens_
                  .Replace([](const Tokens&) -> absl::StatusOr<Tokens> {
                    return Tokens{"a0", absl::InfinitePast(), "r0"};
                  })
                  .ok());
  constexpr int kCallers = 8;
  std::vector<std::thread> threads;
  threads.reserve(kCallers);
  for (int i = 0; i < kCallers; ++i) {
    threads.emplace_back([this] {
      grpc::ClientContext context;
      EXPECT_EQ(*client_->AddCredentials(context), "a1");
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(sessions_.refreshed(), 1);
}

TEST_F(ClientTest, ReportsReasonParticularsAndLocalText) {
  const absl::Status status = Send("closed").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_EQ(ReasonOf(status), "GROUP_CLOSED");
  EXPECT_EQ(MetadataOf(status, "group"), "networks/n/groups/g");
  EXPECT_EQ(MetadataOf(status, "other"), "");
  EXPECT_THAT(Explain(status, Language::kJapanese),
              HasSubstr("グループは終了しています [GROUP_CLOSED]"));
  EXPECT_THAT(Explain(status, Language::kEnglish),
              HasSubstr("the group is closed [GROUP_CLOSED]"));
}

TEST_F(ClientTest, SyncGoesOnWhereItStoppedUntilTheSessionLocks) {
  SyncLoop loop(*client_, "c0");
  const absl::Status ended =
      loop.Run([](const v1::SyncFrame&) { return absl::OkStatus(); });
  EXPECT_TRUE(absl::IsUnauthenticated(ended));
  EXPECT_THAT(streams_.cursors(), ElementsAre("c0", "c1", "c2b", ""));
  EXPECT_EQ(loop.cursor(), "c4");
}

TEST_F(ClientTest, SyncDoesNotPassOverAFrameThatWasNotHandled) {
  SyncLoop loop(*client_, "c0");
  const absl::Status ended = loop.Run(
      [](const v1::SyncFrame&) { return absl::DataLossError("disk full"); });
  EXPECT_TRUE(absl::IsDataLoss(ended));
  EXPECT_EQ(loop.cursor(), "c0");
}

TEST_F(ClientTest, SyncStopsWhenTold) {
  SyncLoop loop(*client_, "");
  EXPECT_TRUE(loop.Run([&](const v1::SyncFrame&) {
                    loop.Stop();
                    return absl::OkStatus();
                  })
                  .ok());
}

}  // namespace
}  // namespace renkei::client
