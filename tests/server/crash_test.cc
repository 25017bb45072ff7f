// kill -9 at any moment of a send loop: what was acknowledged is there, once,
// at its number, with its event.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <future>
#include <map>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "server/domain/audit.h"
#include "server/domain/audit_query.h"
#include "server/domain/messages.h"
#include "storage/base/check.h"
#include "storage/crypto/hash.h"
#include "tests/support/care_team.h"
#include "tests/support/status_matchers.h"
#include "tests/support/world.h"

namespace renkei::domain {
namespace {

using ::renkei::testing::CareTeam;
using ::renkei::testing::World;

constexpr uint32_t kMessageSent = 300;
constexpr int kClients = 8;
constexpr int kRounds = 200;

// What a client was told: its request, and the number of its message. Written
// to the pipe in one piece.
struct Acknowledged {
  uint32_t request = 0;
  uint32_t padding = 0;
  uint64_t sequence = 0;
};

std::string BodyOf(uint32_t request) {
  return absl::StrCat("経過報告 ", request);
}

RequestId IdOf(uint32_t request) {
  std::array<uint8_t, kIdRandomBytes> random{};
  for (size_t i = 0; i < sizeof(request); ++i) {
    random[i] = static_cast<uint8_t>(request >> (8 * i));
  }
  return RequestId::Make(absl::UnixEpoch(), random);
}

// As the rpc does it: answered once for all by its request id.
absl::StatusOr<uint64_t> Send(World& world, const CareTeam& team,
                              uint32_t request) {
  NewMessage message;
  message.network = world.network();
  message.group = team.group;
  message.lane = storage::v1::LANE_PROFESSIONAL;
  message.category = 1;
  message.body = BodyOf(request);
  Request asked =
      world.RequestOf(team.nurse, Action::kSendMessage, kMessageSent);
  asked.id = IdOf(request);
  asked.content = crypto::Sha256(message.body);
  std::optional<PostedMessage> posted;
  std::promise<absl::Status> done;
  world.door().Write(
      std::move(asked),
      [&](WriteCall& call) -> absl::Status {
        ASSIGN_OR_RETURN(posted, SendMessage(call, message));
        return absl::OkStatus();
      },
      {[&] { return KeepReference(posted->key); },
       [&](ReadCall& call, const std::string& kept) -> absl::Status {
         ASSIGN_OR_RETURN(posted, RestorePosted(call, kept));
         return absl::OkStatus();
       }},
      [&done](const absl::Status& status) { done.set_value(status); });
  RETURN_IF_ERROR(done.get_future().get());
  return posted->key.sequence;
}

// The process that is killed: eight clients that send until then.
[[noreturn]] void SendUntilKilled(const std::string& directory,
                                  const CareTeam& team, uint32_t first_request,
                                  int pipe) {
  World world(directory);
  world.AddGroupKey(team.group);
  std::vector<std::thread> clients;
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&, client] {
      for (uint32_t request = first_request + static_cast<uint32_t>(client);;
           request += kClients) {
        const absl::StatusOr<uint64_t> sequence = Send(world, team, request);
        CHECK_OK(sequence.status());
        const Acknowledged told{request, 0, *sequence};
        CHECK(write(pipe, &told, sizeof(told)) == sizeof(told));
      }
    });
  }
  for (std::thread& client : clients) {
    client.join();
  }
  std::abort();
}

// Forks the sender, kills it `acknowledgements` answers later, and returns
// everything that was answered.
std::vector<Acknowledged> RunAndKill(const std::string& directory,
                                     const CareTeam& team,
                                     uint32_t first_request,
                                     int acknowledgements) {
  int ends[2];
  CHECK(pipe(ends) == 0);
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    close(ends[0]);
    SendUntilKilled(directory, team, first_request, ends[1]);
  }
  close(ends[1]);
  std::vector<Acknowledged> told;
  Acknowledged next;
  bool killed = false;
  while (read(ends[0], &next, sizeof(next)) == sizeof(next)) {
    told.push_back(next);
    if (!killed && static_cast<int>(told.size()) >= acknowledgements) {
      kill(child, SIGKILL);
      killed = true;
    }
  }
  close(ends[0]);
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
      << "the sender ended by itself";
  return told;
}

class CrashTest : public ::testing::Test {
 protected:
  CrashTest() {
    directory_ =
        absl::StrCat(::testing::TempDir(), "/renkei-crash-test-", getpid());
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    World world(directory_);
    team_ = ::renkei::testing::MakeCareTeam(world);
  }
  ~CrashTest() override { std::filesystem::remove_all(directory_); }

  // Every message of the group by its number: dense, each once.
  std::map<uint64_t, std::string> ReadGroup(World& world) {
    std::map<uint64_t, std::string> bodies;
    EXPECT_OK(world.Look().Scan(
        storage::kMessages,
        storage::KeysUnder(storage::kMessages, world.network(), team_.group),
        storage::Direction::kForward,
        [&](const storage::MessageKey& key,
            const storage::v1::MessageRecord& record) {
          bodies[key.sequence] = record.body();
          return true;
        }));
    return bodies;
  }
  std::map<uint64_t, int> ReadEvents(World& world) {
    std::map<uint64_t, int> events;
    EXPECT_OK(world.Look().Scan(
        storage::kAudit, storage::KeysUnder(storage::kAudit, world.network()),
        storage::Direction::kForward,
        [&](const storage::AuditKey&, const storage::v1::AuditRecord& record) {
          storage::v1::AuditLeaf leaf;
          EXPECT_TRUE(leaf.ParseFromString(record.leaf()));
          events[leaf.first_message()] += leaf.reason().empty() ? 1 : 0;
          return true;
        }));
    return events;
  }
  void CheckEverything(World& world) {
    const std::map<uint64_t, std::string> bodies = ReadGroup(world);
    const std::map<uint64_t, int> events = ReadEvents(world);
    ASSERT_FALSE(bodies.empty());
    EXPECT_EQ(bodies.begin()->first, 1u);
    EXPECT_EQ(bodies.rbegin()->first, bodies.size()) << "a number is missing";
    std::set<std::string> once;
    for (const auto& [sequence, body] : bodies) {
      EXPECT_TRUE(once.insert(body).second)
          << "message " << sequence << " is there twice";
      const auto event = events.find(sequence);
      ASSERT_TRUE(event != events.end() && event->second == 1)
          << "message " << sequence << " has not one event";
    }
    for (const Acknowledged& told : acknowledged_) {
      const auto found = bodies.find(told.sequence);
      ASSERT_TRUE(found != bodies.end())
          << "acknowledged message " << told.sequence << " is lost";
      ASSERT_EQ(found->second, BodyOf(told.request));
    }
  }

  std::string directory_;
  CareTeam team_;
  std::vector<Acknowledged> acknowledged_;
};

TEST_F(CrashTest, LosesNothingThatWasAcknowledged) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  uint32_t first_request = 1;
  for (int round = 0; round < kRounds && !HasFailure(); ++round) {
    const std::vector<Acknowledged> told =
        RunAndKill(directory_, team_, first_request,
                   std::uniform_int_distribution<int>(0, 40)(random));
    acknowledged_.insert(acknowledged_.end(), told.begin(), told.end());
    World world(directory_);
    world.AddGroupKey(team_.group);
    ASSERT_OK(CheckAuditSizes(world.Look(), world.store().NotedLogSizes()));
    // A client that repeats its request is told the same; one that was not
    // answered posts at most once.
    for (size_t i = told.size() < 4 ? 0 : told.size() - 4; i < told.size();
         ++i) {
      const absl::StatusOr<uint64_t> again =
          Send(world, team_, told[i].request);
      ASSERT_OK(again);
      ASSERT_EQ(*again, told[i].sequence);
    }
    first_request += 100'000;
    if (round % 50 == 49) {
      CheckEverything(world);
    }
  }
}

}  // namespace
}  // namespace renkei::domain
