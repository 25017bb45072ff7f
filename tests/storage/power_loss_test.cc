// What was acknowledged is there after a power loss: every message once, at its
// sequence, with its audit event; retries are answered the same. A failure
// names its chain and loss: both come from the chain's number, which is its
// seed.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rocksdb/io_status.h"
#include "server/domain/audit.h"
#include "tests/support/conversation.h"
#include "tests/support/failing_disk.h"
#include "tests/support/ledger.h"
#include "tests/support/status_matchers.h"

namespace renkei::storage {
namespace {

using renkei::testing::Attempt;
using renkei::testing::Conversation;
using renkei::testing::FailingDisk;
using renkei::testing::Ledger;
using renkei::testing::StatusIs;
using renkei::testing::World;

constexpr uint64_t kShards = 8;
constexpr uint64_t kChains = 50;  // each a team and a disk of its own
constexpr uint64_t kLossesPerChain = 20;

// Of some chains the records go over many blocks of a log, and make it longer
// than it was laid out.
size_t BodyBytesOf(uint64_t seed) { return seed % 10 == 9 ? 20000 : 10; }

class Team {
 public:
  Team(uint64_t seed, bool sync)
      : random_(seed),
        disk_(seed),
        talk_(*disk_.env(), sync),
        ledger_(talk_, BodyBytesOf(seed)) {}

  FailingDisk& disk() { return disk_; }
  World& world() { return talk_.world(); }
  Ledger& ledger() { return ledger_; }
  size_t Draw(size_t below) { return random_() % below; }

  // Makes RocksDB write tables, a new log and its MANIFEST.
  void Copy() {
    world()
        .store()
        .WriteCheckpoint(absl::StrCat("/copy", ++copies_))
        .IgnoreError();  // the power may be gone
  }

  // The process dies and the machine goes on: what was written and not synced
  // is still to be read, and may yet be lost.
  absl::Status DieAndOpen() {
    disk_.CutPowerAt(0);
    world().Close();
    disk_.RestorePowerLosingNothing();
    return world().Open();
  }
  void LosePower() {
    disk_.CutPowerAt(0);
    world().Close();
    disk_.RestorePower();
  }
  absl::Status LosePowerAndOpen() {
    LosePower();
    return world().Open();
  }
  // Power goes again while the store is opened, or soon after.
  void LosePowerOpening() {
    LosePower();
    disk_.CutPowerAt(Draw(60));
    world().Open().IgnoreError();  // done or not
  }

 private:
  std::mt19937_64 random_;
  FailingDisk disk_;
  Conversation talk_;
  Ledger ledger_;
  uint64_t copies_ = 0;
};

class PowerLoss : public ::testing::TestWithParam<uint64_t> {};

TEST_P(PowerLoss, TakesNothingThatWasAcknowledged) {
  for (uint64_t chain = GetParam(); chain < kChains; chain += kShards) {
    SCOPED_TRACE(absl::StrCat("chain ", chain));
    Team team(chain, /*sync=*/true);
    std::vector<Attempt> all;
    for (uint64_t loss = 0; loss < kLossesPerChain; ++loss) {
      SCOPED_TRACE(absl::StrCat("loss ", loss));
      team.disk().CutPowerAt(team.Draw(80));
      std::vector<Attempt> attempts = team.ledger().SendUntilRefused([&] {
        if (loss % 2 == 0) {
          team.Copy();
        }
      });
      if (loss % 4 == 1) {
        team.LosePowerOpening();
      }
      if (loss % 4 == 2) {
        // Whoever was not answered asks the next process; then power goes too.
        ASSERT_OK(team.DieAndOpen());
        team.ledger().CheckRetries(attempts);
      }
      ASSERT_OK(team.LosePowerAndOpen());
      team.ledger().Check(attempts);
      if (loss % 4 >= 2) {
        team.ledger().CheckRetries(attempts);
      }
      all.insert(all.end(), attempts.begin(), attempts.end());
      team.world().Advance(absl::Seconds(2));
      if (HasFailure()) {
        return;
      }
    }
    team.ledger().Check(all);
    EXPECT_GT(team.world().fences(), 0);
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
    team.world().Advance(absl::Seconds(2));
    const std::vector<Attempt> attempts = team.ledger().SendUntilRefused([] {});
    ASSERT_OK(team.LosePowerAndOpen()) << "seed " << seed;
    const auto messages = team.ledger().Messages();
    for (const Attempt& attempt : attempts) {
      ASSERT_OK(attempt.answer);
      const auto found = messages.find(attempt.answer->key.sequence);
      lost += found == messages.end() || found->second != attempt.body ? 1 : 0;
    }
    const absl::Status sizes = domain::CheckAuditSizes(
        team.world().Look(), team.world().store().NotedLogSizes());
    found_out += sizes.ok() ? 0 : 1;
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
      const std::vector<Attempt> more = team.ledger().SendUntilRefused([] {});
      attempts.insert(attempts.end(), more.begin(), more.end());
    }
    team.disk().Heal();
    EXPECT_THAT(team.ledger().Retry(attempts.front()),
                StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_EQ(team.world().fences(), 1);
    if (seed % 4 < 2) {
      ASSERT_OK(team.DieAndOpen());
      team.ledger().CheckRetries(attempts);
    }
    ASSERT_OK(team.LosePowerAndOpen());
    team.ledger().Check(attempts);
    team.ledger().CheckRetries(attempts);
  }
}

}  // namespace
}  // namespace renkei::storage
