// What was acknowledged is there after a power loss: every message once, at its
// sequence, with its audit event; retries are answered the same. A failure
// names its chain and loss: both come from the chain's number, which is its
// seed.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rocksdb/io_status.h"
#include "server/domain/audit.h"
#include "tests/support/conversation.h"
#include "tests/support/failing_disk.h"
#include "tests/support/status_matchers.h"

namespace renkei::storage {
namespace {

using domain::PostedMessage;
using renkei::testing::Actor;
using renkei::testing::Conversation;
using renkei::testing::FailingDisk;
using renkei::testing::StatusIs;

constexpr uint64_t kShards = 8;
constexpr uint64_t kChains = 50;  // each a team and a disk of its own
constexpr uint64_t kLossesPerChain = 20;
constexpr size_t kWriters = 4;
constexpr size_t kMessagesPerWriter = 6;
constexpr size_t kReads = 4;
constexpr uint32_t kMessageSent = 300;
constexpr uint32_t kMessagesRead = 301;

// One message that somebody tried to send.
struct Attempt {
  RequestId request;
  std::string body;
  const Actor* author;
  absl::StatusOr<PostedMessage> answer = absl::UnknownError("none");
};

class Team {
 public:
  Team(uint64_t seed, bool sync)
      : random_(seed), disk_(seed), talk_(*disk_.env(), sync) {}

  FailingDisk& disk() { return disk_; }
  Conversation& talk() { return talk_; }
  size_t Draw(size_t below) { return random_() % below; }

  // Four writers and a reader at once, each until it is refused. The reader
  // ends with a copy of the database, if asked to, which makes RocksDB write
  // tables, a new log and its MANIFEST.
  std::vector<Attempt> SendUntilRefused(bool copy) {
    const std::vector<const Actor*> authors = {
        &talk_.team().nurse, &talk_.team().physician,
        &talk_.team().care_manager, &talk_.team().nurse};
    std::vector<std::vector<Attempt>> attempts(kWriters);
    std::vector<std::thread> writers;
    for (size_t w = 0; w < kWriters; ++w) {
      for (size_t i = 0; i < kMessagesPerWriter; ++i) {
        const uint64_t number = ++last_request_;
        attempts[w].push_back({RequestOf(number), absl::StrCat("body ", number),
                               authors[w], absl::UnknownError("not tried")});
      }
      writers.emplace_back([this, &mine = attempts[w]] { SendAll(mine); });
    }
    std::thread reader([this, copy] {
      ReadUntilRefused();
      if (copy) {
        talk_.world()
            .store()
            .WriteCheckpoint(absl::StrCat("/copy", ++copies_))
            .IgnoreError();  // the power may be gone
      }
    });
    reader.join();
    std::vector<Attempt> all;
    for (size_t w = 0; w < kWriters; ++w) {
      writers[w].join();
      all.insert(all.end(), attempts[w].begin(), attempts[w].end());
    }
    return all;
  }

  absl::StatusOr<PostedMessage> Retry(const Attempt& attempt) {
    return talk_.SendOnce(*attempt.author, talk_.Draft(attempt.body),
                          attempt.request);
  }

  absl::Status LosePowerAndOpen() {
    LosePower();
    return talk_.world().Open();
  }
  void LosePower() {
    disk_.CutPowerAt(0);
    talk_.world().Close();
    disk_.RestorePower();
  }
  // Power goes again while the store is opened, or soon after.
  void LosePowerOpening() {
    LosePower();
    disk_.CutPowerAt(Draw(60));
    talk_.world().Open().IgnoreError();  // done or not
  }

  // Bodies by sequence, as they are in the store.
  std::map<uint64_t, std::string> Messages() {
    std::map<uint64_t, std::string> messages;
    const NetworkId& network = talk_.world().network();
    EXPECT_OK(talk_.world().Look().Scan(
        kMessages, KeysUnder(kMessages, network, talk_.team().group),
        Direction::kForward,
        [&](const MessageKey& key, const v1::MessageRecord& record) {
          messages[key.sequence] = record.body();
          return true;
        }));
    return messages;
  }

  // Events of a message sent for the first time, by its sequence. The log is
  // dense and as long as its head and the second file say.
  std::map<uint64_t, int> Events() {
    std::map<uint64_t, int> sent;
    const NetworkId& network = talk_.world().network();
    const Snapshot view = talk_.world().Look();
    uint64_t events = 0;
    uint64_t reads = 0;
    EXPECT_OK(
        view.Scan(kAudit, KeysUnder(kAudit, network), Direction::kForward,
                  [&](const AuditKey& key, const v1::AuditRecord& record) {
                    v1::AuditLeaf leaf;
                    EXPECT_TRUE(leaf.ParseFromString(record.leaf()));
                    EXPECT_EQ(key.index, events);
                    EXPECT_EQ(leaf.index(), events);
                    ++events;
                    reads += leaf.type() == kMessagesRead ? 1 : 0;
                    if (leaf.type() == kMessageSent && leaf.reason().empty()) {
                      ++sent[leaf.first_message()];
                    }
                    return true;
                  }));
    EXPECT_GE(reads, answered_reads_) << "answered without an event";
    const auto head = view.Find(kNetworkHeads, {network});
    EXPECT_EQ(head.ok() && *head ? (*head)->audit_size() : 0, events);
    EXPECT_OK(
        domain::CheckAuditSizes(view, talk_.world().store().NotedLogSizes()));
    return sent;
  }

 private:
  static RequestId RequestOf(uint64_t number) {
    return RequestId::Make(absl::FromUnixMillis(static_cast<int64_t>(number)),
                           {7});
  }
  void ReadUntilRefused() {
    for (size_t i = 0; i < kReads; ++i) {
      if (!talk_.List(talk_.team().physician, talk_.Timeline(5)).ok()) {
        return;
      }
      ++answered_reads_;
    }
  }
  void SendAll(std::vector<Attempt>& attempts) {
    for (Attempt& attempt : attempts) {
      attempt.answer = Retry(attempt);
      if (!attempt.answer.ok()) {
        return;
      }
    }
  }

  std::mt19937_64 random_;
  FailingDisk disk_;
  Conversation talk_;
  uint64_t last_request_ = 0;
  uint64_t answered_reads_ = 0;
  uint64_t copies_ = 0;
};

// What the store holds against what was answered.
void CheckAttempts(const std::vector<Attempt>& attempts,
                   const std::map<uint64_t, std::string>& messages) {
  std::map<std::string, int> copies;
  for (const auto& [sequence, body] : messages) {
    ++copies[body];
  }
  for (const Attempt& attempt : attempts) {
    if (attempt.answer.ok()) {
      const auto found = messages.find(attempt.answer->key.sequence);
      ASSERT_NE(found, messages.end()) << "lost: " << attempt.body;
      EXPECT_EQ(found->second, attempt.body);
      EXPECT_EQ(copies[attempt.body], 1) << attempt.body;
    } else {
      // Nobody knows of these; twice they must not be.
      EXPECT_LE(copies[attempt.body], 1) << attempt.body;
    }
  }
}

void CheckNumbers(const std::map<uint64_t, std::string>& messages,
                  const std::map<uint64_t, int>& events) {
  uint64_t wanted = 0;
  for (const auto& [sequence, body] : messages) {
    EXPECT_EQ(sequence, ++wanted);
    const auto event = events.find(sequence);
    EXPECT_TRUE(event != events.end() && event->second == 1)
        << "message " << sequence << " without its one event";
  }
  EXPECT_EQ(events.size(), messages.size()) << "events without messages";
}

void CheckRetries(Team& team, const std::vector<Attempt>& attempts) {
  for (const Attempt& attempt : attempts) {
    const auto again = team.Retry(attempt);
    ASSERT_OK(again);
    EXPECT_EQ(again->record.body(), attempt.body);
    if (attempt.answer.ok()) {
      EXPECT_EQ(again->key.sequence, attempt.answer->key.sequence);
      EXPECT_EQ(again->record.SerializeAsString(),
                attempt.answer->record.SerializeAsString());
    }
  }
}

class PowerLoss : public ::testing::TestWithParam<uint64_t> {};

TEST_P(PowerLoss, TakesNothingThatWasAcknowledged) {
  for (uint64_t chain = GetParam(); chain < kChains; chain += kShards) {
    SCOPED_TRACE(absl::StrCat("chain ", chain));
    Team team(chain, /*sync=*/true);
    std::vector<Attempt> all;
    for (uint64_t loss = 0; loss < kLossesPerChain; ++loss) {
      SCOPED_TRACE(absl::StrCat("loss ", loss));
      team.disk().CutPowerAt(team.Draw(80));
      const std::vector<Attempt> attempts =
          team.SendUntilRefused(loss % 2 == 0);
      if (loss % 4 == 1) {
        team.LosePowerOpening();
      }
      ASSERT_OK(team.LosePowerAndOpen());
      CheckAttempts(attempts, team.Messages());
      CheckNumbers(team.Messages(), team.Events());
      if (loss % 4 == 3) {
        CheckRetries(team, attempts);
      }
      all.insert(all.end(), attempts.begin(), attempts.end());
      team.talk().world().Advance(absl::Seconds(2));
      if (HasFatalFailure() || HasNonfatalFailure()) {
        return;
      }
    }
    CheckAttempts(all, team.Messages());
    EXPECT_GT(team.talk().world().fences(), 0);
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, PowerLoss,
                         ::testing::Range<uint64_t>(0, kShards));

// The same without syncs must lose, or the test above proves nothing.
TEST(PowerLossWithoutSync, LosesWhatWasAcknowledgedAndTheSecondFileTells) {
  int lost = 0;
  int found_out = 0;
  for (uint64_t seed = 0; seed < 25; ++seed) {
    Team team(seed, /*sync=*/false);
    team.talk().world().Advance(absl::Seconds(2));
    const std::vector<Attempt> attempts = team.SendUntilRefused(false);
    ASSERT_OK(team.LosePowerAndOpen()) << "seed " << seed;
    const std::map<uint64_t, std::string> messages = team.Messages();
    for (const Attempt& attempt : attempts) {
      ASSERT_OK(attempt.answer);
      const auto found = messages.find(attempt.answer->key.sequence);
      lost += found == messages.end() || found->second != attempt.body ? 1 : 0;
    }
    const auto& world = team.talk().world();
    found_out += domain::CheckAuditSizes(
                     world.Look(), team.talk().world().store().NotedLogSizes())
                         .ok()
                     ? 0
                     : 1;
  }
  EXPECT_GT(lost, 0);
  EXPECT_GT(found_out, 0);
}

// The disk goes on after one error; the process must not.
TEST(DiskError, FencesTheStoreAndTakesNothingThatWasAcknowledged) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Team team(seed, /*sync=*/true);
    const rocksdb::IOStatus error = seed % 2 == 0
                                        ? rocksdb::IOStatus::IOError("broken")
                                        : rocksdb::IOStatus::NoSpace("full");
    if (seed % 3 == 0) {
      team.disk().FailSyncAt(team.Draw(6), error);
    } else {
      team.disk().FailAt(team.Draw(15), error, /*stays=*/seed % 3 == 1);
    }
    std::vector<Attempt> attempts;
    while (!team.disk().has_failed()) {
      const std::vector<Attempt> more = team.SendUntilRefused(false);
      attempts.insert(attempts.end(), more.begin(), more.end());
    }
    team.disk().Heal();
    EXPECT_THAT(team.Retry(attempts.front()),
                StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_EQ(team.talk().world().fences(), 1);
    ASSERT_OK(team.LosePowerAndOpen());
    CheckAttempts(attempts, team.Messages());
    CheckNumbers(team.Messages(), team.Events());
    CheckRetries(team, attempts);
  }
}

}  // namespace
}  // namespace renkei::storage
