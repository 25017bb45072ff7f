#include "storage/sealer.h"

#include <gtest/gtest.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/schema.h"
#include "tests/support/status_matchers.h"

namespace renkei::storage {
namespace {

using crypto::KeyScope;
using renkei::testing::StatusIs;

class SealerTest : public ::testing::Test {
 protected:
  SealerTest() {
    Add(KeyScope::Server(), 1, 1);
    Add(KeyScope::Network(network_), 2, 1);
    Add(KeyScope::Group(network_, group_), 3, 1);
  }

  void Add(const KeyScope& scope, uint32_t key_id, uint32_t epoch) {
    keys_.Add(scope, {.key_id = key_id, .epoch = epoch},
              crypto::Secret::Random(crypto::kKeyBytes));
  }

  template <typename Key, typename Record>
  std::string Seal(const Table<Key, Record>& table, const Key& key,
                   absl::string_view plaintext) {
    const std::string bytes = EncodeKey(table.facts, key);
    const auto sealing = sealer_.KeyFor(table.facts, bytes);
    std::string blob;
    if (sealing.ok()) {
      sealer_.Seal(table.facts, **sealing, bytes, plaintext, blob);
    }
    return sealing.ok() ? blob : sealing.status().ToString();
  }
  template <typename Key, typename Record>
  absl::StatusOr<std::string> Open(const Table<Key, Record>& table,
                                   const Key& key, absl::string_view blob) {
    return sealer_.Open(table.facts, EncodeKey(table.facts, key), blob);
  }

  const NetworkId network_ = NetworkId::Make(absl::FromUnixSeconds(1), {1});
  const NetworkId other_network_ =
      NetworkId::Make(absl::FromUnixSeconds(1), {2});
  const GroupId group_ = GroupId::Make(absl::FromUnixSeconds(1), {3});
  const GroupId other_group_ = GroupId::Make(absl::FromUnixSeconds(1), {4});
  const MessageKey message_{network_, group_, 7};
  crypto::KeyRing keys_;
  Sealer sealer_{keys_};
};

TEST_F(SealerTest, OpensWhatItSealed) {
  const std::string blob = Seal(kMessages, message_, "痛みは 3");
  EXPECT_EQ(blob.find("痛みは"), std::string::npos);
  EXPECT_EQ(*Open(kMessages, message_, blob), "痛みは 3");
}

TEST_F(SealerTest, SealsAnEmptyRecordToo) {
  const std::string blob = Seal(kMessages, message_, "");
  EXPECT_FALSE(blob.empty());
  EXPECT_EQ(*Open(kMessages, message_, blob), "");
}

TEST_F(SealerTest, DoesNotTakeNothingForAnEmptyRecord) {
  EXPECT_THAT(Open(kMessages, message_, ""),
              StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(Open(kPeople, {network_, {}}, ""),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(SealerTest, LeavesAKeyThatSaysEverythingWithoutAValue) {
  const ThreadMessageKey key{network_, group_, 1, 7};
  EXPECT_EQ(Seal(kThreadMessages, key, ""), "");
  EXPECT_EQ(*Open(kThreadMessages, key, ""), "");
}

TEST_F(SealerTest, SealsTheSameTwiceDifferently) {
  EXPECT_NE(Seal(kMessages, message_, "a"), Seal(kMessages, message_, "a"));
}

TEST_F(SealerTest, BindsAValueToItsPlace) {
  Add(KeyScope::Group(network_, other_group_), 4, 1);
  Add(KeyScope::Network(other_network_), 5, 1);
  const std::string blob = Seal(kMessages, message_, "a");
  for (const MessageKey& elsewhere :
       {MessageKey{network_, group_, 8}, MessageKey{network_, other_group_, 7},
        MessageKey{other_network_, group_, 7}}) {
    EXPECT_THAT(Open(kMessages, elsewhere, blob),
                StatusIs(absl::StatusCode::kDataLoss));
  }
  // The same parts in another table.
  EXPECT_THAT(Open(kThreads, message_, blob),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(SealerTest, NoticesEveryFlippedBit) {
  const std::string blob = Seal(kMessages, message_, "abc");
  for (size_t bit = 0; bit < 8 * blob.size(); ++bit) {
    std::string flipped = blob;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_THAT(Open(kMessages, message_, flipped),
                StatusIs(absl::StatusCode::kDataLoss))
        << "bit " << bit;
  }
  for (size_t size = 0; size < blob.size(); ++size) {
    EXPECT_THAT(Open(kMessages, message_, blob.substr(0, size)),
                StatusIs(absl::StatusCode::kDataLoss))
        << size << " bytes";
  }
}

TEST_F(SealerTest, OpensOldEpochsAndSealsUnderTheNewest) {
  const std::string old = Seal(kMessages, message_, "a");
  Add(KeyScope::Group(network_, group_), 3, 2);
  const std::string fresh = Seal(kMessages, message_, "a");
  EXPECT_EQ(crypto::ParseHeader(old)->epoch, 1u);
  EXPECT_EQ(crypto::ParseHeader(fresh)->epoch, 2u);
  EXPECT_EQ(*Open(kMessages, message_, old), "a");
  EXPECT_EQ(*Open(kMessages, message_, fresh), "a");
}

TEST_F(SealerTest, SealsNothingAndOpensNothingWhoseKeyIsGone) {
  const std::string blob = Seal(kMessages, message_, "a");
  keys_.Remove(KeyScope::Group(network_, group_));
  EXPECT_THAT(Open(kMessages, message_, blob),
              StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(
      sealer_.KeyFor(kMessages.facts, EncodeKey(kMessages.facts, message_)),
      StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(SealerTest, UsesTheKeyOfTheScope) {
  EXPECT_EQ(crypto::ParseHeader(Seal(kTokens, {}, "a"))->key_id, 1u);
  EXPECT_EQ(crypto::ParseHeader(Seal(kPeople, {network_, {}}, "a"))->key_id,
            2u);
  EXPECT_EQ(crypto::ParseHeader(Seal(kMessages, message_, "a"))->key_id, 3u);
  // The zero id is the server itself.
  EXPECT_EQ(crypto::ParseHeader(Seal(kAudit, {NetworkId(), 0}, "a"))->key_id,
            1u);
}

}  // namespace
}  // namespace renkei::storage
