// What an opening finds: a store that was closed, one that crashed, one that
// is damaged, one that belongs to somebody else.
#include "storage/engine.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "storage/schema.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_rig.h"

namespace renkei::storage {
namespace {

using renkei::testing::kLogSizesPath;
using renkei::testing::kStoreFolder;
using renkei::testing::StatusIs;
using renkei::testing::StoreRig;
using ::testing::HasSubstr;

constexpr char kFormatPath[] = "/store/FORMAT";
constexpr char kCleanPath[] = "/store/CLEAN";

class EngineTest : public ::testing::Test {
 protected:
  EngineTest() {
    EXPECT_OK(rig_.Open());
    for (uint64_t i = 1; i <= 20; ++i) {
      EXPECT_OK(PutWithEvent(i));
    }
  }

  absl::Status PutWithEvent(uint64_t i) {
    return rig_.Write([&](Transaction& tx) -> absl::Status {
      v1::MessageRecord record;
      record.set_body(std::string(100, 'b'));
      RETURN_IF_ERROR(tx.Put(kMessages, rig_.MessageKeyOf(i), record));
      tx.NoteLogSize(rig_.network(), i);
      return tx.Put(kAudit, {rig_.network(), i - 1}, testing::AnyEvent());
    });
  }
  uint64_t EventsFound() {
    uint64_t events = 0;
    EXPECT_OK(rig_.store().Read().Scan(
        kAudit, KeysUnder(kAudit, rig_.network()), Direction::kForward,
        [&](const AuditKey&, const v1::AuditRecord&) { return ++events > 0; }));
    return events;
  }
  // The newest write-ahead log.
  std::string Log() { return rig_.disk().FilesOf(kStoreFolder, ".log").back(); }
  // Where its records end: the open log's last bytes are zeros.
  size_t LogEnd() {
    return rig_.disk().ReadAll(Log()).find_last_not_of('\0') + 1;
  }
  void Flip(const std::string& path, size_t at) {
    std::string bytes = rig_.disk().ReadAll(path);
    ASSERT_LT(at, bytes.size());
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    rig_.disk().Overwrite(path, bytes);
  }
  void CutOff(const std::string& path, size_t from) {
    rig_.disk().Overwrite(path, rig_.disk().ReadAll(path).substr(0, from));
  }
  // Works on the rows below our own code.
  void WithDatabase(
      const std::function<void(
          rocksdb::DB&, std::vector<rocksdb::ColumnFamilyHandle*>&)>& work) {
    rig_.Close();
    rig_.disk().Remove(kCleanPath);
    rocksdb::Options options;
    options.env = rig_.disk().env();
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const char* name : {"default", "entities", "timeline", "audit"}) {
      families.emplace_back(name, rocksdb::ColumnFamilyOptions());
    }
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    ASSERT_TRUE(
        rocksdb::DB::Open(options, kStoreFolder, families, &handles, &db).ok());
    work(*db, handles);
    for (rocksdb::ColumnFamilyHandle* handle : handles) {
      ASSERT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
    }
    delete db;
  }

  StoreRig rig_{1};
};

TEST_F(EngineTest, MarksACleanShutdownAndTakesTheMarkBack) {
  EXPECT_FALSE(rig_.disk().Has(kCleanPath));
  rig_.Close();
  EXPECT_TRUE(rig_.disk().Has(kCleanPath));
  ASSERT_OK(rig_.Open());
  EXPECT_FALSE(rig_.disk().Has(kCleanPath));
  rig_.Kill();
  EXPECT_FALSE(rig_.disk().Has(kCleanPath));
}

TEST_F(EngineTest, MarksNothingAfterAFailure) {
  rig_.disk().FailSyncAt(0, rocksdb::IOStatus::IOError("broken"));
  EXPECT_THAT(PutWithEvent(21), StatusIs(absl::StatusCode::kUnavailable));
  rig_.Close();
  EXPECT_FALSE(rig_.disk().Has(kCleanPath));
}

TEST_F(EngineTest, IsWholeAgainAfterAnEarlierCleanShutdownAndACrash) {
  ASSERT_OK(rig_.Reopen());
  ASSERT_OK(PutWithEvent(21));
  rig_.Kill();
  ASSERT_OK(rig_.Open());
  EXPECT_EQ(EventsFound(), 21u);
}

TEST_F(EngineTest, FindsALogThatWasCutShortAfterACleanShutdown) {
  // Wherever it is cut, at the end of a record too.
  for (const size_t bytes : {size_t{1}, size_t{50}, size_t{500}}) {
    StoreRig rig(1);
    ASSERT_OK(rig.Open());
    std::string before_last;
    for (uint64_t i = 0; i < 5; ++i) {
      const auto logs = rig.disk().FilesOf(kStoreFolder, ".log");
      before_last = rig.disk().ReadAll(logs.back());
      ASSERT_OK(rig.PutBody(i, std::string(200, 'x')));
    }
    rig.Close();
    const std::string log = rig.disk().FilesOf(kStoreFolder, ".log").back();
    const std::string whole = rig.disk().ReadAll(log);
    rig.disk().Overwrite(log, bytes == 500
                                  ? before_last
                                  : whole.substr(0, whole.size() - bytes));
    EXPECT_THAT(rig.Open(), StatusIs(absl::StatusCode::kDataLoss)) << bytes;
  }
}

TEST_F(EngineTest, GoesOnSayingThatACleanStoreLostWrites) {
  rig_.Close();
  rig_.disk().Remove(Log());
  EXPECT_THAT(rig_.Open(), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(rig_.Open(), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(EngineTest, TellsByTheSecondFileWhatACrashTookFromTheLog) {
  rig_.Kill();
  CutOff(Log(), LogEnd() - 300);
  ASSERT_OK(rig_.Open());
  EXPECT_LT(EventsFound(), 20u);
  EXPECT_EQ(rig_.store().NotedLogSizes().at(rig_.network()), 20u);
}

TEST_F(EngineTest, TellsByTheSecondFileOfAFlippedBitInTheLog) {
  rig_.Kill();
  Flip(Log(), LogEnd() / 2);
  ASSERT_OK(rig_.Open());
  EXPECT_LT(EventsFound(), 20u);
  EXPECT_EQ(rig_.store().NotedLogSizes().at(rig_.network()), 20u);
}

TEST_F(EngineTest, FindsAFlippedBitInTheLogAfterACleanShutdown) {
  rig_.Close();
  Flip(Log(), LogEnd() / 2);
  EXPECT_THAT(rig_.Open(), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(EngineTest, ServesNothingFromAFlippedTable) {
  WithDatabase([](rocksdb::DB& db, auto& families) {
    ASSERT_TRUE(db.Flush({}, families).ok());
  });
  int noticed = 0;
  for (const std::string& table : rig_.disk().FilesOf(kStoreFolder, ".sst")) {
    const std::string whole = rig_.disk().ReadAll(table);
    for (size_t at = 3; at < whole.size(); at += 1 + whole.size() / 9) {
      Flip(table, at);
      if (!rig_.Open().ok()) {
        ++noticed;
      } else {
        for (uint64_t i = 1; i <= 20; ++i) {
          const auto found =
              rig_.store().Read().Get(kMessages, rig_.MessageKeyOf(i));
          // The right bytes or an error.
          if (found.ok()) {
            EXPECT_EQ(found->body(), std::string(100, 'b'));
          } else {
            EXPECT_THAT(found, StatusIs(absl::StatusCode::kDataLoss));
            ++noticed;
            break;
          }
        }
        rig_.Kill();
      }
      rig_.disk().Overwrite(table, whole);
    }
  }
  EXPECT_GT(noticed, 3);
}

TEST_F(EngineTest, DoesNotOpenValuesThatWereSwapped) {
  const std::string first = EncodeKey(kMessages.facts, rig_.MessageKeyOf(1));
  const std::string second = EncodeKey(kMessages.facts, rig_.MessageKeyOf(2));
  const std::string third = EncodeKey(kMessages.facts, rig_.MessageKeyOf(3));
  WithDatabase([&](rocksdb::DB& db, auto& families) {
    rocksdb::ColumnFamilyHandle* timeline = families[2];
    std::string a;
    std::string b;
    ASSERT_TRUE(db.Get({}, timeline, first, &a).ok());
    ASSERT_TRUE(db.Get({}, timeline, second, &b).ok());
    ASSERT_TRUE(db.Put({}, timeline, first, b).ok());
    ASSERT_TRUE(db.Put({}, timeline, second, a).ok());
    ASSERT_TRUE(db.Put({}, timeline, third, "").ok());
  });
  ASSERT_OK(rig_.Open());
  const Snapshot view = rig_.store().Read();
  for (const uint64_t sequence : {uint64_t{1}, uint64_t{2}, uint64_t{3}}) {
    EXPECT_THAT(view.Get(kMessages, rig_.MessageKeyOf(sequence)),
                StatusIs(absl::StatusCode::kDataLoss))
        << sequence;
  }
  EXPECT_OK(view.Get(kMessages, rig_.MessageKeyOf(4)));
  EXPECT_THAT(view.Scan(kMessages, KeysUnder(kMessages, rig_.network()),
                        Direction::kBackward,
                        [](const auto&, const auto&) { return true; }),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(EngineTest, RefusesAnotherFormat) {
  rig_.Close();
  std::string format = rig_.disk().ReadAll(kFormatPath);
  format.replace(format.find("format 2"), 8, "format 9");
  rig_.disk().Overwrite(kFormatPath, format);
  const absl::Status refused = rig_.Open();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("holds a store of format 9; this program reads "
                        "formats 1 to 2"));
}

TEST_F(EngineTest, RaisesAnEarlierFormatSoThatProgramsOfBeforeRefuseTheStore) {
  rig_.Close();
  const std::string format = rig_.disk().ReadAll(kFormatPath);
  std::string earlier = format;
  earlier.replace(earlier.find("format 2"), 8, "format 1");
  rig_.disk().Overwrite(kFormatPath, earlier);
  ASSERT_OK(rig_.Open());
  EXPECT_EQ(rig_.disk().ReadAll(kFormatPath), format);
}

TEST_F(EngineTest, LeavesTheFormatOfAStoreThatDoesNotOpen) {
  rig_.Close();
  std::string earlier = rig_.disk().ReadAll(kFormatPath);
  earlier.replace(earlier.find("format 2"), 8, "format 1");
  rig_.disk().Overwrite(kFormatPath, earlier);
  rig_.disk().Overwrite("/store/CLEAN", "1");
  EXPECT_THAT(rig_.Open(), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_EQ(rig_.disk().ReadAll(kFormatPath), earlier);
}

TEST_F(EngineTest, RefusesTheDatabaseOfAnotherKeyStore) {
  rig_.Close();
  rig_.options().store_id = "another";
  const absl::Status refused = rig_.Open();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("belongs to another key store"));
}

TEST_F(EngineTest, RefusesADatabaseThatIsNotOurs) {
  rig_.Close();
  rig_.disk().Remove(kFormatPath);
  EXPECT_THAT(rig_.Open(), StatusIs(absl::StatusCode::kFailedPrecondition));
  rig_.disk().Overwrite(kFormatPath, "something else");
  EXPECT_THAT(rig_.Open(), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(EngineTest, RefusesADirectoryInUse) {
  crypto::KeyRing keys;
  const auto second = Store::Open(rig_.options(), keys);
  EXPECT_THAT(second, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("in use"));
  EXPECT_OK(PutWithEvent(21));
}

TEST_F(EngineTest, DoesNotSweepAwayADatabaseWithoutItsFirstFile) {
  rig_.Close();
  rig_.disk().Remove("/store/CURRENT");
  const size_t logs = rig_.disk().FilesOf(kStoreFolder, ".log").size();
  EXPECT_THAT(rig_.Open(), StatusIs(absl::StatusCode::kDataLoss));
  rig_.disk().Remove(kFormatPath);
  EXPECT_THAT(rig_.Open(), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_EQ(rig_.disk().FilesOf(kStoreFolder, ".log").size(), logs);
}

TEST_F(EngineTest, DoesNotOpenWithoutItsSecondFile) {
  rig_.Close();
  rig_.disk().Remove(kLogSizesPath);
  EXPECT_THAT(rig_.Open(), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(EngineTest, BeginsAnewWhenTheFirstOpeningWasCutShort) {
  for (uint64_t changes = 0; changes < 40; ++changes) {
    StoreRig rig(changes);
    rig.disk().CutPowerAt(changes);
    const absl::Status opened = rig.Open();
    if (opened.ok()) {
      rig.PutBody(1, "a").IgnoreError();  // acknowledged or not
    }
    rig.LosePower();
    ASSERT_OK(rig.Open()) << changes << " changes";
    ASSERT_OK(rig.PutBody(1, "b"));
    ASSERT_OK(rig.Reopen()) << changes << " changes";
    EXPECT_EQ(rig.BodyOf(1), "b");
  }
}

TEST_F(EngineTest, IsNoFalseAlarmWhenPowerIsLostWhileClosing) {
  for (uint64_t changes = 0; changes < 12; ++changes) {
    StoreRig rig(changes);
    ASSERT_OK(rig.Open());
    ASSERT_OK(rig.PutBody(1, "a"));
    rig.disk().CutPowerAt(changes);
    rig.Close();
    rig.LosePower();
    ASSERT_OK(rig.Open()) << changes << " changes";
    EXPECT_EQ(rig.BodyOf(1), "a");
  }
}

TEST_F(EngineTest, SurvivesPowerLossWhileOpening) {
  for (uint64_t changes = 0; changes < 40; changes += 2) {
    StoreRig rig(changes);
    ASSERT_OK(rig.Open());
    ASSERT_OK(rig.PutBody(1, "a"));
    if (changes % 4 == 0) {
      rig.Close();
    } else {
      rig.Kill();
    }
    rig.disk().CutPowerAt(changes);
    rig.Open().IgnoreError();  // cut short or not
    rig.LosePower();
    ASSERT_OK(rig.Open()) << changes << " changes";
    EXPECT_EQ(rig.BodyOf(1), "a") << changes << " changes";
  }
}

}  // namespace
}  // namespace renkei::storage
