// Backups on a disk that is full, fails or loses power.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rocksdb/env.h"
#include "storage/backup.h"
#include "storage/backup_file.h"
#include "tests/support/real_folder.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_rig.h"

namespace renkei::storage {
namespace {

using renkei::testing::RealFolder;
using renkei::testing::StatusIs;
using renkei::testing::StoreRig;

constexpr char kBackups[] = "/backups";
constexpr int kMessages = 20;

// A store on a failing disk; its key store is on the machine's own.
class BackedUpStore {
 public:
  explicit BackedUpStore(uint64_t seed) : rig_(seed) {
    const crypto::Secret root = crypto::Secret::Random(crypto::kKeyBytes);
    EXPECT_OK(KeyStore::Create(folder_.path(), root, rig_.now()));
    keys_ = *KeyStore::Open(folder_.path(), root, ring_);
    backup_key_ = BackupKeyOf(root);
  }

  void Open() {
    EXPECT_OK(rig_.Open());
    for (int i = 1; i <= kMessages; ++i) {
      EXPECT_OK(rig_.PutBody(static_cast<uint64_t>(i),
                             absl::StrCat("body ", i, std::string(5000, 'b'))));
    }
  }
  absl::StatusOr<BackupSummary> Backup() {
    return WriteBackup(rig_.store(), *keys_, backup_key_,
                       {kBackups, rig_.now(), [] { return false; }});
  }
  // The finished ones that are there, each of which must read back whole.
  size_t CheckedBackups() {
    // The folder's name may be lost; the first backup makes it.
    EXPECT_TRUE(rig_.disk().env()->CreateDirIfMissing(kBackups).ok());
    const std::vector<std::string> files =
        rig_.disk().FilesOf(kBackups, kBackupSuffix);
    for (const std::string& file : files) {
      const auto begin = [](absl::string_view, uint64_t) {
        return absl::OkStatus();
      };
      const auto append = [](absl::string_view) { return absl::OkStatus(); };
      EXPECT_OK(ReadBackup(*rig_.disk().env(), file, backup_key_,
                           {.begin = begin, .append = append}));
    }
    return files.size();
  }
  void ExpectWhole() {
    for (int i = 1; i <= kMessages; ++i) {
      EXPECT_EQ(rig_.BodyOf(static_cast<uint64_t>(i)).substr(0, 6),
                absl::StrCat("body ", i).substr(0, 6));
    }
  }
  StoreRig& rig() { return rig_; }

 private:
  StoreRig rig_;
  RealFolder folder_;
  crypto::KeyRing ring_;
  std::unique_ptr<KeyStore> keys_;
  crypto::Secret backup_key_;
};

TEST(BackupFailures, ALowDiskIsNotFilledUp) {
  BackedUpStore stored(1);
  StoreRig& rig = stored.rig();
  rig.options().low_water_bytes = 1'000'000;
  rig.disk().SetFreeBytes(100'000'000);
  stored.Open();
  rig.disk().SetFreeBytes(999'999);
  EXPECT_THAT(stored.Backup(), StatusIs(absl::StatusCode::kResourceExhausted));
  // Room for the server, and not for a second copy of it.
  rig.disk().SetFreeBytes(1'050'000);
  EXPECT_THAT(stored.Backup(), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_TRUE(rig.disk().FilesOf(kBackups, "").empty());
  EXPECT_FALSE(rig.disk().Has("/store/backup-checkpoint/CURRENT"));
  EXPECT_EQ(rig.fences(), 0);
  rig.disk().SetFreeBytes(100'000'000);
  rig.Advance(absl::Seconds(1));
  EXPECT_OK(rig.PutBody(21, "goes on"));
  EXPECT_OK(stored.Backup());
  EXPECT_EQ(stored.CheckedBackups(), 1u);
}

// How many changes of the disk a backup is.
uint64_t ChangesOfABackup() {
  BackedUpStore stored(1);
  stored.Open();
  const uint64_t before = stored.rig().disk().changes();
  EXPECT_OK(stored.Backup());
  return stored.rig().disk().changes() - before;
}

TEST(BackupFailures, AFinishedNameIsAWholeFileWheneverThePowerGoes) {
  const uint64_t changes = ChangesOfABackup();
  ASSERT_GT(changes, 20u);
  size_t finished = 0;
  for (uint64_t cut = 0; cut <= changes; ++cut) {
    SCOPED_TRACE(absl::StrCat("power goes at change ", cut));
    BackedUpStore stored(cut);
    stored.Open();
    stored.rig().disk().CutPowerAt(cut);
    const bool promised = stored.Backup().ok();
    stored.rig().LosePower();
    const size_t found = stored.CheckedBackups();
    finished += found;
    EXPECT_GE(found, promised ? 1u : 0u);
    ASSERT_OK(stored.rig().Open());
    stored.ExpectWhole();
    stored.rig().Advance(absl::Seconds(1));
    EXPECT_OK(stored.Backup());
    EXPECT_EQ(stored.CheckedBackups(), found + 1);
  }
  EXPECT_GT(finished, 0u);
  EXPECT_LT(finished, changes);
}

TEST(BackupFailures, NoErrorOfTheDiskLeavesHalfAFile) {
  const uint64_t changes = ChangesOfABackup();
  // RocksDB waits a second after some errors.
  for (uint64_t at = 1; at < changes; at += 4) {
    SCOPED_TRACE(absl::StrCat("change ", at, " fails"));
    BackedUpStore stored(at);
    stored.Open();
    stored.rig().disk().FailAt(at, rocksdb::IOStatus::IOError("the disk fails"),
                               /*stays=*/true);
    const bool done = stored.Backup().ok();
    stored.rig().disk().Heal();
    EXPECT_LE(stored.CheckedBackups(), 1u);
    EXPECT_GE(stored.CheckedBackups(), done ? 1u : 0u);
    ASSERT_OK(stored.rig().Reopen());
    stored.ExpectWhole();
    stored.rig().Advance(absl::Seconds(1));
    EXPECT_OK(stored.Backup());
  }
}

}  // namespace
}  // namespace renkei::storage
