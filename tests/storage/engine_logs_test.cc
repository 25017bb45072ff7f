// Logs laid out ahead: what they hold while they are open, after their closing
// and after a crash.
#include "storage/engine_logs.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "rocksdb/env.h"
#include "rocksdb/file_system.h"
#include "rocksdb/io_status.h"
#include "tests/support/failing_disk.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_rig.h"

namespace renkei::storage {
namespace {

using renkei::testing::FailingDisk;
using renkei::testing::StoreRig;
using rocksdb::FSWritableFile;

constexpr char kLogPath[] = "/folder/000001.log";
constexpr char kTablePath[] = "/folder/000002.sst";

class LaidOutLogsTest : public ::testing::Test {
 protected:
  LaidOutLogsTest() {
    EXPECT_TRUE(memory_.env()->CreateDirIfMissing("/folder").ok());
  }

  std::unique_ptr<FSWritableFile> New(const std::string& path) {
    std::unique_ptr<FSWritableFile> file;
    EXPECT_TRUE(
        disk_->GetFileSystem()->NewWritableFile(path, {}, &file, nullptr).ok());
    return file;
  }
  static bool Append(FSWritableFile& file, const std::string& bytes) {
    return file.Append(bytes, {}, nullptr).ok();
  }
  std::string Contents(const std::string& path) {
    return memory_.ReadAll(path);
  }

  FailingDisk memory_{1};
  const std::unique_ptr<Disk> disk_ = LayOutLogs(*memory_.env());
};

TEST_F(LaidOutLogsTest, AreWrittenOverZeros) {
  const auto log = New(kLogPath);
  ASSERT_TRUE(Append(*log, "first"));
  const size_t size = Contents(kLogPath).size();
  EXPECT_GT(size, size_t{100'000});
  std::string written = "first";
  while (written.size() < size - 4000) {
    ASSERT_TRUE(Append(*log, std::string(4000, 'a')));
    written += std::string(4000, 'a');
    std::string all = written;
    all.resize(size);
    ASSERT_EQ(Contents(kLogPath), all);
  }
  EXPECT_EQ(log->GetFileSize({}, nullptr), written.size());
  ASSERT_TRUE(Append(*log, std::string(5000, 'b')));
  EXPECT_GT(Contents(kLogPath).size(), size + 100'000);
  EXPECT_EQ(Contents(kLogPath).substr(0, written.size() + 5000),
            written + std::string(5000, 'b'));
}

TEST_F(LaidOutLogsTest, EndWithTheirLastByteOnceClosed) {
  const auto log = New(kLogPath);
  ASSERT_TRUE(Append(*log, "first, "));
  ASSERT_TRUE(Append(*log, "second"));
  ASSERT_TRUE(log->Close({}, nullptr).ok());
  EXPECT_EQ(Contents(kLogPath), "first, second");
}

TEST_F(LaidOutLogsTest, AreLongerByWhatIsWrittenWhereNothingCouldBeLaidOut) {
  const auto log = New(kLogPath);
  memory_.FailAt(1, rocksdb::IOStatus::NoSpace("full"), /*stays=*/false);
  ASSERT_TRUE(Append(*log, "first, "));
  EXPECT_TRUE(memory_.has_failed());
  EXPECT_EQ(Contents(kLogPath), "first, ");
  ASSERT_TRUE(Append(*log, "second"));
  EXPECT_EQ(Contents(kLogPath), "first, second");
}

TEST_F(LaidOutLogsTest, TellOfAWriteThatFails) {
  const auto log = New(kLogPath);
  ASSERT_TRUE(Append(*log, "first"));
  memory_.FailAt(0, rocksdb::IOStatus::IOError("broken"), /*stays=*/false);
  EXPECT_FALSE(Append(*log, "second"));
  EXPECT_EQ(log->GetFileSize({}, nullptr), 5u);
}

TEST_F(LaidOutLogsTest, AreTheOnlyFilesOfTheirKind) {
  const auto table = New(kTablePath);
  ASSERT_TRUE(Append(*table, "rows"));
  ASSERT_TRUE(table->Sync({}, nullptr).ok());
  EXPECT_EQ(Contents(kTablePath), "rows");
}

TEST(LaidOutLogs, GiveBackWhatGoesOverManyOfTheirPieces) {
  constexpr uint64_t kMessages = 40;
  StoreRig rig(1);
  ASSERT_OK(rig.Open());
  for (uint64_t i = 1; i <= kMessages; ++i) {
    ASSERT_OK(rig.PutBody(i, std::string(i * 1000, 'a')));
  }
  rig.Kill();
  ASSERT_OK(rig.Open());
  for (uint64_t i = 1; i <= kMessages; ++i) {
    EXPECT_EQ(rig.BodyOf(i), std::string(i * 1000, 'a'));
  }
}

}  // namespace
}  // namespace renkei::storage
