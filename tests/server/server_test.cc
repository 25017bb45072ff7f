// The whole server on real sockets: sealed, unsealed, every method by
// descriptor, a live stream.
#include "server/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "server/config.h"
#include "server/init.h"
#include "server/rpc/errors.h"
#include "tests/support/polling_threads.h"
#include "tests/support/rpc_world.h"
#include "tests/support/status_matchers.h"

namespace renkei::server {
namespace {

using ::renkei::testing::ReasonIn;

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    folder_ =
        absl::StrCat(::testing::TempDir(), "/renkei-server-test-", ::getpid());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ + "/server.textproto") << R"(
      data_dir: "messages" key_dir: "keys" audit_mark_file: "audit_mark"
      socket_path: "api.sock" operator_socket_path: "operator.sock" root_key_file: "root.key"
      limits { free_space_low_water_bytes: 1048576 disk_reserve_bytes: 65536 }
      development_mode: true test_password_hashing { memory_kib: 8 passes: 1 })";
    config_ = *LoadConfig(folder_ + "/server.textproto");
  }
  ~ServerTest() override { std::filesystem::remove_all(folder_); }

  void InitOnce() {
    ASSERT_OK(Init(config_,
                   {"chofu", "ちょうふ", "office", folder_ + "/password", ""}));
  }
  std::unique_ptr<Server> StartSealed() {
    auto server =
        Server::Start(config_, log_, testing::PollingThreadsOfProcess(),
                      [](const absl::Status&) { std::abort(); });
    EXPECT_OK(server);
    return *std::move(server);
  }
  std::unique_ptr<Server> StartUnsealed() {
    std::unique_ptr<Server> server = StartSealed();
    EXPECT_OK(server->Unseal(*ReadRootKey(config_)));
    return server;
  }
  std::shared_ptr<grpc::Channel> Connect() {
    return grpc::CreateChannel("unix:" + config_.socket_path(),
                               grpc::InsecureChannelCredentials());
  }

  // Calls a method by its name with an empty request.
  grpc::Status CallEmpty(const std::string& service, const std::string& method,
                         const std::string& token) {
    grpc::GenericStub stub(Connect());
    grpc::ClientContext context;
    if (!token.empty()) {
      context.AddMetadata("authorization", "Bearer " + token);
    }
    grpc::ByteBuffer request(nullptr, 0);
    grpc::ByteBuffer response;
    std::promise<grpc::Status> done;
    stub.UnaryCall(&context, absl::StrCat("/renkei.v1.", service, "/", method),
                   {}, &request, &response, [&done](grpc::Status status) {
                     done.set_value(std::move(status));
                   });
    return done.get_future().get();
  }

  std::string folder_;
  config::v1::ServerConfig config_;
  Log log_{[] { return absl::Now(); }, [](absl::string_view) {}};
};

TEST_F(ServerTest, InitIsDoneOnce) {
  InitOnce();
  EXPECT_EQ(
      Init(config_, {"chofu", "ちょうふ", "office", folder_ + "/other", ""})
          .code(),
      absl::StatusCode::kAlreadyExists);
  struct stat facts {};
  ASSERT_EQ(stat((folder_ + "/password").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  ASSERT_EQ(stat((folder_ + "/root.key").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
}

TEST_F(ServerTest, AnswersNothingButWhatItIsWhileSealed) {
  InitOnce();
  const std::unique_ptr<Server> server = StartSealed();
  EXPECT_EQ(ReasonIn(CallEmpty("SessionService", "SignIn", "")),
            "SERVER_SEALED");
  EXPECT_TRUE(CallEmpty("AdminService", "GetServerInfo", "").ok());
  EXPECT_EQ(server->Unseal(crypto::Secret::Random(32)).code(),
            absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(ReasonIn(CallEmpty("SessionService", "SignIn", "")),
            "SERVER_SEALED");
  EXPECT_OK(server->Unseal(*ReadRootKey(config_)));
  EXPECT_EQ(server->Unseal(*ReadRootKey(config_)).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonIn(CallEmpty("SessionService", "SignIn", "")),
            "FIELD_INVALID");
}

TEST_F(ServerTest, LetsNobodyInWithoutCredentials) {
  InitOnce();
  const std::unique_ptr<Server> server = StartUnsealed();
  const auto rules = rpc::MethodRules::Load();
  ASSERT_OK(rules);
  int asked = 0;
  for (const auto& [request, rule] : rules->all()) {
    if (rule.audience != v1::AUDIENCE_SIGNED_IN &&
        rule.audience != v1::AUDIENCE_ENROLMENT) {
      continue;
    }
    const size_t dot = rule.name.find('.');
    const grpc::Status status =
        CallEmpty(rule.name.substr(0, dot), rule.name.substr(dot + 1), "");
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED)
        << rule.name;
    EXPECT_EQ(ReasonIn(status), "CREDENTIALS_MISSING") << rule.name;
    ++asked;
  }
  EXPECT_GE(asked, 55);
}

TEST_F(ServerTest, KeepsTheOperatorsMethodsOffTheApiSocket) {
  InitOnce();
  const std::unique_ptr<Server> server = StartUnsealed();
  for (const char* method : {"Unseal", "Backup"}) {
    EXPECT_EQ(CallEmpty("OperatorService", method, "").error_code(),
              grpc::StatusCode::UNIMPLEMENTED);
  }
  struct stat facts {};
  ASSERT_EQ(stat(config_.operator_socket_path().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
}

TEST_F(ServerTest, OpensItsStoreAgainAfterACleanStop) {
  InitOnce();
  StartUnsealed().reset();
  const std::unique_ptr<Server> server = StartUnsealed();
  EXPECT_TRUE(CallEmpty("AdminService", "GetServerInfo", "").ok());
}

TEST_F(ServerTest, IsNotCutOffByASecondOne) {
  InitOnce();
  const std::unique_ptr<Server> server = StartUnsealed();
  EXPECT_EQ(Server::Start(config_, log_, testing::PollingThreadsOfProcess(),
                          [](const absl::Status&) { std::abort(); })
                .status()
                .code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(CallEmpty("AdminService", "GetServerInfo", "").ok());
}

TEST_F(ServerTest, LetsAPollingThreadTooManyRestUntilItStops) {
  InitOnce();
  const rpc::PollingThreads& threads = testing::PollingThreadsOfProcess();
  std::unique_ptr<Server> server = StartUnsealed();
  for (int calls = 0; threads.resting() == 0; ++calls) {
    ASSERT_TRUE(CallEmpty("AdminService", "GetServerInfo", "").ok());
    ASSERT_LT(calls, 1000);
  }
  EXPECT_TRUE(CallEmpty("AdminService", "GetServerInfo", "").ok());
  server.reset();
  EXPECT_EQ(threads.resting(), 0u);
}

TEST_F(ServerTest, IsUnsealedOnADiskThatIsLow) {
  InitOnce();
  config_.mutable_limits()->set_free_space_low_water_bytes(uint64_t{1} << 60);
  const std::unique_ptr<Server> server = StartUnsealed();
  EXPECT_EQ(ReasonIn(CallEmpty("SessionService", "SignIn", "")),
            "FIELD_INVALID");
}

TEST_F(ServerTest, StaysSealedWhenTheStoreHasLostAcknowledgedEvents) {
  InitOnce();
  std::filesystem::copy(config_.data_dir(), folder_ + "/earlier",
                        std::filesystem::copy_options::recursive);
  StartUnsealed().reset();
  std::filesystem::remove_all(config_.data_dir());
  std::filesystem::copy(folder_ + "/earlier", config_.data_dir(),
                        std::filesystem::copy_options::recursive);
  const std::unique_ptr<Server> server = StartSealed();
  const absl::Status refused = server->Unseal(*ReadRootKey(config_));
  EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss) << refused;
  EXPECT_THAT(std::string(refused.message()),
              ::testing::HasSubstr("lost acknowledged"));
  EXPECT_EQ(ReasonIn(CallEmpty("SessionService", "SignIn", "")),
            "SERVER_SEALED");
}

// A rollback of everything but the second place of the checkpoints.
TEST_F(ServerTest, StaysSealedWhenTheStoreIsOlderThanItsCheckpoints) {
  InitOnce();
  StartUnsealed().reset();
  for (const char* part : {"messages", "audit_mark", "checkpoints"}) {
    std::filesystem::copy(absl::StrCat(folder_, "/", part),
                          absl::StrCat(folder_, "/earlier-", part),
                          std::filesystem::copy_options::recursive);
  }
  StartUnsealed().reset();
  for (const char* part : {"messages", "audit_mark"}) {
    std::filesystem::remove_all(absl::StrCat(folder_, "/", part));
    std::filesystem::copy(absl::StrCat(folder_, "/earlier-", part),
                          absl::StrCat(folder_, "/", part),
                          std::filesystem::copy_options::recursive);
  }
  const absl::Status refused = StartSealed()->Unseal(*ReadRootKey(config_));
  EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss) << refused;
  EXPECT_THAT(std::string(refused.message()),
              ::testing::HasSubstr("a checkpoint of"));
  // With the second place of the same time it is a store like any other.
  std::filesystem::remove_all(folder_ + "/checkpoints");
  std::filesystem::rename(folder_ + "/earlier-checkpoints",
                          folder_ + "/checkpoints");
  EXPECT_OK(StartSealed()->Unseal(*ReadRootKey(config_)));
}

}  // namespace
}  // namespace renkei::server
