// Which rows leave the database by themselves, and that all others stay.
#include "storage/engine_expiry.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "rocksdb/compaction_filter.h"
#include "rocksdb/db.h"
#include "storage/schema.h"
#include "tests/support/failing_disk.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_rig.h"

namespace renkei::storage {
namespace {

using renkei::testing::FailingDisk;
using renkei::testing::StoreRig;

RequestKey KeyOf(const NetworkId& network, absl::Time time) {
  RequestKey key;
  key.network = network;
  key.period = RequestPeriodOf(time);
  return key;
}

// A database with the filter and nothing else of ours.
class OldRequestsTest : public ::testing::Test {
 protected:
  OldRequestsTest() {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.env = disk_.env();
    options.compaction_filter_factory = LeaveOutOldRequests(now_micros_);
    rocksdb::DB* db = nullptr;
    EXPECT_TRUE(rocksdb::DB::Open(options, "/store", &db).ok());
    db_.reset(db);
  }

  void SetNow(absl::Time now) { now_micros_ = absl::ToUnixMicros(now); }
  void Put(const std::string& key) {
    ASSERT_TRUE(db_->Put({}, key, "value").ok());
  }
  void Put(const RequestKey& key) { Put(EncodeKey(kRequests.facts, key)); }
  bool Has(const std::string& key) {
    std::string value;
    return db_->Get({}, key, &value).ok();
  }
  bool Has(const RequestKey& key) {
    return Has(EncodeKey(kRequests.facts, key));
  }
  void MergeTables() {
    ASSERT_TRUE(db_->CompactRange({}, nullptr, nullptr).ok());
  }

  FailingDisk disk_{1};
  std::atomic<int64_t> now_micros_{0};
  std::unique_ptr<rocksdb::DB> db_;
};

TEST_F(OldRequestsTest, LeaveWhenNoLookUpAsksForThem) {
  const absl::Time now = absl::FromUnixSeconds(1'790'000'000);
  const RequestKey recent = KeyOf({}, now);
  const RequestKey last = KeyOf({}, now - kRequestPeriod);
  const RequestKey old = KeyOf({}, now - 2 * kRequestPeriod);
  SetNow(now);
  Put(recent);
  Put(last);
  Put(old);
  MergeTables();
  EXPECT_TRUE(Has(recent));
  EXPECT_TRUE(Has(last));
  EXPECT_FALSE(Has(old));
  SetNow(now + kRequestPeriod);
  MergeTables();
  EXPECT_TRUE(Has(recent));
  EXPECT_FALSE(Has(last));
}

TEST_F(OldRequestsTest, StayUntilTheTimeIsKnown) {
  const RequestKey old = KeyOf({}, absl::FromUnixSeconds(1'000'000'000));
  Put(old);
  MergeTables();
  EXPECT_TRUE(Has(old));
}

TEST_F(OldRequestsTest, AreTheOnlyRowsThatLeave) {
  SetNow(absl::FromUnixSeconds(1'790'000'000));
  std::vector<std::string> others;
  // The bytes of an old request under every other prefix, too short and too
  // long.
  const std::string old = EncodeKey(kRequests.facts, RequestKey());
  for (const TableFacts& table : kTables) {
    if (table.prefix != kRequests.facts.prefix) {
      others.push_back(old);
      others.back()[0] = table.prefix;
      others.push_back(std::string(1, table.prefix));
    }
  }
  others.push_back(old.substr(0, old.size() - 1));
  others.push_back(old + "x");
  for (const std::string& key : others) {
    Put(key);
  }
  Put(old);
  MergeTables();
  EXPECT_FALSE(Has(old));
  for (const std::string& key : others) {
    EXPECT_TRUE(Has(key)) << key[0];
  }
}

TEST(OldRequests, LeaveAStoreThatGoesOn) {
  StoreRig rig(1);
  ASSERT_OK(rig.Open());
  const RequestKey old = KeyOf(rig.network(), rig.now());
  const auto put = [&](const RequestKey& key) {
    return rig.Write([&](Transaction& tx) {
      return tx.Put(kRequests, key, v1::RequestRecord());
    });
  };
  const auto has = [&](const RequestKey& key) {
    const auto found = rig.store().Read().Find(kRequests, key);
    EXPECT_OK(found);
    return found.ok() && found->has_value();
  };
  ASSERT_OK(put(old));
  rig.Advance(2 * kRequestPeriod);
  const RequestKey recent = KeyOf(rig.network(), rig.now());
  // Every copy begins with a new table; RocksDB merges four of them by itself,
  // when it comes to it.
  for (int i = 0; i < 5; ++i) {
    ASSERT_OK(put(recent));
    ASSERT_OK(rig.store().WriteCheckpoint(absl::StrCat("/copy", i)));
  }
  const absl::Time give_up = absl::Now() + absl::Minutes(1);
  while (has(old) && absl::Now() < give_up) {
    std::this_thread::yield();
  }
  EXPECT_FALSE(has(old));
  EXPECT_TRUE(has(recent));
}

}  // namespace
}  // namespace renkei::storage
