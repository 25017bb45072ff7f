#include "storage/row_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "storage/schema.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_rig.h"
#include "tests/support/stored_rows.h"
#include "tests/support/world.h"

namespace renkei::storage {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

using Events = std::vector<std::pair<uint64_t, std::string>>;

std::string RecordOf(absl::string_view leaf) {
  v1::AuditRecord record;
  record.set_leaf(std::string(leaf));
  return record.SerializeAsString();
}

std::string KeyOf(uint64_t index) {
  return EncodeKey(kAudit.facts, AuditKey{NetworkId(), index});
}

TEST(RowRun, IsItsRecordsOneAfterAnother) {
  const std::string first = RecordOf("一");
  const std::string second = RecordOf(std::string(300, 'x'));
  const std::string run = first + second;
  const auto records = RecordsOfRun(run);
  ASSERT_OK(records.status());
  EXPECT_THAT(*records, ElementsAre(first, second));
  const auto alone = RecordsOfRun(first);
  ASSERT_OK(alone.status());
  EXPECT_THAT(*alone, ElementsAre(first));
}

TEST(RowRun, IsDataLossUnlessWhole) {
  const std::string run = RecordOf("one") + RecordOf("two");
  for (size_t length = 0; length < run.size(); ++length) {
    const auto records = RecordsOfRun(absl::string_view(run).substr(0, length));
    if (length == RecordOf("one").size()) {
      EXPECT_OK(records.status());
    } else {
      EXPECT_TRUE(absl::IsDataLoss(records.status())) << length;
    }
  }
  v1::CheckpointRecord other;
  other.set_size(7);
  EXPECT_TRUE(
      absl::IsDataLoss(RecordsOfRun(other.SerializeAsString()).status()));
}

TEST(RowRun, CountsKeysFromTheFirst) {
  EXPECT_EQ(PlaceInRun(KeyOf(255), KeyOf(255)), 0);
  EXPECT_EQ(PlaceInRun(KeyOf(255), KeyOf(257)), 2);
  EXPECT_EQ(PlaceInRun(KeyOf(255), KeyOf(254)), std::nullopt);
  const std::string other =
      EncodeKey(kAudit.facts, AuditKey{NetworkId::Make(absl::Now(), {1}), 257});
  EXPECT_EQ(PlaceInRun(KeyOf(255), other), std::nullopt);
  EXPECT_EQ(PlaceInRun("short", "short"), std::nullopt);
  EXPECT_EQ(KeyInRun(KeyOf(255), 2), KeyOf(257));
}

// An audit log that was written in batches of all sizes, beside another one.
class RowRunTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(rig_.Open());
    testing::AddKey(rig_.keys(), crypto::KeyScope::Network(other_), 9, 1);
    for (const size_t batch : {1, 2, 40, 1, 1, 7, 64, 3}) {
      std::vector<testing::StoreRig::Body> bodies;
      for (size_t i = 0; i < batch; ++i, ++size_) {
        bodies.push_back([this, index = size_](Transaction& tx) {
          RETURN_IF_ERROR(Append(tx, other_, index));
          return Append(tx, rig_.network(), index);
        });
      }
      for (const absl::Status& status : rig_.WriteTogether(std::move(bodies))) {
        ASSERT_OK(status);
      }
      views_.push_back(rig_.store().Read());
      sizes_.push_back(size_);
    }
  }

  static std::string LeafOf(const NetworkId& network, uint64_t index) {
    return absl::StrCat(network.ToText(), " ", index,
                        std::string(index * 37 % 400, '.'));
  }
  static absl::Status Append(Transaction& tx, const NetworkId& network,
                             uint64_t index) {
    v1::AuditRecord record;
    record.set_leaf(LeafOf(network, index));
    return tx.Put(kAudit, {network, index}, std::move(record));
  }

  Events Scanned(const Snapshot& view, uint64_t from, uint64_t until,
                 Direction direction) {
    Events events;
    EXPECT_OK(view.Scan(kAudit,
                        KeysBetween(kAudit, AuditKey{rig_.network(), from},
                                    AuditKey{rig_.network(), until}),
                        direction,
                        [&](const AuditKey& key, const v1::AuditRecord& event) {
                          EXPECT_EQ(key.network, rig_.network());
                          events.emplace_back(key.index, event.leaf());
                          return true;
                        }));
    return events;
  }
  Events Expected(uint64_t from, uint64_t until, Direction direction) {
    Events events;
    for (uint64_t i = from; i < until; ++i) {
      events.emplace_back(i, LeafOf(rig_.network(), i));
    }
    if (direction == Direction::kBackward) {
      std::reverse(events.begin(), events.end());
    }
    return events;
  }

  testing::StoreRig rig_{7};
  // After the rig's in the order of keys.
  const NetworkId other_ = NetworkId::Make(absl::InfiniteFuture(), {});
  uint64_t size_ = 0;
  std::vector<Snapshot> views_;
  std::vector<uint64_t> sizes_;
};

TEST_F(RowRunTest, EachRecordIsFoundAndNoOther) {
  views_.clear();
  ASSERT_OK(rig_.Reopen());
  const Snapshot view = rig_.store().Read();
  for (const NetworkId& network : {rig_.network(), other_}) {
    for (uint64_t i = 0; i < size_; ++i) {
      const auto event = view.Find(kAudit, {network, i});
      ASSERT_OK(event.status());
      ASSERT_TRUE(event->has_value()) << i;
      EXPECT_EQ((*event)->leaf(), LeafOf(network, i));
    }
    const auto after = view.Find(kAudit, {network, size_});
    ASSERT_OK(after.status());
    EXPECT_FALSE(after->has_value());
  }
}

TEST_F(RowRunTest, ScansSeeWhatIsInRangeBothWays) {
  const Snapshot view = rig_.store().Read();
  for (const Direction direction :
       {Direction::kForward, Direction::kBackward}) {
    for (uint64_t from = 0; from <= size_; ++from) {
      for (uint64_t until = from; until <= size_ + 1; until += 5) {
        ASSERT_EQ(Scanned(view, from, until, direction),
                  Expected(from, std::min(until, size_), direction))
            << from << " " << until;
      }
    }
  }
}

TEST_F(RowRunTest, AScanEndsWhenItHasEnough) {
  std::vector<uint64_t> seen;
  ASSERT_OK(rig_.store().Read().Scan(
      kAudit, KeysUnder(kAudit, rig_.network()), Direction::kBackward,
      [&](const AuditKey& key, const v1::AuditRecord&) {
        seen.push_back(key.index);
        return seen.size() < 2;
      }));
  EXPECT_THAT(seen, ElementsAre(size_ - 1, size_ - 2));
}

TEST_F(RowRunTest, AViewSeesItsOwnRecordsOnly) {
  for (size_t i = 0; i < views_.size(); ++i) {
    EXPECT_EQ(Scanned(views_[i], 0, size_, Direction::kForward),
              Expected(0, sizes_[i], Direction::kForward));
    const auto next = views_[i].Find(kAudit, {rig_.network(), sizes_[i]});
    ASSERT_OK(next.status());
    EXPECT_FALSE(next->has_value());
  }
}

TEST_F(RowRunTest, AWriteSeesWhatWaitsBehindWhatIsStored) {
  ASSERT_OK(rig_.Write([&](Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(Append(tx, rig_.network(), size_));
    for (const Direction direction :
         {Direction::kForward, Direction::kBackward}) {
      EXPECT_EQ(Scanned(tx, size_ - 5, size_ + 1, direction),
                Expected(size_ - 5, size_ + 1, direction));
    }
    ASSIGN_OR_RETURN(const auto waiting,
                     tx.Find(kAudit, {rig_.network(), size_}));
    EXPECT_TRUE(waiting.has_value());
    ASSIGN_OR_RETURN(const auto stored, tx.Find(kAudit, {rig_.network(), 20}));
    EXPECT_TRUE(stored.has_value());
    return absl::OkStatus();
  }));
}

TEST_F(RowRunTest, EndsWhereTheKeyChanges) {
  const auto scope = crypto::KeyScope::Network(other_);
  const auto renewed = crypto::Secret::Random(crypto::kKeyBytes);
  const crypto::BlobHeader name{.key_id = 9, .epoch = 2};
  const auto answers = rig_.WriteTogether(
      {[&](Transaction& tx) { return Append(tx, other_, size_); },
       [&](Transaction& tx) {
         rig_.keys().Add(scope, name, renewed);
         return Append(tx, other_, size_ + 1);
       }});
  EXPECT_THAT(answers, Each(testing::IsOk()));
  rig_.keys().Remove(scope);
  rig_.keys().Add(scope, name, renewed);
  const Snapshot view = rig_.store().Read();
  EXPECT_TRUE(absl::IsDataLoss(view.Find(kAudit, {other_, size_}).status()));
  EXPECT_OK(view.Find(kAudit, {other_, size_ + 1}).status());
}

TEST_F(RowRunTest, AnEmptyRecordIsRefused) {
  EXPECT_TRUE(absl::IsInternal(rig_.Write([&](Transaction& tx) {
    return tx.Put(kAudit, {rig_.network(), size_}, {});
  })));
}

// What is written together is stored together, within bounds; what is written
// under another key is not.
TEST(RowRunOnDisk, IsOneRow) {
  const std::string folder =
      absl::StrCat(::testing::TempDir(), "/renkei-row-run-", getpid());
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  constexpr uint64_t kFirst = 1'000'000;  // behind the world's own events
  {
    testing::World world(folder);
    testing::HeldTurn turn(world.store());
    std::vector<std::promise<absl::Status>> done(50);
    for (size_t i = 0; i < done.size(); ++i) {
      world.store().Write(
          WriteKind::kChange,
          [&world, i](Transaction& tx) {
            v1::AuditRecord record;
            record.set_leaf(std::string(200, 'x'));
            return tx.Put(kAudit, {world.network(), kFirst + i},
                          std::move(record));
          },
          [&done, i](const absl::Status& status) {
            done[i].set_value(status);
          });
    }
    turn.Release();
    for (auto& one : done) {
      EXPECT_OK(one.get_future().get());
    }
  }
  constexpr absl::string_view kFamily = "audit ";
  std::vector<uint64_t> rows;
  for (const auto& [name, row] : testing::RowsOnDisk(folder + "/store")) {
    absl::string_view key = name;
    if (absl::ConsumePrefix(&key, kFamily) && key[0] == kAudit.facts.prefix) {
      rows.push_back(DecodeKey<AuditKey>(key)->index);
      EXPECT_LT(row.size(), kRunBytesMax + 300);
    }
  }
  rows.erase(rows.begin(), std::lower_bound(rows.begin(), rows.end(), kFirst));
  // 203 bytes each: 21 to a row.
  EXPECT_THAT(rows, ElementsAre(kFirst, kFirst + 21, kFirst + 42));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace renkei::storage
