#include "storage/record_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/base/recent_map.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_rig.h"

namespace renkei::storage {
namespace {

using renkei::testing::StoreRig;

constexpr size_t kBytesMax = size_t{128} << 20;

std::shared_ptr<const SharedRecord> Made(std::string plaintext) {
  return std::make_shared<const SharedRecord>(std::move(plaintext));
}

std::string Known(const RecordCache& cache, absl::string_view key,
                  uint64_t view) {
  const auto found = cache.Find(key, HashOfKey(key), view);
  return !found              ? "unknown"
         : *found == nullptr ? "absent"
                             : (*found)->plaintext();
}

TEST(RecentMap, KeepsWhatIsAskedForAndForgetsTheRest) {
  RecentMap<std::string, int> map(100);
  map.Put("asked for", 7, 10);
  for (int i = 0; i < 1000; ++i) {
    map.Put(absl::StrCat("passing ", i), i, 10);
    ASSERT_NE(map.Find(std::string("asked for")), nullptr) << i;
  }
  int kept = 0;
  for (int i = 0; i < 1000; ++i) {
    kept += map.Find(absl::StrCat("passing ", i)) == nullptr ? 0 : 1;
  }
  EXPECT_GE(kept, 4);
  EXPECT_LE(kept, 9);
}

TEST(RecentMap, CountsAReplacedEntryOnce) {
  RecentMap<std::string, int> map(100);
  map.Put("other", 1, 10);
  for (int i = 0; i < 100; ++i) {
    map.Put("replaced", i, 40);
  }
  ASSERT_NE(map.Find(std::string("other")), nullptr);
  EXPECT_EQ(*map.Find(std::string("replaced")), 99);
}

TEST(RecentMap, HoldsAnEntryHeavierThanTheBoundUntilTheNextOne) {
  RecentMap<std::string, int> map(100);
  map.Put("heavy", 1, 1000);
  EXPECT_NE(map.Find(std::string("heavy")), nullptr);
  map.Put("a", 2, 10);
  map.Put("b", 3, 45);
  EXPECT_EQ(map.Find(std::string("heavy")), nullptr);
}

// One by one, so that nobody waits for thousands; in the order in which they
// came, as memory that was taken together is best given back together.
TEST(RecentMap, ForgetsOneByOneWhatCameFirst) {
  std::vector<int> forgotten;
  const auto made = [&](int number) {
    return std::shared_ptr<const int>(new int(number), [&](const int* gone) {
      forgotten.push_back(*gone);
      delete gone;
    });
  };
  RecentMap<std::string, std::shared_ptr<const int>> map(100);
  for (int i = 0; i < 1000; ++i) {
    map.Put(absl::StrCat("passing ", i), made(i), 1);
    ASSERT_EQ(forgotten.size(), i < 100 ? 0 : i - 99);
  }
  for (size_t i = 0; i < forgotten.size(); ++i) {
    ASSERT_EQ(forgotten[i], i);
  }
  // What was asked for or put again goes after those that came later.
  ASSERT_NE(map.Find(std::string("passing 900")), nullptr);
  map.Put("passing 901", made(2000), 1);
  ASSERT_EQ(forgotten.back(), 901);
  for (int i = 0; i < 98; ++i) {
    map.Put(absl::StrCat("later ", i), made(3000 + i), 1);
  }
  EXPECT_EQ(forgotten.back(), 999);
  EXPECT_NE(map.Find(std::string("passing 900")), nullptr);
  EXPECT_NE(map.Find(std::string("passing 901")), nullptr);
}

TEST(RecordCache, KnowsWhatItLearnedForLaterViews) {
  RecordCache cache(kBytesMax);
  cache.Learn("a", 5, Made("x"));
  EXPECT_EQ(Known(cache, "a", 4), "unknown");
  EXPECT_EQ(Known(cache, "a", 5), "x");
  EXPECT_EQ(Known(cache, "a", 9), "x");
}

TEST(RecordCache, ForgetsForEarlierViewsWhatAChangeReplaced) {
  RecordCache cache(kBytesMax);
  cache.Learn("a", 5, Made("x"));
  cache.Change("a", HashOfKey("a"), 6, Made("y"));
  EXPECT_EQ(Known(cache, "a", 5), "unknown");
  EXPECT_EQ(Known(cache, "a", 6), "y");
  cache.Change("a", HashOfKey("a"), 7, nullptr);
  EXPECT_EQ(Known(cache, "a", 7), "absent");
}

TEST(RecordCache, DoesNotLearnFromAReaderWhomAChangeOvertook) {
  RecordCache cache(kBytesMax);
  cache.Change("a", HashOfKey("a"), 6, Made("y"));
  cache.Learn("a", 5, Made("x"));
  EXPECT_EQ(Known(cache, "a", 6), "y");
}

TEST(RecordCache, StaysWithinItsBytes) {
  RecordCache cache(kBytesMax);
  const std::string big(size_t{1} << 20, 'x');
  for (int i = 0; i < 400; ++i) {
    cache.Learn(absl::StrCat("key", i), 1, Made(big));
  }
  int known = 0;
  for (int i = 0; i < 400; ++i) {
    const std::string key = absl::StrCat("key", i);
    known += cache.Find(key, HashOfKey(key), 1) ? 1 : 0;
  }
  EXPECT_GT(known, 0);
  EXPECT_LE(known, 128);
}

TEST(RecordCache, CountsAReplacedRecordOnce) {
  RecordCache cache(kBytesMax);
  const std::string big(size_t{1} << 20, 'x');
  cache.Learn("other", 1, Made("small"));
  for (int i = 0; i < 400; ++i) {
    cache.Change("key", HashOfKey("key"), static_cast<uint64_t>(i) + 1,
                 Made(big));
  }
  EXPECT_EQ(Known(cache, "other", 500), "small");
}

TEST(SharedRecord, IsParsedOnceForAll) {
  v1::PersonRecord person;
  person.set_access_version(7);
  const SharedRecord shared(person.SerializeAsString());
  const auto* const first = shared.Parsed<v1::PersonRecord>();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->access_version(), 7);
  EXPECT_EQ(shared.Parsed<v1::PersonRecord>(), first);
  EXPECT_EQ(SharedRecord(std::string("no record")).Parsed<v1::PersonRecord>(),
            nullptr);
}

TEST(SharedRecord, IsSerializedFromWhatItWasMadeOf) {
  v1::PersonRecord person;
  person.set_access_version(7);
  const SharedRecord shared(person);
  EXPECT_EQ(shared.plaintext(), person.SerializeAsString());
  EXPECT_EQ(shared.bytes(), shared.plaintext().size());
  EXPECT_EQ(shared.Parsed<v1::PersonRecord>()->access_version(), 7);
}

TEST(RecordCacheInAStore, GivesARecordThatStaysAsItWas) {
  StoreRig rig(1);
  ASSERT_OK(rig.Open());
  const PersonKey key{rig.network(),
                      PersonId::Make(absl::FromUnixSeconds(1), {1})};
  const auto write_version = [&](uint64_t version) {
    return rig.Write([&, version](Transaction& tx) -> absl::Status {
      v1::PersonRecord person;
      person.set_access_version(version);
      RETURN_IF_ERROR(tx.Put(kPeople, key, person));
      ASSIGN_OR_RETURN(const auto waiting, tx.FindShared(kPeople, key));
      EXPECT_EQ(waiting->access_version(), version);
      return absl::OkStatus();
    });
  };
  EXPECT_FALSE(*rig.store().Read().FindShared(kPeople, key));
  ASSERT_OK(write_version(1));
  const auto held = *rig.store().Read().FindShared(kPeople, key);
  ASSERT_TRUE(held);
  // The same record, without a copy.
  EXPECT_EQ(*rig.store().Read().FindShared(kPeople, key), held);
  ASSERT_OK(write_version(2));
  EXPECT_EQ(held->access_version(), 1);
  EXPECT_EQ((*rig.store().Read().FindShared(kPeople, key))->access_version(),
            2);
  ASSERT_OK(rig.Write([&](Transaction& tx) -> absl::Status {
    tx.Delete(kPeople, key);
    ASSIGN_OR_RETURN(const auto deleted, tx.FindShared(kPeople, key));
    EXPECT_FALSE(deleted);
    return absl::OkStatus();
  }));
  EXPECT_FALSE(*rig.store().Read().FindShared(kPeople, key));
}

// Every record holds the same number; readers must find one number within a
// view, and never a smaller one in a later view.
TEST(RecordCacheInAStore, IsNeverStale) {
  constexpr uint64_t kRecords = 24;
  constexpr uint64_t kRounds = 400;
  StoreRig rig(1);
  ASSERT_OK(rig.Open());
  const auto key_of = [&](uint64_t i) {
    return PersonKey{rig.network(), PersonId::Make(absl::FromUnixSeconds(1),
                                                   {static_cast<uint8_t>(i)})};
  };
  const auto write_round = [&](uint64_t round) {
    return rig.Write([&, round](Transaction& tx) -> absl::Status {
      for (uint64_t i = 0; i < kRecords; ++i) {
        v1::PersonRecord person;
        person.set_access_version(round);
        RETURN_IF_ERROR(tx.Put(kPeople, key_of(i), person));
      }
      return absl::OkStatus();
    });
  };
  ASSERT_OK(write_round(1));
  std::atomic<bool> stopping{false};
  std::atomic<int> mixed{0};
  std::atomic<int> stale{0};
  const auto read = [&](uint64_t seed) {
    uint64_t newest = 0;
    while (!stopping.load()) {
      const Snapshot view = rig.store().Read();
      uint64_t seen = 0;
      for (uint64_t n = 0; n < kRecords; ++n) {
        const uint64_t i = (n * 7 + seed) % kRecords;
        const uint64_t found = view.Get(kPeople, key_of(i))->access_version();
        mixed += seen != 0 && found != seen ? 1 : 0;
        seen = found;
      }
      stale += seen < newest ? 1 : 0;
      newest = seen;
    }
  };
  std::vector<std::thread> readers;
  for (uint64_t seed = 0; seed < 3; ++seed) {
    readers.emplace_back(read, seed);
  }
  for (uint64_t round = 2; round < kRounds; ++round) {
    const absl::Status written = write_round(round);
    EXPECT_OK(written);
    // What was acknowledged is what everybody reads from now on.
    const uint64_t found = rig.store()
                               .Read()
                               .Get(kPeople, key_of(round % kRecords))
                               ->access_version();
    stale += found < round ? 1 : 0;
  }
  stopping = true;
  for (std::thread& reader : readers) {
    reader.join();
  }
  EXPECT_EQ(mixed.load(), 0);
  EXPECT_EQ(stale.load(), 0);
}

}  // namespace
}  // namespace renkei::storage
