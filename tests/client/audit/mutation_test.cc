// Whatever is done to an exported log, `renkei-audit verify` names it: every
// byte, line and field, also when the thief of the log's key signs anew what
// others keep an older checkpoint of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tests/client/audit/exported_log.h"

namespace renkei::audit {
namespace {

using ::testing::IsEmpty;

using MutationTest = ExportedLogTest;

// What is mutated here has every class of events: one that changes a group, a
// read, a denial, one that stands for several, one with details.
TEST_F(MutationTest, HasEventsOfEveryClassToWorkOn) {
  std::map<std::string, int> classes;
  for (const std::string& bytes : Leaves()) {
    storage::v1::AuditLeaf leaf;
    ASSERT_TRUE(leaf.ParseFromString(bytes));
    const bool is_denied = leaf.outcome() == storage::v1::AUDIT_OUTCOME_DENIED;
    ++classes[leaf.folded_denials() != 0           ? "folded"
              : is_denied                          ? "denied"
              : !leaf.group_head_hash().empty()    ? "change"
              : !leaf.details_commitment().empty() ? "with details"
                                                   : "read"];
  }
  EXPECT_EQ(classes.size(), 5u);
}

TEST_F(MutationTest, NamesEveryFlippedByte) {
  const std::vector<std::string> lines = Lines();
  for (size_t line = kHeadLines; line + 1 < lines.size(); ++line) {
    const std::vector<std::string> words = absl::StrSplit(lines[line], ' ');
    for (size_t word = 2; word < words.size(); ++word) {
      std::string bytes;
      ASSERT_TRUE(absl::Base64Unescape(words[word], &bytes));
      for (size_t byte = 0; byte < bytes.size(); ++byte) {
        std::string flipped = bytes;
        flipped[byte] = static_cast<char>(flipped[byte] ^ 0x10);
        std::vector<std::string> changed_words = words;
        changed_words[word] = absl::Base64Escape(flipped);
        std::vector<std::string> changed = lines;
        changed[line] = absl::StrJoin(changed_words, " ");
        EXPECT_NAMES(Join(changed), absl::StrCat("line ", line + 1, ": event ",
                                                 line - kHeadLines, ":"));
      }
    }
  }
}

TEST_F(MutationTest, NamesEveryFlippedByteOfTheHead) {
  const size_t head = log().text.find("event ");
  for (size_t i = 0; i < head; ++i) {
    for (const char flip : {1, 0x20}) {
      std::string changed = log().text;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      EXPECT_NAMES(changed, "export") << i;
    }
  }
}

// Lines of the file, with the numbers of the events that they tell.
TEST_F(MutationTest, NamesEveryEventDroppedDoubledSwappedOrRenumbered) {
  const std::vector<std::string> lines = Lines();
  const size_t events = lines.size() - kHeadLines - 1;
  for (size_t event = 0; event < events; ++event) {
    const size_t line = kHeadLines + event;
    const auto place = static_cast<ptrdiff_t>(line);
    const bool is_last = event + 1 == events;
    std::vector<std::string> dropped = lines;
    dropped.erase(dropped.begin() + place);
    EXPECT_NAMES(Join(dropped),
                 is_last ? "events and says otherwise"
                         : absl::StrCat("event ", event + 1, ": event ", event,
                                        " belongs here"));
    std::vector<std::string> doubled = lines;
    doubled.insert(doubled.begin() + place, lines[line]);
    EXPECT_NAMES(Join(doubled), absl::StrCat("event ", event, ": event ",
                                             event + 1, " belongs here"));
    std::vector<std::string> swapped = lines;
    std::swap(swapped[line], swapped[line + 1]);
    EXPECT_NAMES(Join(swapped),
                 is_last ? "events and says otherwise"
                         : absl::StrCat("event ", event + 1, ": event ", event,
                                        " belongs here"));
    std::vector<std::string> renumbered = lines;
    renumbered[line] = absl::StrReplaceAll(
        lines[line], {{absl::StrCat("event ", event, " "),
                       absl::StrCat("event ", event + 7, " ")}});
    EXPECT_NAMES(Join(renumbered), absl::StrCat("event ", event + 7, ": event ",
                                                event, " belongs here"));
    EXPECT_NAMES(Join(renumbered),
                 absl::StrCat("its bytes say that it is event ", event));
  }
}

TEST_F(MutationTest, NamesALineOfTheHeadDroppedDoubledOrSwapped) {
  const std::vector<std::string> lines = Lines();
  for (size_t line = 0; line < kHeadLines; ++line) {
    std::vector<std::string> dropped = lines;
    dropped.erase(dropped.begin() + static_cast<ptrdiff_t>(line));
    EXPECT_NAMES(Join(dropped), "export") << line;
    std::vector<std::string> doubled = lines;
    doubled.insert(doubled.begin() + static_cast<ptrdiff_t>(line), lines[line]);
    EXPECT_NAMES(Join(doubled), "export") << line;
    std::vector<std::string> swapped = lines;
    std::swap(swapped[line], swapped[line + 1]);
    EXPECT_NAMES(Join(swapped), "export") << line;
  }
}

TEST_F(MutationTest, NamesTheEndOfATruncatedFile) {
  for (size_t bytes = 0; bytes < log().text.size(); bytes += 7) {
    EXPECT_NAMES(log().text.substr(0, bytes), "export") << bytes;
  }
  std::vector<std::string> lines = Lines();
  lines.resize(kHeadLines + 3);
  EXPECT_NAMES(Join(lines), "the file ends here");
  lines.push_back("end 3");
  EXPECT_NAMES(Join(lines), "it ends before event 3");
}

// The thief of the log's key rewrites one field of one event, and signs. What
// somebody else kept tells on him.
TEST_F(MutationTest, NamesEveryFieldRewrittenAndSignedAnew) {
  const std::vector<std::string> leaves = Leaves();
  const auto* type = storage::v1::AuditLeaf::descriptor();
  for (size_t index = 0; index < leaves.size(); ++index) {
    for (int i = 0; i < type->field_count(); ++i) {
      const auto* field = type->field(i);
      storage::v1::AuditLeaf leaf;
      ASSERT_TRUE(leaf.ParseFromString(leaves[index]));
      const auto* reflection = leaf.GetReflection();
      if (field->cpp_type() == field->CPPTYPE_STRING) {
        reflection->SetString(&leaf, field,
                              reflection->GetString(leaf, field) + "x");
      } else if (field->cpp_type() == field->CPPTYPE_UINT64) {
        reflection->SetUInt64(&leaf, field,
                              reflection->GetUInt64(leaf, field) + 1);
      } else if (field->cpp_type() == field->CPPTYPE_INT64) {
        reflection->SetInt64(&leaf, field,
                             reflection->GetInt64(leaf, field) + 1);
      } else if (field->cpp_type() == field->CPPTYPE_UINT32) {
        reflection->SetUInt32(&leaf, field,
                              reflection->GetUInt32(leaf, field) + 1);
      } else {
        reflection->SetEnumValue(&leaf, field,
                                 reflection->GetEnumValue(leaf, field) + 1);
      }
      std::vector<std::string> forged = leaves;
      forged[index] = leaf.SerializeAsString();
      EXPECT_NAMES(log().Forge(forged), "are not those of checkpoint 2 in kept")
          << index << field->name();
    }
  }
}

TEST_F(MutationTest, NamesEventsDroppedSwappedOrAddedAndSignedAnew) {
  const std::vector<std::string> leaves = Leaves();
  const auto renumbered = [](std::vector<std::string> list) {
    for (size_t i = 0; i < list.size(); ++i) {
      storage::v1::AuditLeaf leaf;
      CHECK(leaf.ParseFromString(list[i]));
      leaf.set_index(i);
      list[i] = leaf.SerializeAsString();
    }
    return list;
  };
  for (size_t i = 0; i < leaves.size(); ++i) {
    const auto place = static_cast<ptrdiff_t>(i);
    std::vector<std::string> dropped = leaves;
    dropped.erase(dropped.begin() + place);
    EXPECT_NAMES(log().Forge(renumbered(dropped)),
                 "no export here continues it");
    if (i + 1 < leaves.size()) {
      std::vector<std::string> doubled = leaves;
      doubled.insert(doubled.begin() + place, leaves[i]);
      EXPECT_NAMES(log().Forge(renumbered(doubled)), "are not those of");
      std::vector<std::string> swapped = leaves;
      std::swap(swapped[i], swapped[i + 1]);
      EXPECT_NAMES(log().Forge(renumbered(swapped)), "are not those of");
    }
    std::vector<std::string> cut(leaves.begin(), leaves.begin() + place);
    EXPECT_NAMES(log().Forge(cut), "no export here continues it");
  }
}

// The forger's file is in order by itself: only what others kept tells.
TEST_F(MutationTest, NeedsAnOlderCheckpointAgainstTheThiefOfTheKey) {
  std::vector<std::string> leaves = Leaves();
  storage::v1::AuditLeaf leaf;
  ASSERT_TRUE(leaf.ParseFromString(leaves[2]));
  leaf.set_client_address("10.0.0.1");
  leaves[2] = leaf.SerializeAsString();
  const std::string forged = log().Forge(leaves);
  EXPECT_THAT(Verify({{"export", forged}}, log().key).faults, IsEmpty());
  EXPECT_NAMES(forged, "are not those of checkpoint 1 in kept");
}

}  // namespace
}  // namespace renkei::audit
