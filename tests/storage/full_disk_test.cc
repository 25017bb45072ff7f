// A real store on a real disk of a few megabytes that gets full: nothing is
// lost, nothing aborts, and reading goes on.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/domain/refusal.h"
#include "storage/crypto/aes_gcm.h"
#include "storage/key_store.h"
#include "tests/support/conversation.h"
#include "tests/support/ledger.h"
#include "tests/support/small_disk.h"
#include "tests/support/status_matchers.h"

namespace renkei::storage {
namespace {

using domain::Reason;
using renkei::testing::Attempt;
using renkei::testing::Conversation;
using renkei::testing::DiskLimits;
using renkei::testing::Ledger;
using renkei::testing::SmallDisk;
using renkei::testing::StatusIs;

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kDiskBytes = 24 * kMiB;
constexpr DiskLimits kLimits{/*low_water_bytes=*/8 * kMiB,
                             /*reserve_bytes=*/2 * kMiB};
constexpr uint64_t kPageBytes = 4096;
constexpr size_t kBodyBytes = 20000;

class FullDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto mounted = SmallDisk::Mount(kDiskBytes);
    if (!mounted.ok()) {
      GTEST_SKIP() << mounted.status().message()
                   << ": a full disk is not tested";
    }
  }

  // A team on an empty disk.
  void Begin(const DiskLimits& limits) {
    ledger_.reset();
    talk_.reset();
    disk_.reset();
    auto mounted = SmallDisk::Mount(kDiskBytes);
    ASSERT_OK(mounted);
    disk_ = *std::move(mounted);
    talk_ = std::make_unique<Conversation>(disk_->path(), limits);
    ledger_ = std::make_unique<Ledger>(*talk_, kBodyBytes);
  }
  // One message; the disk is looked at anew.
  absl::Status Send() {
    talk_->world().Advance(absl::Seconds(1));
    sent_.push_back(ledger_->SendOne());
    return sent_.back().answer.status();
  }
  absl::Status Read() {
    talk_->world().Advance(absl::Seconds(1));
    return talk_->List(talk_->team().physician, talk_->Timeline(20)).status();
  }
  // Makes RocksDB write tables.
  void Copy() {
    talk_->world()
        .store()
        .WriteCheckpoint(absl::StrCat(disk_->path(), "/copy"))
        .IgnoreError();  // there may be no room
  }
  size_t Events() { return talk_->world().Audit().size(); }

  std::unique_ptr<SmallDisk> disk_;
  std::unique_ptr<Conversation> talk_;
  std::unique_ptr<Ledger> ledger_;
  std::vector<Attempt> sent_;
};

TEST_F(FullDisk, IsNotReachedByChangesAndReadingGoesOn) {
  Begin(kLimits);
  absl::Status refused = absl::OkStatus();
  while (refused.ok()) {
    ASSERT_LT(sent_.size(), kDiskBytes / kBodyBytes);
    refused = Send();
  }
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(domain::ReasonOf(refused), Reason::kDiskLow);
  EXPECT_GT(sent_.size(), 100);
  EXPECT_GT(disk_->FreeBytes(), kLimits.low_water_bytes / 2);
  const size_t before = Events();
  for (size_t i = 0; i < 50; ++i) {
    ASSERT_OK(Read());
  }
  EXPECT_EQ(Events(), before + 50);
  EXPECT_EQ(talk_->world().fences(), 0);
  talk_->world().Reopen();
  ledger_->Check(sent_);
}

TEST_F(FullDisk, GivesItsReserveToReadersWhenSomebodyElseFillsIt) {
  Begin(kLimits);
  ASSERT_OK(Send());
  const std::string reserve = absl::StrCat(disk_->path(), "/store/RESERVE");
  ASSERT_EQ(::access(reserve.c_str(), F_OK), 0);
  disk_->LeaveFree(kLimits.low_water_bytes / 8);
  ASSERT_OK(Read());
  EXPECT_NE(::access(reserve.c_str(), F_OK), 0);
  const size_t before = Events();
  for (size_t i = 0; i < 50; ++i) {
    ASSERT_OK(Read());
    EXPECT_EQ(domain::ReasonOf(Send()), Reason::kDiskLow);
  }
  EXPECT_EQ(Events(), before + 50);
  disk_->LeaveFree(kDiskBytes / 2);
  EXPECT_OK(Send());
  EXPECT_EQ(talk_->world().fences(), 0);
  talk_->world().Reopen();
  EXPECT_EQ(::access(reserve.c_str(), F_OK), 0);
  ledger_->Check(sent_);
}

// Whatever RocksDB was about to write when no byte was left.
TEST_F(FullDisk, FencesAndLosesNothingWhereverItIsMet) {
  for (const uint64_t pages : {0, 1, 2, 3, 4, 5, 6, 7, 9, 12, 17, 24, 40, 61}) {
    SCOPED_TRACE(absl::StrCat(pages, " pages"));
    Begin({});
    std::vector<Attempt> attempts = ledger_->SendUntilRefused([] {});
    disk_->LeaveFree(pages * kPageBytes);
    while (talk_->world().fences() == 0) {
      const std::vector<Attempt> more = ledger_->SendUntilRefused([&] {
        if (pages % 2 == 1) {
          Copy();
        }
      });
      attempts.insert(attempts.end(), more.begin(), more.end());
    }
    EXPECT_THAT(ledger_->Retry(attempts.front()),
                StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_EQ(talk_->world().fences(), 1);
    talk_->world().Close();
    // As it is started anew: that fails or not, and does not abort.
    talk_->world().Open().IgnoreError();
    talk_->world().Close();
    disk_->LeaveFree(kDiskBytes / 2);
    ASSERT_OK(talk_->world().Open());
    ledger_->Check(attempts);
    ledger_->CheckRetries(attempts);
  }
}

// RocksDB moves rows to tables and merges them meanwhile; what fails there may
// fence the store later, and must not keep it waiting for ever.
TEST_F(FullDisk, MayComeAndGo) {
  std::mt19937_64 random(1);
  Begin({});
  std::vector<Attempt> attempts;
  for (int round = 0; round < 10; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    disk_->LeaveFree(random() % 200 * kPageBytes);
    for (int copy = 0; copy < 3; ++copy) {
      const std::vector<Attempt> more =
          ledger_->SendUntilRefused([this] { Copy(); });
      attempts.insert(attempts.end(), more.begin(), more.end());
    }
    disk_->LeaveFree(kDiskBytes / 2);
    if (talk_->world().store().fenced()) {
      talk_->world().Close();
      ASSERT_OK(talk_->world().Open());
    }
    std::filesystem::remove_all(disk_->path() + "/copy");
  }
  talk_->world().Reopen();
  ledger_->Check(attempts);
}

TEST_F(FullDisk, RefusesNewKeysAndKeepsTheOthers) {
  Begin({});
  const std::string folder = disk_->path() + "/keys";
  const auto root = crypto::Secret::Random(crypto::kKeyBytes);
  const NetworkId& network = talk_->world().network();
  const absl::Time now = talk_->world().now();
  ASSERT_OK(KeyStore::Create(folder, root, now));
  crypto::KeyRing ring;
  auto keys = KeyStore::Open(folder, root, ring);
  ASSERT_OK(keys);
  ASSERT_OK((*keys)->CreateNetworkKey(network, now));
  disk_->LeaveFree(2 * kPageBytes);
  uint64_t made = 0;
  const auto make = [&] {
    return (*keys)->CreateGroupKey(
        network, GroupId::Make(now, {static_cast<uint8_t>(made)}), now);
  };
  absl::Status refused = absl::OkStatus();
  for (; made < 256 && refused.ok(); made += refused.ok() ? 1 : 0) {
    refused = make();
  }
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT((*keys)->StartNewEpochs(now),
              StatusIs(absl::StatusCode::kResourceExhausted));
  disk_->LeaveFree(kDiskBytes / 2);
  EXPECT_OK(make());
  keys->reset();
  crypto::KeyRing again;
  keys = KeyStore::Open(folder, root, again);
  ASSERT_OK(keys);
  EXPECT_EQ((*keys)->ListGroupKeys().size(), made + 1);
}

TEST_F(FullDisk, OpensByGivingUpItsReserve) {
  Begin(kLimits);
  ASSERT_OK(Send());
  talk_->world().Close();
  disk_->LeaveFree(0);
  ASSERT_OK(talk_->world().Open());
  const size_t before = Events();
  for (size_t i = 0; i < 20; ++i) {
    ASSERT_OK(Read());
    EXPECT_EQ(domain::ReasonOf(Send()), Reason::kDiskLow);
  }
  EXPECT_EQ(Events(), before + 20);
  ledger_->Check(sent_);
}

TEST_F(FullDisk, OpensOrSaysThatItCannot) {
  Begin({});
  const std::vector<Attempt> attempts = ledger_->SendUntilRefused([] {});
  int refused = 0;
  for (uint64_t pages = 0; pages < 60; ++pages) {
    SCOPED_TRACE(absl::StrCat(pages, " pages"));
    talk_->world().Close();
    disk_->LeaveFree(pages * kPageBytes);
    if (const absl::Status opened = talk_->world().Open(); !opened.ok()) {
      EXPECT_THAT(opened, StatusIs(absl::StatusCode::kResourceExhausted));
      ++refused;
    }
    talk_->world().Close();
    disk_->LeaveFree(kDiskBytes / 2);
    ASSERT_OK(talk_->world().Open());
    ledger_->Check(attempts);
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace renkei::storage
