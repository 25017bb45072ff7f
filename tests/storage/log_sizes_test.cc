#include "storage/log_sizes.h"

#include <gtest/gtest.h>

#include <string>

#include "storage/base/status_macros.h"
#include "tests/support/failing_disk.h"
#include "tests/support/status_matchers.h"

namespace renkei::storage {
namespace {

using renkei::testing::FailingDisk;
using renkei::testing::StatusIs;

constexpr char kPath[] = "/sizes";
constexpr size_t kSlotBytes = 65536;

class LogSizesTest : public ::testing::Test {
 protected:
  LogSizesTest() { EXPECT_OK(LogSizes::Create(*disk_.env(), kPath, {})); }

  absl::Status Open() {
    sizes_.reset();
    ASSIGN_OR_RETURN(sizes_, LogSizes::Open(*disk_.env(), kPath));
    return absl::OkStatus();
  }
  absl::Status Note(uint64_t size, absl::Time now) {
    return sizes_->Note({{network_, size}}, now);
  }
  uint64_t Noted() { return sizes_->sizes().at(network_); }

  const NetworkId network_ = NetworkId::Make(absl::FromUnixSeconds(1), {1});
  const NetworkId other_ = NetworkId::Make(absl::FromUnixSeconds(1), {2});
  const absl::Time start_ = absl::FromUnixSeconds(1'775'000'000);
  FailingDisk disk_{1};
  std::unique_ptr<LogSizes> sizes_;
};

TEST_F(LogSizesTest, BeginsEmpty) {
  ASSERT_OK(Open());
  EXPECT_TRUE(sizes_->sizes().empty());
}

TEST_F(LogSizesTest, SurvivesTheProcess) {
  ASSERT_OK(Open());
  for (uint64_t size = 1; size <= 10; ++size) {
    ASSERT_OK(sizes_->Note({{network_, size}, {other_, 2 * size}}, start_));
  }
  ASSERT_OK(Open());
  EXPECT_EQ(Noted(), 10u);
  EXPECT_EQ(sizes_->sizes().at(other_), 20u);
}

TEST_F(LogSizesTest, NeverShrinks) {
  ASSERT_OK(Open());
  ASSERT_OK(Note(9, start_));
  ASSERT_OK(Note(3, start_));
  EXPECT_EQ(Noted(), 9u);
}

TEST_F(LogSizesTest, KeepsAfterAPowerLossWhatWasOnDiskASecondBefore) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    FailingDisk disk(seed);
    ASSERT_OK(LogSizes::Create(*disk.env(), kPath, {}));
    auto sizes = *LogSizes::Open(*disk.env(), kPath);
    absl::Time now = start_;
    uint64_t size = 0;
    uint64_t synced = 0;
    for (uint64_t step = 0; step < seed % 23; ++step) {
      const uint64_t changes = disk.changes();
      ASSERT_OK(sizes->Note({{network_, ++size}}, now));
      if (disk.changes() > changes + 1) {
        synced = size;
      }
      now += absl::Milliseconds(100 + 37 * seed % 400);
    }
    disk.CutPowerAt(0);
    sizes.reset();
    disk.RestorePower();
    const auto reopened = LogSizes::Open(*disk.env(), kPath);
    ASSERT_OK(reopened) << "seed " << seed;
    const LogSizes::Sizes& found = (*reopened)->sizes();
    const uint64_t noted = found.contains(network_) ? found.at(network_) : 0;
    EXPECT_GE(noted, synced) << "seed " << seed;
    EXPECT_LE(noted, size) << "seed " << seed;
  }
}

TEST_F(LogSizesTest, ReadsTheOtherSlotWhenOneIsDamaged) {
  ASSERT_OK(Open());
  for (uint64_t size = 1; size <= 4; ++size) {
    ASSERT_OK(Note(size, start_ + size * absl::Seconds(2)));
  }
  sizes_.reset();
  const std::string whole = disk_.ReadAll(kPath);
  ASSERT_EQ(whole.size(), 2 * kSlotBytes);
  for (const size_t slot : {size_t{0}, size_t{1}}) {
    std::string damaged = whole;
    damaged[slot * kSlotBytes + 20] ^= 1;
    disk_.Overwrite(kPath, damaged);
    ASSERT_OK(Open());
    EXPECT_GE(Noted(), 3u);
  }
}

TEST_F(LogSizesTest, IsDataLossWhenNothingIsReadable) {
  for (const std::string& bytes :
       {std::string(), std::string(2 * kSlotBytes, '\0'),
        std::string(2 * kSlotBytes, '\xff'), std::string(100, 'x')}) {
    disk_.Overwrite(kPath, bytes);
    EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss));
  }
  disk_.Remove(kPath);
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(LogSizesTest, HoldsAsManyNetworksAsItSays) {
  ASSERT_OK(Open());
  LogSizes::Sizes all;
  for (uint32_t i = 0; i < LogSizes::kNetworksMax; ++i) {
    all[NetworkId::Make(absl::FromUnixSeconds(i), {})] = i + 1;
  }
  ASSERT_OK(sizes_->Note(all, start_));
  ASSERT_OK(Open());
  EXPECT_EQ(sizes_->sizes(), all);
  EXPECT_THAT(sizes_->Note({{other_, 1}}, start_),
              StatusIs(absl::StatusCode::kResourceExhausted));
}

}  // namespace
}  // namespace renkei::storage
