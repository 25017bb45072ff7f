#include "storage/free_space.h"

#include <gtest/gtest.h>

#include "rocksdb/io_status.h"
#include "tests/support/failing_disk.h"
#include "tests/support/status_matchers.h"

namespace renkei::storage {
namespace {

using renkei::testing::FailingDisk;

constexpr uint64_t kLowWater = 1000;
constexpr uint64_t kReserve = 5000;
constexpr char kReservePath[] = "/store/RESERVE";

class FreeSpaceTest : public ::testing::Test {
 protected:
  FreeSpaceTest() {
    EXPECT_TRUE(disk_.env()->CreateDir("/store").ok());
    disk_.SetFreeBytes(100'000);
  }

  bool LowWith(uint64_t free_bytes) {
    disk_.SetFreeBytes(free_bytes);
    now_ += absl::Seconds(1);
    space_.Check(now_);
    return space_.low();
  }

  absl::Time now_ = absl::FromUnixSeconds(1'775'000'000);
  FailingDisk disk_{1};
  FreeSpace space_{*disk_.env(), "/store", kLowWater, kReserve};
};

TEST_F(FreeSpaceTest, IsLowBelowTheMark) {
  ASSERT_OK(space_.MakeReserve());
  EXPECT_FALSE(LowWith(kLowWater));
  EXPECT_TRUE(LowWith(kLowWater - 1));
  EXPECT_FALSE(LowWith(kLowWater));
}

TEST_F(FreeSpaceTest, LooksAtMostEveryTenthOfASecond) {
  ASSERT_OK(space_.MakeReserve());
  EXPECT_FALSE(LowWith(kLowWater));
  disk_.SetFreeBytes(0);
  space_.Check(now_ + absl::Milliseconds(99));
  EXPECT_FALSE(space_.low());
  space_.Check(now_ + absl::Milliseconds(100));
  EXPECT_TRUE(space_.low());
}

TEST_F(FreeSpaceTest, LooksAgainWhenTheClockWentBack) {
  ASSERT_OK(space_.MakeReserve());
  EXPECT_FALSE(LowWith(kLowWater));
  disk_.SetFreeBytes(0);
  space_.Check(now_ - absl::Hours(1));
  EXPECT_TRUE(space_.low());
}

TEST_F(FreeSpaceTest, KeepsAReserveOfRealBytes) {
  ASSERT_OK(space_.MakeReserve());
  const std::string reserve = disk_.ReadAll(kReservePath);
  EXPECT_GE(reserve.size(), kReserve);
  EXPECT_NE(reserve, std::string(reserve.size(), reserve[0]));
}

TEST_F(FreeSpaceTest, GivesTheReserveUpAtTheEndAndNotForChanges) {
  ASSERT_OK(space_.MakeReserve());
  EXPECT_TRUE(LowWith(kLowWater / 4));
  EXPECT_TRUE(disk_.Has(kReservePath));
  EXPECT_TRUE(LowWith(kLowWater / 4 - 1));
  EXPECT_FALSE(disk_.Has(kReservePath));
  // What the reserve held is free now, and still no room for changes.
  EXPECT_TRUE(LowWith(kReserve + kLowWater - 1));
  EXPECT_FALSE(LowWith(kReserve + kLowWater));
}

TEST_F(FreeSpaceTest, GivesTheReserveUpForAnOpeningOnAFullDisk) {
  space_.MakeRoomToOpen();  // nothing is there
  ASSERT_OK(space_.MakeReserve());
  disk_.SetFreeBytes(kLowWater / 4);
  space_.MakeRoomToOpen();
  EXPECT_TRUE(disk_.Has(kReservePath));
  disk_.SetFreeBytes(kLowWater / 4 - 1);
  space_.MakeRoomToOpen();
  EXPECT_FALSE(disk_.Has(kReservePath));
}

TEST_F(FreeSpaceTest, MakesNoReserveWithoutRoom) {
  disk_.SetFreeBytes(kReserve + kLowWater - 1);
  ASSERT_OK(space_.MakeReserve());
  EXPECT_FALSE(disk_.Has(kReservePath));
  EXPECT_TRUE(LowWith(kReserve + kLowWater - 1));
}

TEST_F(FreeSpaceTest, CompletesAReserveThatACrashCutShort) {
  disk_.Overwrite(kReservePath, "piece");
  ASSERT_OK(space_.MakeReserve());
  EXPECT_GE(disk_.ReadAll(kReservePath).size(), kReserve);
}

TEST_F(FreeSpaceTest, LeavesNoPieceWhenTheDiskFillsUpMeanwhile) {
  disk_.FailAt(1, rocksdb::IOStatus::NoSpace("full"), /*stays=*/false);
  ASSERT_OK(space_.MakeReserve());
  EXPECT_FALSE(disk_.Has(kReservePath));
}

TEST_F(FreeSpaceTest, TakesADiskThatCannotTellForEmpty) {
  FailingDisk mute(1);
  FreeSpace space(*mute.env(), "/store", kLowWater, kReserve);
  space.Check(now_);
  EXPECT_FALSE(space.low());
}

}  // namespace
}  // namespace renkei::storage
