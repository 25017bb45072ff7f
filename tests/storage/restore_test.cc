#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/backup.h"
#include "storage/crypto/root_key.h"
#include "storage/crypto/stream.h"
#include "storage/schema.h"
#include "tests/support/backup_rig.h"
#include "tests/support/status_matchers.h"

namespace renkei::storage {
namespace {

using renkei::testing::BackupRig;
using renkei::testing::StatusIs;
using renkei::testing::StoredServer;
using ::testing::HasSubstr;

class RestoreTest : public ::testing::Test {
 protected:
  BackupRig rig_;
};

TEST_F(RestoreTest, SealsUnderNewEpochs) {
  const auto backup = rig_.Backup();
  ASSERT_OK(backup);
  StoredServer other(rig_.NewFolder());
  ASSERT_OK(rig_.Restore(backup->path, other));
  ASSERT_OK(other.Open(rig_.root()));
  EXPECT_NE(other.keys().Incarnation(), rig_.server().keys().Incarnation());
  EXPECT_EQ(other.keys().StoreId(), rig_.server().keys().StoreId());
  for (const crypto::KeyScope& scope :
       {crypto::KeyScope::Server(), crypto::KeyScope::Network(rig_.network()),
        crypto::KeyScope::Group(rig_.network(), rig_.group())}) {
    const auto epoch = [&scope](StoredServer& server) {
      return server.ring().Current(scope, crypto::SealUse::kRecords)->epoch();
    };
    EXPECT_EQ(epoch(other), epoch(rig_.server()) + 1);
  }
  ASSERT_OK(other.Write([&](Transaction& tx) {
    return tx.Put(kMessages, {rig_.network(), rig_.group(), 51}, {});
  }));
  EXPECT_OK(
      other.store().Read().Get(kMessages, {rig_.network(), rig_.group(), 51}));
}

TEST_F(RestoreTest, RestoresIntoNothingButEmptyFolders) {
  const auto backup = rig_.Backup();
  ASSERT_OK(backup);
  const std::string whole = BackupRig::AllOf(rig_.server().store());
  EXPECT_THAT(rig_.Restore(backup->path, rig_.server()),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(BackupRig::AllOf(rig_.server().store()), whole);
  for (const char* there : {"/data/x", "/keys/x", "/log-sizes"}) {
    const std::string folder = rig_.NewFolder();
    std::filesystem::create_directory(folder + "/data");
    std::filesystem::create_directory(folder + "/keys");
    std::ofstream(folder + there) << "mine";
    EXPECT_THAT(rig_.Restore(backup->path, StoredServer(folder)),
                StatusIs(absl::StatusCode::kFailedPrecondition))
        << there;
    EXPECT_EQ(rig_.folder().ReadAll(folder + there), "mine");
  }
}

// The parts of a backup file as bytes.
struct FileParts {
  std::string head;
  std::vector<std::string> pieces;
};

FileParts PartsOf(const std::string& whole) {
  constexpr size_t kHead = 80;
  constexpr size_t kPiece = crypto::kStreamPieceBytes + crypto::kTagBytes;
  FileParts parts{whole.substr(0, kHead), {}};
  for (size_t at = kHead; at < whole.size(); at += kPiece) {
    parts.pieces.push_back(whole.substr(at, kPiece));
  }
  return parts;
}

TEST_F(RestoreTest, RefusesWhatIsDamagedAndLeavesNothingBehind) {
  const auto backup = rig_.Backup();
  ASSERT_OK(backup);
  const std::string whole = rig_.folder().ReadAll(backup->path);
  const auto [head, pieces] = PartsOf(whole);
  ASSERT_GE(pieces.size(), 3u);
  const auto flipped = [&](size_t at) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    return bytes;
  };
  const auto cut = [&](size_t size) { return whole.substr(0, size); };
  const size_t first_piece = head.size() + pieces[0].size();
  std::string reordered = head + pieces[1] + pieces[0];
  for (size_t i = 2; i < pieces.size(); ++i) {
    reordered += pieces[i];
  }
  constexpr auto kNone = absl::StatusCode::kFailedPrecondition;
  constexpr auto kOtherKey = absl::StatusCode::kUnauthenticated;
  constexpr auto kDamaged = absl::StatusCode::kDataLoss;
  const std::vector<std::tuple<std::string, std::string, absl::StatusCode>>
      cases = {{"first line flipped", flipped(3), kNone},
               {"salt flipped", flipped(20), kOtherKey},
               {"proof flipped", flipped(70), kOtherKey},
               {"first byte flipped", flipped(80), kDamaged},
               {"middle flipped", flipped(whole.size() / 2), kDamaged},
               {"tag flipped", flipped(first_piece - 1), kDamaged},
               {"last byte flipped", flipped(whole.size() - 1), kDamaged},
               {"cut in the first line", cut(7), kNone},
               {"cut in the head", cut(40), kDamaged},
               {"cut after the head", cut(head.size()), kDamaged},
               {"cut after a piece", cut(first_piece), kDamaged},
               {"cut in a piece", cut(first_piece + 1000), kDamaged},
               {"last piece gone", cut(whole.size() - pieces.back().size()),
                kDamaged},
               {"last byte gone", cut(whole.size() - 1), kDamaged},
               {"one byte more", whole + "x", kDamaged},
               {"twice", whole + whole, kDamaged},
               {"pieces in another order", reordered, kDamaged}};
  const std::string folder = rig_.NewFolder();
  const std::string path = rig_.folder().PathOf("damaged");
  for (const auto& [what, bytes, code] : cases) {
    rig_.folder().Overwrite(path, bytes);
    EXPECT_THAT(rig_.Restore(path, StoredServer(folder)), StatusIs(code))
        << what;
    EXPECT_TRUE(rig_.folder().FilesUnder(folder).empty()) << what;
  }
  EXPECT_OK(rig_.Restore(backup->path, StoredServer(folder)));
}

TEST_F(RestoreTest, SaysWhatIsNoBackup) {
  const std::string path = rig_.folder().PathOf("strange");
  const StoredServer other(rig_.NewFolder());
  for (const absl::string_view bytes :
       {"", "PK\x03\x04",
        "renkei backup 2\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}) {
    rig_.folder().Overwrite(path, std::string(bytes));
    const auto refused = rig_.Restore(path, other);
    EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_THAT(std::string(refused.status().message()), HasSubstr("backup"));
  }
  EXPECT_THAT(rig_.Restore(rig_.folder().PathOf("nowhere"), other),
              ::testing::Not(renkei::testing::IsOk()));
}

TEST_F(RestoreTest, OpensUnderItsRootKeyOnlyAndSaysSo) {
  const auto backup = rig_.Backup();
  ASSERT_OK(backup);
  const StoredServer other(rig_.NewFolder());
  const auto refused = RestoreBackup(MachineDisk(), backup->path,
                                     crypto::Secret::Random(crypto::kKeyBytes),
                                     other.target(), rig_.now());
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("root key"));
  EXPECT_OK(rig_.Restore(backup->path, other));
}

// A backup that was ever written can be restored for ever.
TEST_F(RestoreTest, ReadsABackupOfTheFirstFormat) {
  const auto root = crypto::ParseRootKey(
      "renkei-root-1-0xaczhzg8raatt8gzjym9y9rm9yqbk4d2kzjm7pk6kmkp7zhwtbhx8k"
      "bxz");
  ASSERT_OK(root);
  const auto restored = RestoreBackup(
      MachineDisk(),
      absl::StrCat(RENKEI_SOURCE_DIR, "/tests/golden/1.renkei-backup"), *root,
      StoredServer(rig_.NewFolder()).target(), rig_.now());
  ASSERT_OK(restored);
  EXPECT_EQ(restored->records, 18u);
  EXPECT_EQ(restored->log_sizes.size(), 2u);
  EXPECT_EQ(absl::FormatTime(restored->made_at, absl::UTCTimeZone()),
            "2026-11-21T11:37:02.753083+00:00");
}

TEST_F(RestoreTest, MarksARestoredStoreUntilItIsToldToForget) {
  const auto backup = rig_.Backup();
  ASSERT_OK(backup);
  const StoredServer other(rig_.NewFolder());
  const std::string& data = other.target().data_folder;
  EXPECT_FALSE(
      FindRestoreMark(MachineDisk(), rig_.server().target().data_folder)
          ->has_value());
  ASSERT_OK(rig_.Restore(backup->path, other));
  const auto mark = FindRestoreMark(MachineDisk(), data);
  ASSERT_OK(mark);
  ASSERT_TRUE(mark->has_value());
  EXPECT_EQ((*mark)->made_at_micros(), absl::ToUnixMicros(backup->made_at));
  EXPECT_EQ((*mark)->records(), backup->records);
  ASSERT_OK(RemoveRestoreMark(MachineDisk(), data));
  EXPECT_FALSE(FindRestoreMark(MachineDisk(), data)->has_value());
}

}  // namespace
}  // namespace renkei::storage
