// Backup and restore of a whole server on real sockets, while people work.
#include "server/backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "grpcpp/create_channel.h"
#include "renkei/v1/admin.pb.h"
#include "server/config.h"
#include "server/domain/audit_query.h"
#include "server/init.h"
#include "server/operate.h"
#include "server/restore.h"
#include "server/server.h"
#include "storage/base/mutex.h"
#include "tests/support/live_team.h"
#include "tests/support/real_folder.h"
#include "tests/support/rpc_world.h"
#include "tests/support/status_matchers.h"

namespace renkei::server {
namespace {

using ::renkei::testing::LivePerson;
using ::renkei::testing::LiveTeam;
using ::renkei::testing::NewRequestId;
using ::renkei::testing::StatusIs;
using ::testing::HasSubstr;

constexpr uint32_t kMessageSent = 300;

struct Acknowledged {
  std::string request_id;
  v1::Message message;
};

class BackupTest : public ::testing::Test {
 protected:
  BackupTest() : here_(ConfigIn("here")), there_(ConfigIn("there")) {
    EXPECT_OK(Init(here_, {"chofu", "ちょうふ", "office",
                           folder_.PathOf("password"), ""}));
  }

  config::v1::ServerConfig ConfigIn(const std::string& name) {
    const std::string folder = folder_.PathOf(name);
    std::filesystem::create_directory(folder);
    std::ofstream(folder + "/server.textproto") << R"(
      data_dir: "messages" key_dir: "keys" audit_mark_file: "audit_mark"
      socket_path: "api.sock" operator_socket_path: "operator.sock"
      root_key_file: "../root.key"
      limits { free_space_low_water_bytes: 1048576 disk_reserve_bytes: 65536 }
      development_mode: true
      test_password_hashing { memory_kib: 8 passes: 1 })";
    return *LoadConfig(folder + "/server.textproto");
  }
  std::unique_ptr<Server> StartSealed(const config::v1::ServerConfig& config) {
    auto server =
        Server::Start(config, log_, [](const absl::Status&) { std::abort(); });
    EXPECT_OK(server);
    return *std::move(server);
  }
  std::unique_ptr<Server> Start(const config::v1::ServerConfig& config) {
    std::unique_ptr<Server> server = StartSealed(config);
    EXPECT_OK(server->Unseal(*ReadRootKey(config)));
    return server;
  }
  std::unique_ptr<LiveTeam> NewTeam() {
    std::string password = folder_.ReadAll(folder_.PathOf("password"));
    password.pop_back();  // the end of the line
    return std::make_unique<LiveTeam>(ChannelTo(here_), password);
  }
  static std::shared_ptr<grpc::Channel> ChannelTo(
      const config::v1::ServerConfig& config) {
    return grpc::CreateChannel("unix:" + config.socket_path(),
                               grpc::InsecureChannelCredentials());
  }
  // The store of a server that is stopped.
  static std::unique_ptr<OpenedStore> Open(
      const config::v1::ServerConfig& config) {
    auto opened = OpenedStore::Open(
        config, *ReadRootKey(config),
        {[](const domain::Outcome&) {}, [](const absl::Status&) {}});
    EXPECT_OK(opened);
    return *std::move(opened);
  }
  static std::vector<domain::AuditEvent> EventsOf(OpenedStore& opened,
                                                  const NetworkId& network,
                                                  uint32_t type) {
    domain::AuditQuery query;
    query.network = network;
    query.filter.type = type;
    query.oldest_first = true;
    query.limit = 1'000'000;
    auto page = domain::ScanAudit(opened.store().Read(), query);
    EXPECT_OK(page);
    EXPECT_EQ(page->next, std::nullopt);
    return page->events;
  }
  static std::vector<domain::AuditEvent> EventsOf(OpenedStore& opened,
                                                  domain::AuditType type) {
    return EventsOf(opened, NetworkId(), static_cast<uint32_t>(type));
  }
  std::string BackupFolder() const { return folder_.PathOf("backups"); }

  testing::RealFolder folder_;
  Log log_{[] { return absl::Now(); }, [](absl::string_view) {}};
  config::v1::ServerConfig here_;
  config::v1::ServerConfig there_;
};

// Two people who write without pause; what they were told is kept.
class Writers {
 public:
  explicit Writers(LiveTeam& team) {
    for (const LivePerson* author : {&team.physician(), &team.nurse()}) {
      threads_.emplace_back([this, &team, author] {
        for (int i = 1; !stopping_.load(); ++i) {
          const std::string id = NewRequestId();
          const auto sent = team.Send(
              *author, id, absl::StrCat("経過 ", i, " 🩺 ", author->login));
          ASSERT_OK(sent);
          MutexLock lock(mutex_);
          told_.push_back({id, *sent});
        }
      });
    }
  }
  ~Writers() { Stop(); }

  std::vector<Acknowledged> Told() {
    MutexLock lock(mutex_);
    return told_;
  }
  void WaitFor(size_t messages) {
    while (Told().size() < messages) {
      absl::SleepFor(absl::Milliseconds(5));
    }
  }
  void Stop() {
    stopping_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) {
        thread.join();
      }
    }
  }

 private:
  std::atomic<bool> stopping_{false};
  Mutex mutex_;
  std::vector<Acknowledged> told_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

TEST_F(BackupTest, LosesNothingThatWasAcknowledgedBeforeIt) {
  std::unique_ptr<Server> server = Start(here_);
  const std::unique_ptr<LiveTeam> team = NewTeam();
  const std::string cursor = team->FirstFrame(team->nurse(), "").cursor();

  Writers writers(*team);
  writers.WaitFor(30);
  const std::vector<Acknowledged> before = writers.Told();
  const auto made = AskToBackUp(here_, BackupFolder());
  ASSERT_OK(made);
  writers.WaitFor(before.size() + 10);
  writers.Stop();
  EXPECT_EQ(static_cast<uint64_t>(made->size_bytes()),
            std::filesystem::file_size(made->path()));
  EXPECT_EQ(
      std::filesystem::status(made->path()).permissions(),
      std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_GT(made->record_count(), 100);
  server.reset();

  const auto restored = Restore(there_, *ReadRootKey(there_), BackupFolder());
  ASSERT_OK(restored);
  EXPECT_EQ(restored->path, made->path());
  EXPECT_EQ(restored->records, static_cast<uint64_t>(made->record_count()));
  server = Start(there_);
  team->MoveTo(ChannelTo(there_));

  // Sessions of before have ended; who signs in again finds everything.
  v1::Message message;
  EXPECT_THAT(std::string(team->Send(team->nurse(), NewRequestId(), "まだ？")
                              .status()
                              .message()),
              HasSubstr("SESSION_ENDED"));
  team->SignIn(team->nurse());
  team->SignIn(team->physician());
  const std::map<int64_t, v1::Message> found = team->ReadGroup(team->nurse());
  for (const Acknowledged& told : before) {
    const auto kept = found.find(told.message.sequence());
    ASSERT_NE(kept, found.end()) << told.message.sequence();
    EXPECT_EQ(kept->second.body(), told.message.body());
    EXPECT_EQ(kept->second.author(), told.message.author());
  }

  // A request that was answered is answered the same; nothing is posted twice.
  const LivePerson& author =
      before.back().message.author() == team->nurse().name ? team->nurse()
                                                           : team->physician();
  const auto again = team->Send(author, before.back().request_id,
                                before.back().message.body());
  ASSERT_OK(again);
  EXPECT_EQ(again->name(), before.back().message.name());
  EXPECT_EQ(team->ReadGroup(team->nurse()).size(), found.size());

  EXPECT_EQ(team->FirstFrame(team->nurse(), cursor).close().reason(),
            v1::Close::REASON_CURSOR_EXPIRED);
  const auto next = team->Send(team->nurse(), NewRequestId(), "復元の後");
  ASSERT_OK(next);
  EXPECT_EQ(next->sequence(), found.rbegin()->first + 1);
  server.reset();

  const std::unique_ptr<OpenedStore> opened = Open(there_);
  const NetworkId network =
      opened->store().NotedLogSizes().rbegin()->first;  // the only one
  std::map<uint64_t, int> events;
  for (const domain::AuditEvent& event :
       EventsOf(*opened, network, kMessageSent)) {
    // A repeated request leaves an event of its own, which says so.
    events[event.leaf.first_message()] += event.leaf.reason().empty() ? 1 : 0;
  }
  for (const Acknowledged& told : before) {
    EXPECT_EQ(events[static_cast<uint64_t>(told.message.sequence())], 1)
        << told.message.sequence();
  }
  EXPECT_EQ(opened->keys()
                .Current(crypto::KeyScope::Network(network),
                         crypto::SealUse::kRecords)
                ->epoch(),
            2u);
}

TEST_F(BackupTest, StandsInTheLogsAndInTheStatus) {
  std::unique_ptr<Server> server = Start(here_);
  const std::unique_ptr<LiveTeam> team = NewTeam();
  v1::ServerStatus status;
  ASSERT_OK(team->Try("AdminService/GetStatus", v1::GetStatusRequest(),
                      team->office(), status));
  EXPECT_FALSE(status.has_last_backup_time());
  EXPECT_FALSE(AskToBackUp(here_, folder_.PathOf("no/such/folder")).ok());
  ASSERT_OK(AskToBackUp(here_, BackupFolder()));
  const auto made = AskToBackUp(here_, BackupFolder());
  ASSERT_OK(made);
  ASSERT_OK(team->Try("AdminService/GetStatus", v1::GetStatusRequest(),
                      team->office(), status));
  EXPECT_GE(status.last_backup_time().seconds(),
            made->checkpoint_time().seconds());
  server.reset();
  {
    const std::unique_ptr<OpenedStore> opened = Open(here_);
    const auto events = EventsOf(*opened, domain::AuditType::kBackupCreated);
    ASSERT_EQ(events.size(), 3u);
    EXPECT_EQ(events[0].leaf.outcome(), storage::v1::AUDIT_OUTCOME_FAILED);
    EXPECT_EQ(events[0].leaf.reason(), "FIELD_INVALID");
    EXPECT_EQ(events[2].leaf.outcome(), storage::v1::AUDIT_OUTCOME_ALLOWED);
    EXPECT_EQ(events[2].leaf.action(), "backup");
    EXPECT_THAT(made->path(), HasSubstr(events[2].leaf.target().substr(8)));
    EXPECT_EQ(events[2].details.size(), 2u);
  }

  ASSERT_OK(Restore(there_, *ReadRootKey(there_), made->path()));
  for (int start = 0; start < 2; ++start) {
    server = Start(there_);
    server.reset();
  }
  const std::unique_ptr<OpenedStore> opened = Open(there_);
  const auto restored = EventsOf(*opened, domain::AuditType::kBackupRestored);
  ASSERT_EQ(restored.size(), 1u);
  EXPECT_THAT(made->path(), HasSubstr(restored[0].leaf.target().substr(8)));
  // Before the first start after it; the backup's own event came too late for
  // it.
  const auto starts = EventsOf(*opened, domain::AuditType::kServerStarted);
  ASSERT_EQ(starts.size(), 3u);
  EXPECT_EQ(restored[0].leaf.index() + 1, starts[1].leaf.index());
  EXPECT_EQ(EventsOf(*opened, domain::AuditType::kBackupCreated).size(), 2u);
  const NetworkId network = opened->store().NotedLogSizes().rbegin()->first;
  EXPECT_EQ(EventsOf(*opened, network,
                     static_cast<uint32_t>(domain::AuditType::kBackupRestored))
                .size(),
            1u);
}

TEST_F(BackupTest, IsWrittenOneAtATime) {
  const std::unique_ptr<OpenedStore> opened = Open(here_);
  Backups backups;
  absl::Notification begun;
  absl::Notification refused;
  std::atomic<bool> first{true};
  std::thread writing([&] {
    EXPECT_OK(backups.Write(*opened, BackupFolder(), [&] {
      if (first.exchange(false)) {
        begun.Notify();
        refused.WaitForNotification();
      }
      return false;
    }));
  });
  begun.WaitForNotification();
  const auto second =
      backups.Write(*opened, BackupFolder(), [] { return false; });
  EXPECT_THAT(second, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(domain::ReasonOf(second.status()), domain::Reason::kStateWrong);
  refused.Notify();
  writing.join();
  EXPECT_OK(backups.Write(*opened, BackupFolder(), [] { return false; }));
}

TEST_F(BackupTest, NeedsAnOpenStore) {
  const std::unique_ptr<Server> server = StartSealed(here_);
  EXPECT_THAT(AskToBackUp(here_, BackupFolder()),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_FALSE(std::filesystem::exists(BackupFolder()));
}

TEST_F(BackupTest, IsNotRestoredUnderARunningServerNorOverAnything) {
  const crypto::Secret root = *ReadRootKey(here_);
  {
    const std::unique_ptr<Server> server = Start(here_);
    ASSERT_OK(AskToBackUp(here_, BackupFolder()));
    const auto refused = Restore(here_, root, BackupFolder());
    EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_THAT(std::string(refused.status().message()), HasSubstr("stop"));
  }
  EXPECT_THAT(Restore(here_, root, BackupFolder()),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(Restore(there_, root, folder_.path()),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Restore(there_, crypto::Secret::Random(32), BackupFolder()),
              StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_OK(Restore(there_, root, BackupFolder()));
  EXPECT_TRUE(Start(here_) != nullptr);
}

}  // namespace
}  // namespace renkei::server
