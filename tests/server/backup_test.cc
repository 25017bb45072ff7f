// Backup and restore of a whole server on real sockets, while people work.
#include "server/backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "renkei/v1/admin.grpc.pb.h"
#include "renkei/v1/message.grpc.pb.h"
#include "renkei/v1/sync.grpc.pb.h"
#include "server/domain/audit_query.h"
#include "server/operate.h"
#include "server/restore.h"
#include "storage/base/mutex.h"
#include "tests/support/live_network.h"
#include "tests/support/rpc_world.h"
#include "tests/support/status_matchers.h"

namespace renkei::server {
namespace {

using ::renkei::testing::LiveNetwork;
using ::renkei::testing::LiveServer;
using ::renkei::testing::NewRequestId;
using ::renkei::testing::Person;
using ::renkei::testing::ReasonIn;
using ::renkei::testing::StatusIs;
using ::testing::HasSubstr;
using Messages = v1::MessageService::Stub;

constexpr uint32_t kMessageSent = 300;

v1::SendMessageRequest NewMessage(const LiveNetwork& team,
                                  const std::string& body) {
  v1::SendMessageRequest request;
  request.set_parent(team.group);
  request.set_lane(v1::LANE_PROFESSIONAL);
  request.set_category(v1::CATEGORY_DAILY_CARE);
  request.set_body(body);
  request.set_request_id(NewRequestId());
  return request;
}

// All of the group by their numbers.
std::map<int64_t, v1::Message> ReadGroup(LiveServer& server,
                                         const v1::Tokens& reader,
                                         const LiveNetwork& team) {
  std::map<int64_t, v1::Message> messages;
  v1::ListMessagesRequest request;
  request.set_parent(team.group);
  request.set_lane(v1::LANE_PROFESSIONAL);
  request.set_page_size(200);
  do {
    const v1::ListMessagesResponse page =
        server.Call(reader, &Messages::ListMessages, request);
    for (const v1::Message& message : page.messages()) {
      messages[message.sequence()] = message;
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return messages;
}

// The first frame of a stream from this cursor.
v1::SyncFrame FirstFrame(LiveServer& server, const v1::Tokens& reader,
                         const std::string& cursor) {
  v1::SyncService::Stub stub(server.Connect());
  grpc::ClientContext context;
  LiveServer::Authorize(context, reader);
  v1::SyncRequest request;
  request.set_cursor(cursor);
  const auto stream = stub.Sync(&context, request);
  v1::SyncFrame frame;
  EXPECT_TRUE(stream->Read(&frame));
  context.TryCancel();
  return frame;
}

struct Acknowledged {
  v1::SendMessageRequest request;
  v1::Message message;
};

// Two people who write without pause; what they were told is kept.
class Writers {
 public:
  Writers(LiveServer& server, const LiveNetwork& team) {
    for (const Person* author : {&team.physician, &team.nurse}) {
      threads_.emplace_back([this, &server, &team, author] {
        for (int i = 1; !stopping_.load(); ++i) {
          const v1::SendMessageRequest request = NewMessage(
              team, absl::StrCat("経過 ", i, " 🩺 ", author->login));
          const v1::Message sent =
              server.Call(author->tokens, &Messages::SendMessage, request)
                  .message();
          MutexLock lock(mutex_);
          told_.push_back({request, sent});
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

class BackupTest : public ::testing::Test {
 protected:
  BackupTest() {
    here_.Init("ちょうふ", "office");
    std::filesystem::copy(here_.config().root_key_file(),
                          there_.config().root_key_file());
  }

  absl::StatusOr<v1::BackupResponse> BackUp() {
    return AskToBackUp(here_.config(), backups_);
  }
  absl::StatusOr<storage::RestoreSummary> RestoreThere(
      const std::string& place) {
    return Restore(there_.config(), Root(), place);
  }
  crypto::Secret Root() { return *ReadRootKey(here_.config()); }
  v1::ServerStatus StatusFor(const Person& person) {
    return here_.Call(person.tokens, &v1::AdminService::Stub::GetStatus,
                      v1::GetStatusRequest());
  }

  // The store of a server that is stopped.
  static std::unique_ptr<OpenedStore> Open(const LiveServer& server) {
    auto opened = OpenedStore::Open(
        server.config(), *ReadRootKey(server.config()),
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
  // Of the server's own log.
  static std::vector<domain::AuditEvent> EventsOf(OpenedStore& opened,
                                                  domain::AuditType type) {
    return EventsOf(opened, NetworkId(), static_cast<uint32_t>(type));
  }
  // The only network that there is.
  static NetworkId NetworkOf(OpenedStore& opened) {
    return opened.store().NotedLogSizes().rbegin()->first;
  }

  LiveServer here_{"backup-here"};
  LiveServer there_{"backup-there"};
  const std::string backups_ = here_.folder() + "/backups";
};

TEST_F(BackupTest, LosesNothingThatWasAcknowledgedBeforeIt) {
  here_.Start();
  const LiveNetwork team = ::renkei::testing::MakeLiveNetwork(here_, "");
  const std::string cursor = FirstFrame(here_, team.nurse.tokens, "").cursor();

  Writers writers(here_, team);
  writers.WaitFor(30);
  const std::vector<Acknowledged> before = writers.Told();
  const auto made = BackUp();
  ASSERT_OK(made);
  writers.WaitFor(before.size() + 10);
  writers.Stop();
  EXPECT_EQ(static_cast<uint64_t>(made->size_bytes()),
            std::filesystem::file_size(made->path()));
  EXPECT_EQ(
      std::filesystem::status(made->path()).permissions(),
      std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_GT(made->record_count(), 100);
  here_.Stop();

  const auto restored = RestoreThere(backups_);
  ASSERT_OK(restored);
  EXPECT_EQ(restored->path, made->path());
  EXPECT_EQ(restored->records, static_cast<uint64_t>(made->record_count()));
  there_.Start();

  // Sessions of before have ended; who signs in again finds everything.
  v1::SendMessageResponse none;
  EXPECT_EQ(ReasonIn(there_.Try(team.nurse.tokens, &Messages::SendMessage,
                                NewMessage(team, "まだ？"), none)),
            "SESSION_ENDED");
  const v1::Tokens nurse =
      there_.SignInAgain(team.nurse, "device-" + team.nurse.login);
  const v1::Tokens physician =
      there_.SignInAgain(team.physician, "device-" + team.physician.login);
  const std::map<int64_t, v1::Message> found = ReadGroup(there_, nurse, team);
  for (const Acknowledged& told : before) {
    const auto kept = found.find(told.message.sequence());
    ASSERT_NE(kept, found.end()) << told.message.sequence();
    EXPECT_EQ(kept->second.body(), told.request.body());
    EXPECT_EQ(kept->second.author(), told.message.author());
  }

  // A request that was answered is answered the same; nothing is posted twice.
  const Acknowledged& last = before.back();
  const v1::Tokens& author =
      last.message.author() == team.nurse.name ? nurse : physician;
  EXPECT_EQ(there_.Call(author, &Messages::SendMessage, last.request)
                .message()
                .name(),
            last.message.name());
  EXPECT_EQ(ReadGroup(there_, nurse, team).size(), found.size());

  EXPECT_EQ(FirstFrame(there_, nurse, cursor).close().reason(),
            v1::Close::REASON_CURSOR_EXPIRED);
  EXPECT_EQ(
      there_.Call(nurse, &Messages::SendMessage, NewMessage(team, "復元の後"))
          .message()
          .sequence(),
      found.rbegin()->first + 1);
  there_.Stop();

  const std::unique_ptr<OpenedStore> opened = Open(there_);
  const NetworkId network = NetworkOf(*opened);
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
  here_.Start();
  const Person office = here_.EnrolOffice("川沿いを自転車で通う毎朝");
  EXPECT_FALSE(StatusFor(office).has_last_backup_time());
  EXPECT_THAT(AskToBackUp(here_.config(), here_.folder() + "/no/such/folder"),
              StatusIs(absl::StatusCode::kInvalidArgument));
  ASSERT_OK(BackUp());
  const auto made = BackUp();
  ASSERT_OK(made);
  EXPECT_GE(StatusFor(office).last_backup_time().seconds(),
            made->checkpoint_time().seconds());
  here_.Stop();
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

  ASSERT_OK(RestoreThere(made->path()));
  for (int start = 0; start < 2; ++start) {
    there_.Start();
    there_.Stop();
  }
  const std::unique_ptr<OpenedStore> opened = Open(there_);
  const auto restored = EventsOf(*opened, domain::AuditType::kBackupRestored);
  ASSERT_EQ(restored.size(), 1u);
  EXPECT_THAT(made->path(), HasSubstr(restored[0].leaf.target().substr(8)));
  // Before the first start after it; the event of the backup itself came too
  // late for it.
  const auto starts = EventsOf(*opened, domain::AuditType::kServerStarted);
  ASSERT_EQ(starts.size(), 3u);
  EXPECT_EQ(restored[0].leaf.index() + 1, starts[1].leaf.index());
  EXPECT_EQ(EventsOf(*opened, domain::AuditType::kBackupCreated).size(), 2u);
  EXPECT_EQ(EventsOf(*opened, NetworkOf(*opened),
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
    EXPECT_OK(backups.Write(*opened, backups_, [&] {
      if (first.exchange(false)) {
        begun.Notify();
        refused.WaitForNotification();
      }
      return false;
    }));
  });
  begun.WaitForNotification();
  const auto second = backups.Write(*opened, backups_, [] { return false; });
  EXPECT_THAT(second, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(domain::ReasonOf(second.status()), domain::Reason::kStateWrong);
  refused.Notify();
  writing.join();
  EXPECT_OK(backups.Write(*opened, backups_, [] { return false; }));
}

TEST_F(BackupTest, NeedsAnOpenStore) {
  here_.StartSealed();
  EXPECT_THAT(BackUp(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_FALSE(std::filesystem::exists(backups_));
}

TEST_F(BackupTest, IsNotRestoredUnderARunningServerNorOverAnything) {
  here_.Start();
  ASSERT_OK(BackUp());
  const auto refused = Restore(here_.config(), Root(), backups_);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("stop"));
  here_.Stop();
  EXPECT_THAT(Restore(here_.config(), Root(), backups_),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(RestoreThere(here_.folder()),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Restore(there_.config(), crypto::Secret::Random(32), backups_),
              StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_OK(RestoreThere(backups_));
  here_.Start();
}

}  // namespace
}  // namespace renkei::server
