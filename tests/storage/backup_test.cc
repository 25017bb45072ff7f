#include "storage/backup.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "storage/schema.h"
#include "tests/support/backup_rig.h"
#include "tests/support/status_matchers.h"

namespace renkei::storage {
namespace {

using renkei::testing::BackupRig;
using renkei::testing::StatusIs;
using renkei::testing::StoredServer;

class BackupTest : public ::testing::Test {
 protected:
  BackupRig rig_;
};

TEST_F(BackupTest, LosesNothing) {
  const auto backup = rig_.Backup();
  ASSERT_OK(backup);
  EXPECT_EQ(backup->records, 101u);
  EXPECT_EQ(backup->file_bytes, std::filesystem::file_size(backup->path));
  StoredServer other(rig_.NewFolder());
  const auto restored = rig_.Restore(backup->path, other);
  ASSERT_OK(restored);
  EXPECT_EQ(restored->records, 101u);
  EXPECT_EQ(restored->made_at, rig_.now());
  EXPECT_EQ(restored->log_sizes.at(rig_.network()), 50u);
  ASSERT_OK(other.Open(rig_.root()));
  EXPECT_EQ(BackupRig::AllOf(other.store()),
            BackupRig::AllOf(rig_.server().store()));
  EXPECT_EQ(other.store().NotedLogSizes(), restored->log_sizes);
}

TEST_F(BackupTest, HoldsWhatWasAcknowledgedBeforeWhileWritesGoOn) {
  std::atomic<uint64_t> acknowledged{50};
  std::atomic<bool> stopping{false};
  std::thread writer([&] {
    while (!stopping.load()) {
      EXPECT_OK(rig_.Post(acknowledged.load() + 1));
      ++acknowledged;
    }
  });
  for (int i = 0; i < 3; ++i) {
    const uint64_t before = acknowledged.load();
    const auto backup = rig_.Backup();
    ASSERT_OK(backup);
    StoredServer other(rig_.NewFolder());
    const auto restored = rig_.Restore(backup->path, other);
    ASSERT_OK(restored);
    EXPECT_GE(restored->log_sizes.at(rig_.network()), before);
    ASSERT_OK(other.Open(rig_.root()));
    EXPECT_EQ(other.store().NotedLogSizes(), restored->log_sizes);
    for (uint64_t sequence = 1; sequence <= before; ++sequence) {
      const auto found = other.store().Read().Get(
          kMessages, {rig_.network(), rig_.group(), sequence});
      ASSERT_OK(found);
      ASSERT_EQ(found->body(), rig_.BodyOf(sequence));
    }
  }
  stopping = true;
  writer.join();
}

TEST_F(BackupTest, HasTheKeyOfEveryRecordThoughGroupsKeepComing) {
  std::atomic<bool> stopping{false};
  std::thread founder([&] {
    for (uint64_t i = 1; !stopping.load(); ++i) {
      const GroupId group =
          GroupId::Make(absl::FromUnixSeconds(static_cast<int64_t>(i)), {9});
      EXPECT_OK(rig_.server().keys().CreateGroupKey(rig_.network(), group,
                                                    rig_.now()));
      EXPECT_OK(rig_.server().Write([&](Transaction& tx) {
        return tx.Put(kMessages, {rig_.network(), group, 1}, {});
      }));
    }
  });
  for (int i = 0; i < 4; ++i) {
    const auto backup = rig_.Backup();
    ASSERT_OK(backup);
    EXPECT_OK(rig_.Restore(backup->path, StoredServer(rig_.NewFolder())));
  }
  stopping = true;
  founder.join();
}

TEST_F(BackupTest, LeavesNothingReadableInTheFileNorWhereItIsRestored) {
  const auto backup = rig_.Backup();
  ASSERT_OK(backup);
  const std::string bytes = rig_.folder().ReadAll(backup->path);
  EXPECT_GT(bytes.size(), size_t{100'000});
  for (const absl::string_view canary :
       {absl::string_view("database/"), absl::string_view("FORMAT"),
        rig_.network().bytes()}) {
    EXPECT_EQ(bytes.find(std::string(canary)), std::string::npos) << canary;
  }
  ASSERT_OK(rig_.Restore(backup->path, StoredServer(rig_.NewFolder())));
  size_t looked_at = 0;
  for (const std::string& file :
       rig_.folder().FilesUnder(rig_.folder().path())) {
    const std::string content = rig_.folder().ReadAll(file);
    for (const std::string& canary :
         {std::string("本日の状態"), std::string("leaf "),
          std::string("bbbbbbbb"), std::string(rig_.root().bytes())}) {
      EXPECT_EQ(content.find(canary), std::string::npos) << file << canary;
    }
    ++looked_at;
  }
  EXPECT_GT(looked_at, 15u);
}

TEST_F(BackupTest, IsNotOkWhenTheDatabaseDoesNotReadBack) {
  // Into a table, which is then read by nobody but the backup.
  ASSERT_OK(rig_.Backup());
  size_t damaged = 0;
  for (const std::string& file :
       rig_.folder().FilesUnder(rig_.server().target().data_folder)) {
    if (absl::EndsWith(file, ".sst")) {
      std::string bytes = rig_.folder().ReadAll(file);
      bytes[bytes.size() / 3] = static_cast<char>(bytes[bytes.size() / 3] ^ 1);
      rig_.folder().Overwrite(file, bytes);
      ++damaged;
    }
  }
  ASSERT_GT(damaged, 0u);
  EXPECT_THAT(rig_.Backup(), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_EQ(rig_.folder().FilesUnder(rig_.backups()).size(), 1u);
}

TEST_F(BackupTest, CanBeCalledOff) {
  int asked = 0;
  EXPECT_THAT(
      WriteBackup(rig_.server().store(), rig_.server().keys(),
                  BackupKeyOf(rig_.root()),
                  {rig_.backups(), rig_.now(), [&] { return ++asked >= 3; }}),
      StatusIs(absl::StatusCode::kCancelled));
  EXPECT_TRUE(rig_.folder().FilesUnder(rig_.backups()).empty());
  EXPECT_OK(rig_.Backup());
}

TEST_F(BackupTest, KeepsGenerationsAndKnowsTheNewest) {
  EXPECT_THAT(NewestBackup(MachineDisk(), rig_.folder().path()),
              StatusIs(absl::StatusCode::kNotFound));
  const auto first = rig_.Backup();
  const auto second = rig_.Backup();
  ASSERT_OK(first);
  ASSERT_OK(second);
  EXPECT_NE(first->path, second->path);
  EXPECT_EQ(*NewestBackup(MachineDisk(), rig_.backups()), second->path);
  EXPECT_EQ(rig_.folder().FilesUnder(rig_.backups()).size(), 2u);
}

TEST_F(BackupTest, SweepsWhatAnInterruptedOneLeft) {
  ASSERT_OK(rig_.Backup());
  rig_.folder().Overwrite(
      absl::StrCat(rig_.backups(), "/1", kBackupSuffix, ".partial"), "half");
  const std::string checkpoint =
      rig_.server().target().data_folder + "/backup-checkpoint";
  std::filesystem::create_directory(checkpoint);
  rig_.folder().Overwrite(checkpoint + "/CURRENT", "half");
  const auto backup = rig_.Backup();
  ASSERT_OK(backup);
  EXPECT_EQ(rig_.folder().FilesUnder(rig_.backups()).size(), 2u);
  EXPECT_FALSE(std::filesystem::exists(checkpoint));
  EXPECT_EQ(*NewestBackup(MachineDisk(), rig_.backups()), backup->path);
  for (const char* suffix : {"", ".tmp"}) {
    std::filesystem::create_directory(checkpoint + suffix);
    rig_.folder().Overwrite(checkpoint + suffix + "/000009.sst", "holds space");
  }
  rig_.server().Close();
  ASSERT_OK(rig_.server().Open(rig_.root()));
  for (const char* suffix : {"", ".tmp"}) {
    EXPECT_FALSE(std::filesystem::exists(checkpoint + suffix)) << suffix;
  }
}

TEST_F(BackupTest, LeavesNoFileWhenItFails) {
  ASSERT_OK(rig_.Backup());
  rig_.folder().Overwrite(rig_.folder().PathOf("file"), "");
  EXPECT_FALSE(rig_.BackupInto(rig_.folder().PathOf("file")).ok());
  // The time of another backup.
  EXPECT_THAT(rig_.BackupInto(rig_.backups()),
              StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(rig_.folder().FilesUnder(rig_.backups()).size(), 1u);
}

}  // namespace
}  // namespace renkei::storage
