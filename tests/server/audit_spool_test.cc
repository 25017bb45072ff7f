// The spool for a log shipper: every event, in order, at least once, whatever
// becomes of its folder.
#include "server/jobs/audit_spool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/domain/audit.h"
#include "server/domain/audit_tree.h"
#include "server/domain/authorize.h"
#include "tests/support/real_folder.h"
#include "tests/support/spool_lines.h"
#include "tests/support/status_matchers.h"
#include "tests/support/world.h"

namespace renkei::jobs {
namespace {

namespace fs = std::filesystem;
using ::renkei::testing::Actor;
using ::renkei::testing::Must;
using ::renkei::testing::RealFolder;
using ::renkei::testing::SpooledEvent;
using ::renkei::testing::SpooledEvents;
using ::renkei::testing::SpoolFiles;
using ::renkei::testing::StatusIs;
using ::renkei::testing::World;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr uint64_t kFolderBytes = 64 * 1024;

class AuditSpoolTest : public ::testing::Test {
 protected:
  std::string Folder() const { return disk_.PathOf("spool"); }

  std::unique_ptr<AuditSpool> NewSpool() {
    SpoolOptions options;
    options.folder = Folder();
    options.limits = {kFolderBytes, 0};
    options.lag_max = absl::Seconds(60);
    options.source = {"host", "1"};
    options.event_name = [](uint32_t type) {
      return absl::StrCat("TYPE_", type);
    };
    return std::make_unique<AuditSpool>(world_.store(), world_.now(),
                                        std::move(options));
  }
  void AddEvents(int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_OK(world_.Read(
          nurse_, domain::Action::kGetNetwork, 100, [](domain::ReadCall& call) {
            return domain::Authorize(call, domain::Action::kGetNetwork, {});
          }));
    }
  }
  uint64_t LogSize() {
    return Must(domain::AuditTree::Open(world_.Look(), world_.network()))
        .size();
  }
  // The numbers of the network's events, as they stand in the files.
  std::vector<uint64_t> Numbers() {
    std::vector<uint64_t> numbers;
    for (const SpooledEvent& event : SpooledEvents(Folder())) {
      if (event.network == world_.network().ToText()) {
        numbers.push_back(event.number);
      }
    }
    return numbers;
  }
  static std::vector<uint64_t> UpTo(uint64_t size) {
    std::vector<uint64_t> numbers(size);
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
  }

  RealFolder disk_;
  World world_;
  Actor nurse_ =
      world_.AddPerson("佐藤", "visiting_nurse", world_.AddFacility("訪問"));
  std::unique_ptr<AuditSpool> spool_ = NewSpool();
};

TEST_F(AuditSpoolTest, HoldsEveryEventOfEveryLogInOrder) {
  AddEvents(30);
  ASSERT_OK(spool_->CatchUp(world_.now()));
  AddEvents(5);
  world_.Change([this](storage::Transaction& tx) -> absl::Status {
    domain::WriteCall call =
        domain::NewWriteCall(tx, std::nullopt, {}, world_.keys());
    call.note.type = 600;
    return domain::AppendAudit(call, absl::OkStatus());
  });
  ASSERT_OK(spool_->CatchUp(world_.now()));
  EXPECT_EQ(Numbers(), UpTo(LogSize()));
  size_t of_server = 0;
  for (const SpooledEvent& event : SpooledEvents(Folder())) {
    of_server += event.network == "server" ? 1 : 0;
  }
  EXPECT_EQ(of_server, 1u);
  // The line is of the very leaf.
  const auto record =
      Must(world_.Look().Get(storage::kAudit, {world_.network(), 3}));
  EXPECT_EQ(SpooledEvents(Folder())[3].leaf_hash,
            domain::LeafHash(record.leaf()));
}

TEST_F(AuditSpoolTest, GoesOnWhereItWas) {
  AddEvents(3);
  ASSERT_OK(spool_->CatchUp(world_.now()));
  const uint64_t before = LogSize();
  AddEvents(2);
  world_.Advance(absl::Seconds(1));
  spool_ = NewSpool();
  ASSERT_OK(spool_->CatchUp(world_.now()));
  EXPECT_EQ(Numbers(), UpTo(before + 2)) << "once, without a crash";
  EXPECT_THAT(SpoolFiles(Folder()), SizeIs(2)) << "a process, a file";
}

TEST_F(AuditSpoolTest, BeginsAFileEachDayAndWhenOneIsLarge) {
  AddEvents(1);
  ASSERT_OK(spool_->CatchUp(world_.now()));
  world_.Advance(absl::Hours(24));
  nurse_ = world_.SignInAgain(nurse_, "the next day's");
  AddEvents(1);
  ASSERT_OK(spool_->CatchUp(world_.now()));
  EXPECT_THAT(SpoolFiles(Folder()), SizeIs(2));
  for (int i = 0; i < 40; ++i) {
    world_.Advance(absl::Milliseconds(1));
    AddEvents(1);
    ASSERT_OK(spool_->CatchUp(world_.now()));
  }
  EXPECT_GT(SpoolFiles(Folder()).size(), 3u);
  for (const std::string& file : SpoolFiles(Folder())) {
    EXPECT_LE(fs::file_size(file), 2 * kFolderBytes / 16);
  }
  EXPECT_EQ(Numbers(), UpTo(LogSize()));
}

TEST_F(AuditSpoolTest, FallsBehindWhenNobodyTakesFilesAwayAndCatchesUp) {
  std::vector<uint64_t> shipped;
  absl::Status full;
  while (full.ok()) {
    AddEvents(20);
    world_.Advance(absl::Seconds(1));
    full = spool_->CatchUp(world_.now());
  }
  EXPECT_TRUE(absl::IsResourceExhausted(full)) << full;
  EXPECT_LE(Must(spool_->LagAt(world_.now())).bytes_waiting, kFolderBytes);
  EXPECT_GT(Must(spool_->LagAt(world_.now())).events, 0u);
  // Like a shipper: all but the newest.
  std::vector<std::string> files = SpoolFiles(Folder());
  shipped = Numbers();
  for (size_t i = 0; i + 1 < files.size(); ++i) {
    fs::remove(files[i]);
  }
  const size_t left = Numbers().size();
  shipped.resize(shipped.size() - left);
  ASSERT_OK(spool_->CatchUp(world_.now()));
  EXPECT_EQ(Must(spool_->LagAt(world_.now())).events, 0u);
  for (const uint64_t number : Numbers()) {
    shipped.push_back(number);
  }
  EXPECT_EQ(shipped, UpTo(LogSize()));
}

TEST_F(AuditSpoolTest, KeepsItsPlaceWhileTheFolderCannotBeWritten) {
  AddEvents(2);
  ASSERT_OK(spool_->CatchUp(world_.now()));
  const std::string aside = disk_.PathOf("aside");
  fs::rename(Folder(), aside);
  std::ofstream(Folder()) << "not a folder";
  AddEvents(2);
  EXPECT_FALSE(spool_->CatchUp(world_.now()).ok());
  EXPECT_EQ(Must(spool_->LagAt(world_.now())).events, 2u);
  fs::remove(Folder());
  fs::rename(aside, Folder());
  ASSERT_OK(spool_->CatchUp(world_.now()));
  EXPECT_EQ(Numbers(), UpTo(LogSize()));
}

TEST_F(AuditSpoolTest, LeavesTheDiskItsReserve) {
  SpoolFolder folder(Folder(), {kFolderBytes, uint64_t{1} << 60});
  EXPECT_TRUE(
      absl::IsResourceExhausted(folder.Append(world_.now(), "line\n", {})));
  EXPECT_THAT(SpoolFiles(Folder()), IsEmpty());
}

TEST_F(AuditSpoolTest, WritesANewFileWhenTheNewestWasRemovedAllTheSame) {
  AddEvents(1);
  ASSERT_OK(spool_->CatchUp(world_.now()));
  const uint64_t before = LogSize();
  fs::remove(SpoolFiles(Folder()).at(0));
  world_.Advance(absl::Seconds(1));
  AddEvents(1);
  ASSERT_OK(spool_->CatchUp(world_.now()));
  EXPECT_THAT(Numbers(), ElementsAre(before));
}

TEST_F(AuditSpoolTest, SendsEverythingAgainWhenThePlaceIsLostOrNotOfThisLog) {
  AddEvents(3);
  ASSERT_OK(spool_->CatchUp(world_.now()));
  const uint64_t size = LogSize();
  const std::string position = Folder() + "/position";
  const std::string kept = RealFolder::ReadAll(position);
  std::string other = kept;
  other.back() == '\n' ? other[other.size() - 2] ^= 1 : other.back() ^= 1;
  for (const std::string& bytes : {std::string("garbage"), std::string(),
                                   kept.substr(0, kept.size() - 9), other}) {
    for (const std::string& file : SpoolFiles(Folder())) {
      fs::remove(file);
    }
    RealFolder::Overwrite(position, bytes);
    world_.Advance(absl::Seconds(1));
    spool_ = NewSpool();
    ASSERT_OK(spool_->CatchUp(world_.now()));
    EXPECT_EQ(Numbers(), UpTo(size)) << bytes;
  }
}

TEST_F(AuditSpoolTest, EndsALineThatACrashCutShort) {
  AddEvents(1);
  ASSERT_OK(spool_->CatchUp(world_.now()));
  const std::string file = SpoolFiles(Folder()).at(0);
  std::ofstream(file, std::ios::app) << "<109>1 2026-";
  world_.Advance(absl::Seconds(1));
  AddEvents(1);
  spool_ = NewSpool();
  ASSERT_OK(spool_->CatchUp(world_.now()));
  const std::string bytes = RealFolder::ReadAll(file);
  EXPECT_EQ(bytes.substr(bytes.size() - 13), "<109>1 2026-\n");
  EXPECT_EQ(Numbers(), UpTo(LogSize()));
}

TEST_F(AuditSpoolTest, ALogThatCannotBeReadKeepsNoOtherFromIt) {
  AddEvents(3);
  world_.Change([this](storage::Transaction& tx) -> absl::Status {
    domain::WriteCall call =
        domain::NewWriteCall(tx, std::nullopt, {}, world_.keys());
    call.note.type = 600;
    RETURN_IF_ERROR(domain::AppendAudit(call, absl::OkStatus()));
    // Each of the three lies in a row of its own, as it was written alone.
    storage::v1::AuditRecord unreadable;
    unreadable.set_leaf("no event");
    return tx.Put(storage::kAudit, {world_.network(), 1}, unreadable);
  });
  EXPECT_THAT(spool_->CatchUp(world_.now()),
              StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(Numbers(), IsEmpty());
  EXPECT_THAT(SpooledEvents(Folder()), SizeIs(1));
}

TEST_F(AuditSpoolTest, RaisesAnAlarmWhenItIsLateAndTakesItBack) {
  AddEvents(1);
  ASSERT_OK(spool_->CatchUp(world_.now()));
  EXPECT_FALSE(spool_->AlarmAt(world_.now()));
  fs::rename(Folder(), disk_.PathOf("aside"));
  std::ofstream(Folder()) << "not a folder";
  AddEvents(4);
  EXPECT_FALSE(spool_->CatchUp(world_.now()).ok());
  world_.Advance(absl::Seconds(60));
  EXPECT_FALSE(spool_->AlarmAt(world_.now())) << "not late yet";
  world_.Advance(absl::Seconds(1));
  const std::optional<SpoolAlarm> raised = spool_->AlarmAt(world_.now());
  ASSERT_TRUE(raised && raised->raised);
  EXPECT_EQ(raised->lag.events, 4u);
  EXPECT_EQ(raised->lag.age, absl::Seconds(61));
  EXPECT_FALSE(raised->why.ok());
  EXPECT_FALSE(spool_->AlarmAt(world_.now())) << "said once";
  fs::remove(Folder());
  ASSERT_OK(spool_->CatchUp(world_.now()));
  const std::optional<SpoolAlarm> over = spool_->AlarmAt(world_.now());
  ASSERT_TRUE(over);
  EXPECT_FALSE(over->raised);
  EXPECT_EQ(over->lag.events, 0u);
  EXPECT_FALSE(spool_->AlarmAt(world_.now()));
}

TEST_F(AuditSpoolTest, RaisesAnAlarmBeforeTheFolderIsFull) {
  std::optional<SpoolAlarm> raised;
  while (!raised) {
    AddEvents(10);
    ASSERT_OK(spool_->CatchUp(world_.now())) << "full without an alarm";
    raised = spool_->AlarmAt(world_.now());
  }
  EXPECT_TRUE(raised->raised);
  EXPECT_EQ(raised->lag.events, 0u);
  EXPECT_GT(raised->lag.bytes_waiting, kFolderBytes / 2);
}

TEST_F(AuditSpoolTest, WhatWaitedWhileTheServerWasDownIsNoAlarmAtOnce) {
  AddEvents(1);
  world_.Advance(absl::Hours(8));
  spool_ = NewSpool();
  EXPECT_EQ(Must(spool_->LagAt(world_.now())).age, absl::Hours(8));
  EXPECT_FALSE(spool_->AlarmAt(world_.now() + absl::Seconds(59)));
  EXPECT_TRUE(spool_->AlarmAt(world_.now() + absl::Seconds(61)));
}

}  // namespace
}  // namespace renkei::jobs
