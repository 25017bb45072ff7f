// The spool for a log shipper in the whole server: sealed, full, and killed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "renkei/v1/admin.grpc.pb.h"
#include "server/domain/authorize.h"
#include "server/domain/merkle.h"
#include "server/jobs/audit_spool.h"
#include "storage/base/check.h"
#include "tests/support/care_team.h"
#include "tests/support/live_network.h"
#include "tests/support/real_folder.h"
#include "tests/support/spool_lines.h"
#include "tests/support/status_matchers.h"
#include "tests/support/world.h"

namespace renkei::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

// By log and number: what the lines say.
std::map<std::string, std::vector<uint64_t>> NumbersByLog(
    const std::string& folder) {
  std::map<std::string, std::vector<uint64_t>> numbers;
  for (const SpooledEvent& event : SpooledEvents(folder)) {
    numbers[event.network].push_back(event.number);
  }
  return numbers;
}

void ExpectDense(const std::string& folder) {
  for (const auto& [log, numbers] : NumbersByLog(folder)) {
    for (size_t i = 0; i < numbers.size(); ++i) {
      ASSERT_EQ(numbers[i], i) << log;
    }
  }
}

class AuditSpoolLiveTest : public ::testing::Test {
 protected:
  AuditSpoolLiveTest() : server_("audit-spool-live-test") {
    server_.mutable_config().set_audit_spool_dir(Folder());
    server_.mutable_config().mutable_limits()->set_audit_spool_bytes_max(1
                                                                         << 20);
    server_.Init("ちょうふ", "office");
  }
  std::string Folder() const { return server_.folder() + "/spool"; }
  v1::ServerStatus StatusFor(const Person& person) {
    return server_.Call(person.tokens, &v1::AdminService::Stub::GetStatus,
                        v1::GetStatusRequest());
  }

  LiveServer server_;
};

TEST_F(AuditSpoolLiveTest, WritesNothingWhileSealedAndEverythingByTheEnd) {
  server_.StartSealed();
  EXPECT_FALSE(fs::exists(Folder()));
  server_.Stop();
  EXPECT_FALSE(fs::exists(Folder()));
  server_.Start();
  MakeLiveNetwork(server_, "");
  server_.Stop();
  ExpectDense(Folder());
  EXPECT_EQ(NumbersByLog(Folder())["server"].size(), 3u);
  EXPECT_GT(NumbersByLog(Folder())[server_.network().substr(9)].size(), 40u);
  const std::string lines = RealFolder::ReadAll(SpoolFiles(Folder()).at(0));
  for (const char* type : {" SERVER_UNSEALED [", " NETWORK_CREATED [",
                           " CONSENT_RECORDED [", " SERVER_STOPPED ["}) {
    EXPECT_THAT(lines, HasSubstr(type));
  }
}

TEST_F(AuditSpoolLiveTest, CallsGoOnWhileItIsFullAndItCatchesUp) {
  fs::create_directories(Folder());
  const std::string ballast = Folder() + "/audit-19700101T000000.000000Z.log";
  std::ofstream(ballast) << std::string(1 << 20, '\n');
  server_.Start();
  const LiveNetwork team = MakeLiveNetwork(server_, "");
  server_.AwaitLog("event=audit_spool_behind");
  Send(server_, team, team.nurse, "体温は平熱");
  EXPECT_THAT(server_.log(), Not(HasSubstr("audit_spool_caught_up")));
  const v1::ServerStatus behind = StatusFor(team.office);
  EXPECT_GT(behind.audit_spool().waiting_event_count(), 40);
  EXPECT_GT(behind.audit_spool().waiting_since_time().seconds(),
            behind.start_time().seconds() - 60);
  EXPECT_GE(behind.audit_spool().unshipped_bytes(), 1 << 20);
  fs::remove(ballast);
  server_.AwaitLog("event=audit_spool_caught_up");
  EXPECT_LT(StatusFor(team.office).audit_spool().waiting_event_count(),
            behind.audit_spool().waiting_event_count());
  server_.Stop();
  ExpectDense(Folder());
}

// ---- killed ----

void AddEvent(World& world, const Actor& nurse) {
  CHECK_OK(world.Read(
      nurse, domain::Action::kGetNetwork, 100, [](domain::ReadCall& call) {
        return domain::Authorize(call, domain::Action::kGetNetwork, {});
      }));
}

std::unique_ptr<jobs::AuditSpool> SpoolOf(World& world,
                                          const std::string& folder) {
  jobs::SpoolOptions options;
  options.folder = folder;
  options.limits.bytes_max = uint64_t{1} << 30;
  options.source = {"host", "1"};
  options.event_name = [](uint32_t type) { return absl::StrCat(type); };
  return std::make_unique<jobs::AuditSpool>(world.store(), absl::Now(),
                                            std::move(options));
}

[[noreturn]] void WriteUntilKilled(const std::string& directory,
                                   const std::string& folder,
                                   const Actor& nurse, int pipe) {
  World world(directory);
  const auto spool = SpoolOf(world, folder);
  std::thread writer([&] {
    while (true) {
      CHECK_OK(spool->WriteBatch(absl::Now()).status());
    }
  });
  while (true) {
    AddEvent(world, nurse);
    CHECK(write(pipe, "+", 1) == 1);
  }
}

// Kills the writer so many events later.
void RunAndKill(const std::string& directory, const std::string& folder,
                const Actor& nurse, int events) {
  int ends[2];
  CHECK(pipe(ends) == 0);
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    close(ends[0]);
    WriteUntilKilled(directory, folder, nurse, ends[1]);
  }
  close(ends[1]);
  char event = 0;
  for (int i = 0; i < events && read(ends[0], &event, 1) == 1; ++i) {
  }
  kill(child, SIGKILL);
  close(ends[0]);
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
      << "the writer ended by itself";
}

TEST(AuditSpoolCrash, LosesNoEventWhenItIsKilled) {
  // Each leaves a table that a forked process has no threads to compact; from
  // twenty on RocksDB makes writers wait.
  constexpr int kRounds = 12;
  const RealFolder disk;
  const std::string directory = disk.PathOf("store");
  const std::string folder = disk.PathOf("spool");
  fs::create_directories(directory);
  CareTeam team;
  {
    World world(directory);
    team = MakeCareTeam(world);
  }
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  for (int round = 0; round < kRounds; ++round) {
    RunAndKill(directory, folder, team.nurse,
               std::uniform_int_distribution<int>(1, 60)(random));
  }
  World world(directory);
  ASSERT_OK(SpoolOf(world, folder)->CatchUp(absl::Now()));
  // The first line of each event comes in order; a later one is the same.
  uint64_t next = 0;
  uint64_t doubles = 0;
  for (const SpooledEvent& event : SpooledEvents(folder)) {
    ASSERT_LE(event.number, next) << "an event is missing";
    doubles += event.number < next ? 1 : 0;
    next = std::max(next, event.number + 1);
    const auto record = Must(
        world.Look().Get(storage::kAudit, {world.network(), event.number}));
    ASSERT_EQ(event.leaf_hash, domain::LeafHash(record.leaf()));
  }
  EXPECT_EQ(next, world.Audit().size());
  RecordProperty("doubles", static_cast<int>(doubles));
}

}  // namespace
}  // namespace renkei::testing
