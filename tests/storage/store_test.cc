#include "storage/store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rocksdb/io_status.h"
#include "storage/schema.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_rig.h"

namespace renkei::storage {
namespace {

using renkei::testing::HeldTurn;
using renkei::testing::kStoreFolder;
using renkei::testing::StatusIs;
using renkei::testing::StoreRig;
using rocksdb::IOStatus;

class StoreTest : public ::testing::Test {
 protected:
  StoreRig rig_{1};
};

TEST_F(StoreTest, GivesBackWhatItKept) {
  ASSERT_OK(rig_.Open());
  ASSERT_OK(rig_.PutBody(1, "夜間に発熱"));
  EXPECT_EQ(rig_.BodyOf(1), "夜間に発熱");
  ASSERT_OK(rig_.Reopen());
  EXPECT_EQ(rig_.BodyOf(1), "夜間に発熱");
  rig_.Kill();
  ASSERT_OK(rig_.Open());
  EXPECT_EQ(rig_.BodyOf(1), "夜間に発熱");
}

TEST_F(StoreTest, TellsNothingFromEmpty) {
  ASSERT_OK(rig_.Open());
  ASSERT_OK(rig_.PutBody(1, ""));
  ASSERT_OK(rig_.Reopen());
  EXPECT_OK(rig_.store().Read().Get(kMessages, rig_.MessageKeyOf(1)));
  EXPECT_THAT(rig_.store().Read().Get(kMessages, rig_.MessageKeyOf(2)),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(StoreTest, RunsOneBodyAtATime) {
  ASSERT_OK(rig_.Open());
  constexpr int kThreads = 4;
  constexpr int kEach = 100;
  std::atomic<int> inside{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        EXPECT_OK(rig_.Write([&](Transaction& tx) -> absl::Status {
          EXPECT_EQ(inside.fetch_add(1), 0);
          const MessageKey key = rig_.MessageKeyOf(0);
          ASSIGN_OR_RETURN(auto found, tx.Find(kMessages, key));
          v1::MessageRecord next = found.value_or(v1::MessageRecord());
          next.set_commit(next.commit() + 1);
          inside.fetch_sub(1);
          return tx.Put(kMessages, key, next);
        }));
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(rig_.store().Read().Get(kMessages, rig_.MessageKeyOf(0))->commit(),
            uint64_t{kThreads * kEach});
}

TEST_F(StoreTest, AnswersInCommitOrder) {
  ASSERT_OK(rig_.Open());
  std::vector<int> ran;
  std::vector<int> answered;
  std::promise<void> last;
  for (int i = 0; i < 200; ++i) {
    rig_.store().Write(
        WriteKind::kChange,
        [&ran, i](Transaction&) {
          ran.push_back(i);
          return absl::OkStatus();
        },
        [&answered, &last, i](const absl::Status&) {
          answered.push_back(i);
          if (i == 199) {
            last.set_value();
          }
        });
  }
  last.get_future().wait();
  EXPECT_EQ(ran, answered);
}

TEST_F(StoreTest, SplitsWhatIsTooMuchForOneBatch) {
  ASSERT_OK(rig_.Open());
  const std::string big(size_t{1} << 20, 'x');
  std::vector<StoreRig::Body> bodies;
  for (uint64_t i = 0; i < 150; ++i) {
    bodies.push_back([&, i](Transaction& tx) {
      v1::MessageRecord record;
      record.set_body(big);
      return tx.Put(kMessages, rig_.MessageKeyOf(i), record);
    });
  }
  const uint64_t before = rig_.disk().changes();
  for (const absl::Status& answer : rig_.WriteTogether(std::move(bodies))) {
    EXPECT_OK(answer);
  }
  EXPECT_GT(rig_.disk().changes(), before + 2);
  EXPECT_EQ(rig_.BodyOf(149), big);
}

TEST_F(StoreTest, NeverGoesBackInTime) {
  ASSERT_OK(rig_.Open());
  const absl::Time start = rig_.now();
  const auto time_of_write = [&] {
    absl::Time time;
    EXPECT_OK(rig_.Write([&](Transaction& tx) {
      time = tx.now();
      return tx.Put(kMessages, rig_.MessageKeyOf(0), {});
    }));
    return time;
  };
  EXPECT_EQ(time_of_write(), start);
  rig_.Advance(absl::Seconds(5));
  EXPECT_EQ(time_of_write(), start + absl::Seconds(5));
  rig_.SetNow(start - absl::Hours(24));
  EXPECT_EQ(time_of_write(), start + absl::Seconds(5));
  ASSERT_OK(rig_.Reopen());
  EXPECT_EQ(time_of_write(), start + absl::Seconds(5));
  rig_.Kill();
  ASSERT_OK(rig_.Open());
  EXPECT_EQ(time_of_write(), start + absl::Seconds(5));
}

TEST_F(StoreTest, RefusesMoreThanTheQueueHolds) {
  rig_.options().queue_operations_max = 3;
  ASSERT_OK(rig_.Open());
  std::promise<void> done;
  HeldTurn turn(rig_.store());
  const auto nothing = [](Transaction&) { return absl::OkStatus(); };
  rig_.store().Write(WriteKind::kChange, nothing, [](const absl::Status&) {});
  rig_.store().Write(WriteKind::kChange, nothing,
                     [&](const absl::Status&) { done.set_value(); });
  absl::Status refused;
  rig_.store().Write(WriteKind::kRecordOnly, nothing,
                     [&](const absl::Status& status) { refused = status; });
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted));
  turn.Release();
  done.get_future().wait();
  EXPECT_OK(rig_.Write(nothing));
}

TEST_F(StoreTest, RefusesChangesWhenTheDiskIsLowAndKeepsRecordingReads) {
  rig_.options().low_water_bytes = 1000;
  rig_.disk().SetFreeBytes(1'000'000);
  ASSERT_OK(rig_.Open());
  ASSERT_OK(rig_.PutBody(1, "a"));
  rig_.disk().SetFreeBytes(999);
  rig_.Advance(absl::Seconds(1));
  EXPECT_OK(rig_.Write(WriteKind::kRecordOnly, [&](Transaction& tx) {
    return tx.Put(kAudit, {rig_.network(), 0}, testing::AnyEvent());
  }));
  EXPECT_THAT(rig_.PutBody(2, "b"),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(rig_.BodyOf(1), "a");
  rig_.disk().SetFreeBytes(1000);
  rig_.Advance(absl::Seconds(1));
  EXPECT_OK(rig_.PutBody(2, "b"));
  EXPECT_EQ(rig_.fences(), 0);
}

TEST_F(StoreTest, FencesItselfWhenAWriteOrSyncFails) {
  for (const bool sync : {false, true}) {
    for (const IOStatus& error :
         {IOStatus::IOError("broken"), IOStatus::NoSpace("full")}) {
      StoreRig rig(1);
      ASSERT_OK(rig.Open());
      ASSERT_OK(rig.PutBody(1, "a"));
      if (sync) {
        rig.disk().FailSyncAt(0, error);
      } else {
        rig.disk().FailAt(0, error, /*stays=*/false);
      }
      EXPECT_THAT(rig.PutBody(2, "b"),
                  StatusIs(absl::StatusCode::kUnavailable));
      rig.disk().Heal();
      // The disk works again; this process must not.
      EXPECT_THAT(rig.PutBody(3, "c"),
                  StatusIs(absl::StatusCode::kUnavailable));
      EXPECT_TRUE(rig.store().fenced());
      EXPECT_EQ(rig.fences(), 1);
      EXPECT_EQ(rig.BodyOf(1), "a");
      ASSERT_OK(rig.Reopen());
      EXPECT_EQ(rig.BodyOf(1), "a");
      EXPECT_EQ(rig.BodyOf(3), "");
      EXPECT_OK(rig.PutBody(2, "d"));
    }
  }
}

// RocksDB would go on by itself: with a log behind the one that failed, and
// with tables of what is in memory.
TEST_F(StoreTest, WritesNoMoreOnceADiskWasFullThatHasRoomAgain) {
  const auto files = [this] {
    std::vector<std::string> files;
    for (const char* ending : {".log", ".sst"}) {
      for (const std::string& path :
           rig_.disk().FilesOf(kStoreFolder, ending)) {
        files.push_back(path);
      }
    }
    return files;
  };
  ASSERT_OK(rig_.Open());
  rig_.disk().SetFreeBytes(uint64_t{1} << 40);
  ASSERT_OK(rig_.PutBody(1, "a"));
  const std::vector<std::string> before = files();
  rig_.disk().FailAt(0, IOStatus::NoSpace("full"), /*stays=*/false);
  EXPECT_THAT(rig_.PutBody(2, "b"), StatusIs(absl::StatusCode::kUnavailable));
  rig_.Close();
  EXPECT_EQ(files(), before);
  ASSERT_OK(rig_.Open());
  EXPECT_EQ(rig_.BodyOf(1), "a");
}

TEST_F(StoreTest, AnswersAWholeBatchThatFailed) {
  ASSERT_OK(rig_.Open());
  const auto put = [&](uint64_t sequence) {
    return [this, sequence](Transaction& tx) {
      return tx.Put(kMessages, rig_.MessageKeyOf(sequence), {});
    };
  };
  rig_.disk().FailSyncAt(0, IOStatus::IOError("broken"));
  for (const absl::Status& answer :
       rig_.WriteTogether({put(1), put(2), put(3)})) {
    EXPECT_THAT(answer, StatusIs(absl::StatusCode::kUnavailable));
  }
  EXPECT_EQ(rig_.fences(), 1);
}

TEST_F(StoreTest, FencesItselfWhenTheSecondFileCannotBeWritten) {
  ASSERT_OK(rig_.Open());
  // The log, its sync, then the second file.
  rig_.disk().FailAt(2, IOStatus::IOError("broken"), /*stays=*/true);
  EXPECT_THAT(rig_.Write([&](Transaction& tx) {
    tx.NoteLogSize(rig_.network(), 1);
    return tx.Put(kAudit, {rig_.network(), 0}, testing::AnyEvent());
  }),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(rig_.fences(), 1);
}

TEST_F(StoreTest, RemembersAcknowledgedLogSizes) {
  ASSERT_OK(rig_.Open());
  EXPECT_TRUE(rig_.store().NotedLogSizes().empty());
  for (uint64_t i = 0; i < 3; ++i) {
    ASSERT_OK(rig_.Write([&](Transaction& tx) {
      tx.NoteLogSize(rig_.network(), i + 1);
      return tx.Put(kAudit, {rig_.network(), i}, testing::AnyEvent());
    }));
  }
  rig_.Kill();
  ASSERT_OK(rig_.Open());
  EXPECT_EQ(rig_.store().NotedLogSizes().at(rig_.network()), 3u);
}

TEST_F(StoreTest, FinishesWhatIsQueuedBeforeItCloses) {
  ASSERT_OK(rig_.Open());
  std::atomic<int> ok{0};
  for (uint64_t i = 0; i < 100; ++i) {
    rig_.store().Write(
        WriteKind::kChange,
        [&, i](Transaction& tx) {
          return tx.Put(kMessages, rig_.MessageKeyOf(i), {});
        },
        [&ok](const absl::Status& status) { ok += status.ok() ? 1 : 0; });
  }
  rig_.Close();
  EXPECT_EQ(ok.load(), 100);
}

}  // namespace
}  // namespace renkei::storage
