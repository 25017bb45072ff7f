#include "storage/pending_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/schema.h"

namespace renkei::storage {
namespace {

PendingRow RowOf(const std::string& key, const std::string& text) {
  return {key, HashOfKey(key), &kMessages.facts,
          std::make_shared<const SharedRecord>(text), nullptr};
}

void Take(PendingRows& batch,
          const std::vector<std::pair<std::string, std::string>>& rows) {
  PendingRows pending;
  for (const auto& [key, text] : rows) {
    pending.Put(RowOf(key, text));
  }
  batch.Take(pending);
  EXPECT_TRUE(pending.empty());
}

// "key=text", or "key-" where a row is deleted.
std::string TextOf(const PendingRow& row) {
  return row.record == nullptr ? row.key + "-"
                               : row.key + "=" + row.record->plaintext();
}

std::vector<std::string> Visited(const PendingRows& batch,
                                 const KeyRange& range) {
  std::vector<std::string> texts;
  batch.VisitRange(
      range, [&](const PendingRow& row) { texts.push_back(TextOf(row)); });
  std::sort(texts.begin(), texts.end());
  return texts;
}

class PendingRowsTest : public ::testing::Test {
 protected:
  PendingRowsTest() {
    Take(batch_, {{"c", "1"}, {"a", "1"}});
    Take(batch_, {{"d", "2"}, {"b", "2"}, {"c", "2"}});
    PendingRows deleted;
    deleted.Put({"a", HashOfKey("a"), &kMessages.facts, nullptr, nullptr});
    batch_.Take(deleted);
  }

  PendingRows batch_;
};

TEST_F(PendingRowsTest, FindsWhatCameLastUnderAKey) {
  for (const bool sorted : {false, true}) {
    const PendingRow* const found = batch_.Find("c", HashOfKey("c"));
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(TextOf(*found), "c=2");
    EXPECT_EQ(TextOf(*batch_.Find("a", HashOfKey("a"))), "a-");
    EXPECT_EQ(batch_.Find("e", HashOfKey("e")), nullptr);
    if (!sorted) {
      batch_.Sort();
    }
  }
}

TEST_F(PendingRowsTest, VisitsARangeBeforeAndAfterItIsSorted) {
  using Texts = std::vector<std::string>;
  for (const bool sorted : {false, true}) {
    EXPECT_EQ(Visited(batch_, {"b", "d"}), (Texts{"b=2", "c=2"})) << sorted;
    EXPECT_EQ(Visited(batch_, {"", "zz"}), (Texts{"a-", "b=2", "c=2", "d=2"}));
    EXPECT_EQ(Visited(batch_, {"bb", "c"}), Texts());
    EXPECT_EQ(Visited(batch_, {"d", "b"}), Texts());
    EXPECT_EQ(Visited(batch_, {"e", "zz"}), Texts());
    if (!sorted) {
      batch_.Sort();
    }
  }
}

TEST_F(PendingRowsTest, IsInTheOrderOfItsKeysOnceSorted) {
  batch_.Sort();
  std::vector<std::string> texts;
  for (const auto& row : batch_.rows()) {
    texts.push_back(TextOf(*row));
  }
  EXPECT_EQ(texts, (std::vector<std::string>{"a-", "b=2", "c=2", "d=2"}));
}

}  // namespace
}  // namespace renkei::storage
