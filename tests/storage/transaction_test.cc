// What one operation sees and changes: its own overlay over the batch over what
// is stored.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "storage/schema.h"
#include "storage/store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_rig.h"

namespace renkei::storage {
namespace {

using renkei::testing::IsOk;
using renkei::testing::StatusIs;
using renkei::testing::StoreRig;
using ::testing::Each;

class TransactionTest : public ::testing::Test {
 protected:
  TransactionTest() { EXPECT_OK(rig_.Open()); }

  absl::Status Put(Transaction& tx, uint64_t sequence, absl::string_view body) {
    v1::MessageRecord record;
    record.set_body(std::string(body));
    return tx.Put(kMessages, rig_.MessageKeyOf(sequence), record);
  }
  void Delete(Transaction& tx, uint64_t sequence) {
    tx.Delete(kMessages, rig_.MessageKeyOf(sequence));
  }
  std::string Find(const Snapshot& view, uint64_t sequence) {
    const auto found = view.Find(kMessages, rig_.MessageKeyOf(sequence));
    return !found.ok() ? found.status().ToString()
                       : (*found ? (*found)->body() : "none");
  }
  KeyRange All() const {
    return KeysUnder(kMessages, rig_.network(), rig_.group());
  }
  // "1a 2b": sequences and bodies in the order of the scan, at most `limit`;
  // the same whether records are copied or shared.
  std::string Scan(const Snapshot& view, const KeyRange& range,
                   Direction direction, size_t limit) {
    std::string found;
    size_t left = limit;
    const absl::Status scanned =
        view.Scan(kMessages, range, direction,
                  [&](const MessageKey& key, const v1::MessageRecord& record) {
                    absl::StrAppend(&found, found.empty() ? "" : " ",
                                    key.sequence, record.body());
                    return --left > 0;
                  });
    std::string shared;
    left = limit;
    EXPECT_EQ(scanned, view.ScanShared(
                           kMessages, range, direction,
                           [&](const MessageKey& key,
                               const RecordRef<v1::MessageRecord>& record) {
                             absl::StrAppend(&shared, shared.empty() ? "" : " ",
                                             key.sequence, record->body());
                             return --left > 0;
                           }));
    EXPECT_EQ(shared, found);
    return scanned.ok() ? found : scanned.ToString();
  }
  std::string ScanAll(const Snapshot& view, Direction direction) {
    return Scan(view, All(), direction, 1000);
  }

  StoreRig rig_{1};
};

TEST_F(TransactionTest, SeesItsOwnChanges) {
  ASSERT_OK(rig_.PutBody(1, "a"));
  ASSERT_OK(rig_.Write([&](Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(Put(tx, 2, "b"));
    EXPECT_EQ(Find(tx, 2), "b");
    Delete(tx, 1);
    EXPECT_EQ(Find(tx, 1), "none");
    RETURN_IF_ERROR(Put(tx, 1, "c"));
    EXPECT_EQ(Find(tx, 1), "c");
    return absl::OkStatus();
  }));
  EXPECT_EQ(rig_.BodyOf(1), "c");
  EXPECT_EQ(rig_.BodyOf(2), "b");
}

TEST_F(TransactionTest, SeesWhatEarlierOperationsOfItsBatchKept) {
  std::vector<StoreRig::Body> bodies;
  for (uint64_t i = 1; i <= 20; ++i) {
    bodies.push_back([&, i](Transaction& tx) -> absl::Status {
      EXPECT_EQ(Find(tx, 0), i == 1 ? "none" : absl::StrCat(i - 1));
      // Nobody else does before it is durable.
      EXPECT_EQ(rig_.BodyOf(0), "");
      return Put(tx, 0, absl::StrCat(i));
    });
  }
  EXPECT_THAT(rig_.WriteTogether(std::move(bodies)), Each(IsOk()));
  EXPECT_EQ(rig_.BodyOf(0), "20");
}

TEST_F(TransactionTest, KeepsNothingThatWasDropped) {
  ASSERT_OK(rig_.PutBody(1, "a"));
  const auto answers =
      rig_.WriteTogether({[&](Transaction& tx) { return Put(tx, 2, "b"); },
                          [&](Transaction& tx) -> absl::Status {
                            RETURN_IF_ERROR(Put(tx, 1, "x"));
                            RETURN_IF_ERROR(Put(tx, 2, "x"));
                            Delete(tx, 2);
                            tx.DropEffects();
                            RETURN_IF_ERROR(Put(tx, 3, "c"));
                            return absl::InternalError("after all");
                          },
                          [&](Transaction& tx) {
                            EXPECT_EQ(Find(tx, 1), "a");
                            EXPECT_EQ(Find(tx, 2), "b");
                            EXPECT_EQ(Find(tx, 3), "c");
                            return absl::OkStatus();
                          }});
  EXPECT_OK(answers[0]);
  EXPECT_THAT(answers[1], StatusIs(absl::StatusCode::kInternal));
  EXPECT_OK(answers[2]);
  EXPECT_EQ(rig_.BodyOf(1), "a");
  EXPECT_EQ(rig_.BodyOf(3), "c");
}

TEST_F(TransactionTest, DropsTheNotedLogSizeToo) {
  ASSERT_OK(rig_.Write([&](Transaction& tx) -> absl::Status {
    tx.NoteLogSize(rig_.network(), 5);
    return Put(tx, 1, "a");
  }));
  ASSERT_OK(rig_.Write([&](Transaction& tx) -> absl::Status {
    tx.NoteLogSize(rig_.network(), 9);
    tx.DropEffects();
    return Put(tx, 1, "b");
  }));
  ASSERT_OK(rig_.Reopen());
  EXPECT_EQ(rig_.store().NotedLogSizes().at(rig_.network()), 5u);
}

TEST_F(TransactionTest, WritesNothingWhoseScopeHasNoKey) {
  const GroupId keyless = GroupId::Make(absl::FromUnixSeconds(9), {9});
  ASSERT_OK(rig_.Write([&](Transaction& tx) -> absl::Status {
    EXPECT_THAT(tx.Put(kMessages, {rig_.network(), keyless, 1}, {}),
                StatusIs(absl::StatusCode::kNotFound));
    return Put(tx, 1, "a");
  }));
  EXPECT_EQ(rig_.BodyOf(1), "a");
}

TEST_F(TransactionTest, KeepsItsRowWhenTheKeyGoesMeanwhile) {
  const crypto::KeyScope scope =
      crypto::KeyScope::Group(rig_.network(), rig_.group());
  EXPECT_OK(rig_.Write([&](Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(Put(tx, 1, "a"));
    rig_.keys().Remove(scope);
    return absl::OkStatus();
  }));
  EXPECT_EQ(rig_.fences(), 0);
}

TEST_F(TransactionTest, ScansItsOwnRowsOverTheBatchOverWhatIsStored) {
  ASSERT_OK(rig_.PutBody(1, "s"));
  ASSERT_OK(rig_.PutBody(3, "s"));
  ASSERT_OK(rig_.PutBody(5, "s"));
  rig_.WriteTogether(
      {[&](Transaction& tx) -> absl::Status {
         RETURN_IF_ERROR(Put(tx, 2, "b"));
         RETURN_IF_ERROR(Put(tx, 3, "b"));
         Delete(tx, 5);
         return Put(tx, 6, "b");
       },
       [&](Transaction& tx) -> absl::Status {
         RETURN_IF_ERROR(Put(tx, 0, "o"));
         Delete(tx, 1);
         RETURN_IF_ERROR(Put(tx, 5, "o"));
         Delete(tx, 6);
         EXPECT_EQ(ScanAll(tx, Direction::kForward), "0o 2b 3b 5o");
         EXPECT_EQ(ScanAll(tx, Direction::kBackward), "5o 3b 2b 0o");
         return absl::OkStatus();
       }});
  EXPECT_EQ(ScanAll(rig_.store().Read(), Direction::kForward), "0o 2b 3b 5o");
}

TEST_F(TransactionTest, DoesNotScanWhatTheVisitPuts) {
  ASSERT_OK(rig_.PutBody(1, "a"));
  ASSERT_OK(rig_.PutBody(4, "a"));
  ASSERT_OK(rig_.Write([&](Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(Put(tx, 2, "a"));
    int visits = 0;
    RETURN_IF_ERROR(
        tx.Scan(kMessages, All(), Direction::kForward,
                [&](const MessageKey& key, const v1::MessageRecord&) {
                  ++visits;
                  EXPECT_OK(Put(tx, key.sequence, "b"));
                  EXPECT_OK(Put(tx, key.sequence + 2, "c"));
                  return true;
                }));
    EXPECT_EQ(visits, 3);
    EXPECT_EQ(ScanAll(tx, Direction::kForward), "1b 2b 3c 4b 6c");
    return absl::OkStatus();
  }));
}

TEST_F(TransactionTest, ScansOnlyTheRangeAndTheTable) {
  const GroupId other = GroupId::Make(absl::FromUnixSeconds(3), {3});
  renkei::testing::AddKey(rig_.keys(),
                          crypto::KeyScope::Group(rig_.network(), other), 9, 1);
  ASSERT_OK(rig_.Write([&](Transaction& tx) -> absl::Status {
    for (uint64_t i = 0; i < 6; ++i) {
      RETURN_IF_ERROR(Put(tx, i, "a"));
      RETURN_IF_ERROR(tx.Put(kMessages, {rig_.network(), other, i}, {}));
      RETURN_IF_ERROR(tx.Put(kThreads, rig_.MessageKeyOf(i), {}));
    }
    const KeyRange some =
        KeysBetween(kMessages, rig_.MessageKeyOf(2), rig_.MessageKeyOf(4));
    EXPECT_EQ(Scan(tx, some, Direction::kForward, 9), "2a 3a");
    return absl::OkStatus();
  }));
  const Snapshot view = rig_.store().Read();
  const KeyRange some =
      KeysBetween(kMessages, rig_.MessageKeyOf(2), rig_.MessageKeyOf(4));
  EXPECT_EQ(Scan(view, some, Direction::kBackward, 9), "3a 2a");
  EXPECT_EQ(Scan(view, {some.end, some.begin}, Direction::kForward, 9), "");
  EXPECT_EQ(ScanAll(view, Direction::kForward), "0a 1a 2a 3a 4a 5a");
}

// Random rows in all three layers, random ranges, limits and directions,
// against a map.
TEST_F(TransactionTest, ScansAsAMapWould) {
  constexpr uint64_t kSequences = 24;
  std::mt19937_64 random(7);
  std::map<uint64_t, std::string> model;
  const auto change = [&](Transaction& tx, absl::string_view layer) {
    for (uint64_t i = 0; i < random() % 12; ++i) {
      const uint64_t sequence = random() % kSequences;
      if (random() % 3 == 0) {
        Delete(tx, sequence);
        model.erase(sequence);
      } else {
        EXPECT_OK(Put(tx, sequence, layer));
        model[sequence] = std::string(layer);
      }
    }
  };
  const auto check = [&](const Snapshot& view) {
    const uint64_t from = random() % kSequences;
    const uint64_t until = from + random() % kSequences;
    const size_t limit = 1 + random() % 8;
    const bool forward = random() % 2 == 0;
    std::vector<std::string> wanted;
    for (const auto& [sequence, body] : model) {
      if (from <= sequence && sequence < until) {
        wanted.push_back(absl::StrCat(sequence, body));
      }
    }
    if (!forward) {
      std::reverse(wanted.begin(), wanted.end());
    }
    wanted.resize(std::min(wanted.size(), limit));
    const KeyRange range = KeysBetween(kMessages, rig_.MessageKeyOf(from),
                                       rig_.MessageKeyOf(until));
    EXPECT_EQ(Scan(view, range,
                   forward ? Direction::kForward : Direction::kBackward, limit),
              absl::StrJoin(wanted, " "));
  };
  for (int round = 0; round < 60; ++round) {
    if (round % 8 == 7) {
      ASSERT_OK(rig_.Reopen());  // with nothing in memory
    }
    rig_.WriteTogether({[&](Transaction& tx) {
                          change(tx, "s");
                          return absl::OkStatus();
                        },
                        [&](Transaction& tx) {
                          change(tx, "o");
                          for (int i = 0; i < 6; ++i) {
                            check(tx);
                          }
                          return absl::OkStatus();
                        }});
    check(rig_.store().Read());
  }
}

TEST_F(TransactionTest, LeavesSnapshotsAlone) {
  ASSERT_OK(rig_.PutBody(1, "a"));
  const Snapshot before = rig_.store().Read();
  ASSERT_OK(rig_.PutBody(1, "b"));
  ASSERT_OK(rig_.PutBody(2, "b"));
  EXPECT_EQ(ScanAll(before, Direction::kForward), "1a");
  EXPECT_EQ(ScanAll(rig_.store().Read(), Direction::kForward), "1b 2b");
}

TEST_F(TransactionTest, MakesIdsOfItsTime) {
  ASSERT_OK(rig_.Write([&](Transaction& tx) {
    const auto a = tx.NewId<GroupId>();
    const auto b = tx.NewId<GroupId>();
    EXPECT_NE(a, b);
    EXPECT_EQ(a.bytes().substr(0, 6), b.bytes().substr(0, 6));
    return absl::OkStatus();
  }));
}

}  // namespace
}  // namespace renkei::storage
