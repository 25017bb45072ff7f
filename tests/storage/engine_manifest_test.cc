#include "storage/engine_manifest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "storage/schema.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_rig.h"

namespace renkei::storage {
namespace {

using renkei::testing::kStoreFolder;
using renkei::testing::StatusIs;
using renkei::testing::StoreRig;

constexpr size_t kSectorBytes = 512;
constexpr uint64_t kEvents = 20;

// The one that counts.
std::string PathIn(StoreRig& rig) {
  const std::string current = rig.disk().ReadAll("/store/CURRENT");
  return absl::StrCat(kStoreFolder, "/", current.substr(0, current.find('\n')));
}
std::string ManifestOf(StoreRig& rig) {
  return rig.disk().ReadAll(PathIn(rig));
}

uint64_t EventsIn(StoreRig& rig) {
  uint64_t events = 0;
  EXPECT_OK(rig.store().Read().Scan(
      kAudit, KeysUnder(kAudit, rig.network()), Direction::kForward,
      [&](const AuditKey&, const v1::AuditRecord&) { return ++events > 0; }));
  return events;
}

// Leaves a store that crashed after it put events, moved most of them from the
// log to tables, and told its MANIFEST so.
void FillAndCrash(StoreRig& rig) {
  ASSERT_OK(rig.Open());
  for (uint64_t i = 1; i <= kEvents; ++i) {
    ASSERT_OK(rig.Write([&](Transaction& tx) {
      tx.NoteLogSize(rig.network(), i);
      return tx.Put(kAudit, {rig.network(), i - 1}, testing::AnyEvent());
    }));
    if (i % 6 == 0) {
      ASSERT_OK(rig.store().WriteCheckpoint(absl::StrCat("/copy", i)));
    }
  }
  rig.Kill();
}

class EngineManifestTest : public ::testing::Test {
 protected:
  EngineManifestTest() { FillAndCrash(rig_); }

  std::string Path() { return PathIn(rig_); }
  std::string Manifest() { return ManifestOf(rig_); }

  // A record of which the first `bytes` arrived, and `holes` more as zeros.
  static std::string TornRecord(size_t bytes, size_t holes) {
    std::string record("\x12\x34\x56\x78\xff\x0f\x01", 7);
    record.resize(bytes, 'x');
    return record + std::string(holes, '\0');
  }
  static std::string WithoutSector(std::string bytes, size_t sector) {
    const size_t size = std::min(kSectorBytes, bytes.size() - sector);
    return bytes.replace(sector, size, size, '\0');
  }
  static size_t ToSectorEnd(size_t size) {
    return kSectorBytes - size % kSectorBytes;
  }

  StoreRig rig_{1};
};

TEST_F(EngineManifestTest, FindsNothingTornInAWholeOne) {
  const std::string whole = Manifest();
  ASSERT_GT(whole.size(), 2 * kSectorBytes);
  EXPECT_EQ(TornRecordAt(whole), std::nullopt);
  EXPECT_EQ(TornRecordAt(""), std::nullopt);
}

TEST_F(EngineManifestTest, FindsTheRecordThatLacksASector) {
  const std::string whole = Manifest();
  for (size_t sector = 0; sector < whole.size(); sector += kSectorBytes) {
    const std::optional<size_t> at = TornRecordAt(WithoutSector(whole, sector));
    ASSERT_TRUE(at.has_value()) << sector;
    EXPECT_LE(*at, sector);
    EXPECT_EQ(TornRecordAt(whole.substr(0, *at)), std::nullopt) << sector;
  }
}

TEST_F(EngineManifestTest, LeavesARecordThatIsCutShortToRocksDb) {
  const std::string whole = Manifest();
  const std::string cut = whole + TornRecord(11, 0);
  rig_.disk().Overwrite(Path(), cut);
  EXPECT_OK(CutTornManifest(*rig_.disk().env(), kStoreFolder));
  EXPECT_EQ(Manifest(), cut);
  ASSERT_OK(rig_.Open());
  EXPECT_EQ(EventsIn(rig_), kEvents);
}

TEST_F(EngineManifestTest, LeavesAFlippedBitToRocksDbWhichRefusesIt) {
  const std::string whole = Manifest();
  int refused = 0;
  for (size_t at = 0; at + kSectorBytes < whole.size(); at += 97) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
    EXPECT_EQ(TornRecordAt(flipped), std::nullopt) << at;
    rig_.disk().Overwrite(Path(), flipped);
    if (const absl::Status opened = rig_.Open(); !opened.ok()) {
      EXPECT_THAT(opened, StatusIs(absl::StatusCode::kDataLoss));
      ++refused;
    }
    rig_.disk().Overwrite(Path(), whole);
  }
  EXPECT_GT(refused, 3);
}

TEST_F(EngineManifestTest, LeavesAHoleWithMuchBehindItToRocksDb) {
  const std::string whole = Manifest();
  std::string torn =
      whole + TornRecord(ToSectorEnd(whole.size()), kSectorBytes);
  torn.resize(whole.size() + kUnsyncedManifestBytesMax, 'x');
  EXPECT_EQ(TornRecordAt(torn), whole.size());
  torn.push_back('x');
  EXPECT_EQ(TornRecordAt(torn), std::nullopt);
}

TEST_F(EngineManifestTest, OpensAfterARecordWasTorn) {
  for (const size_t holes : {kSectorBytes, 3 * kSectorBytes, size_t{9000}}) {
    const std::string whole = Manifest();
    // Bytes of a later record follow.
    rig_.disk().Overwrite(Path(),
                          whole + TornRecord(ToSectorEnd(whole.size()), holes) +
                              std::string(50, 'y'));
    ASSERT_OK(rig_.Open()) << holes;
    EXPECT_EQ(EventsIn(rig_), kEvents);
    rig_.Kill();
  }
}

TEST_F(EngineManifestTest, CutsNothingThatIsInUse) {
  ASSERT_OK(rig_.Open());
  const std::string whole = Manifest();
  const std::string torn =
      whole + TornRecord(ToSectorEnd(whole.size()), kSectorBytes);
  rig_.disk().Overwrite(Path(), torn);
  EXPECT_OK(CutTornManifest(*rig_.disk().env(), kStoreFolder));
  EXPECT_EQ(Manifest(), torn);
}

// A disk that lied about a sync: what goes with the cut is missed.
TEST_F(EngineManifestTest, HidesNoLossOfWhatWasSynced) {
  const size_t size = Manifest().size();
  int refused = 0;
  for (size_t sector = 0; sector < size; sector += kSectorBytes) {
    StoreRig rig(1);
    FillAndCrash(rig);
    rig.disk().Overwrite(PathIn(rig), WithoutSector(ManifestOf(rig), sector));
    if (!rig.Open().ok()) {
      ++refused;
    } else if (EventsIn(rig) != kEvents) {
      EXPECT_EQ(rig.store().NotedLogSizes().at(rig.network()), kEvents);
    }
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace renkei::storage
