#include "client/audit/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "client/audit/export_file.h"
#include "server/domain/audit_proofs.h"
#include "server/domain/authorize.h"
#include "server/domain/checkpoint.h"
#include "server/jobs/checkpoints.h"
#include "tests/support/conversation.h"
#include "tests/support/status_matchers.h"

namespace renkei::audit {
namespace {

using ::renkei::testing::Actor;
using ::renkei::testing::Conversation;
using ::renkei::testing::Must;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::string_view kIncarnation = "incarnation 0001";
constexpr absl::string_view kSecondIncarnation = "a second 1";

// A real log of a talking team, exported by the server's own code, with a
// checkpoint from the middle and one from the end that somebody else kept.
class Log {
 public:
  Log() {
    const std::string folder =
        ::testing::TempDir() + "/verify_test-" + std::to_string(getpid());
    std::filesystem::create_directories(folder);
    jobs::Checkpoints checkpoints(talk_.world().store(), talk_.world().keys(),
                                  std::string(kIncarnation), folder);
    auditor_ = talk_.world().AddPerson("監査", "clerk", talk_.team().clinic);
    talk_.world().GrantRole(auditor_, storage::v1::ROLE_AUDITOR);
    Talk();
    CHECK_OK(checkpoints.SignGrown(talk_.world().now()));
    middle = Kept().note();
    Talk();
    CHECK_OK(checkpoints.SignGrown(talk_.world().now()));
    end = Kept().note();
    size = Kept().size();
    key = Kept().verifier_key();
    text = Export(0);
    std::filesystem::remove_all(folder);
  }

  std::string Export(uint64_t begin) {
    std::string all;
    domain::ExportPlace place;
    place.network = talk_.world().network();
    place.begin = begin;
    while (!place.ended) {
      CHECK_OK(talk_.world().Read(
          auditor_, domain::Action::kExportAuditEvents, 501,
          [&](domain::ReadCall& call) -> absl::Status {
            ASSIGN_OR_RETURN(const std::string piece,
                             domain::ExportPiece(call, place));
            all += piece;
            return absl::OkStatus();
          }));
    }
    return all;
  }

  // What a thief of the log's key can make: the same file with these leaves.
  std::string Forge(const std::vector<std::string>& leaves,
                    absl::string_view incarnation = kIncarnation) {
    TreeHasher tree;
    std::string events;
    for (const std::string& leaf : leaves) {
      const Hash32 hash = LeafHash(leaf);
      absl::StrAppend(&events, "event ", tree.size(), " ",
                      absl::Base64Escape(hash.bytes()), " ",
                      absl::Base64Escape(leaf), "\n");
      tree.Append(hash);
    }
    const auto signer = Must(domain::CheckpointSigner::Of(
        talk_.world().keys(), talk_.world().network(), incarnation));
    const std::string note = signer.Sign(tree.size(), tree.Root()).note;
    return absl::StrCat("renkei-audit-export 1\nkey ", signer.verifier_key(),
                        "\ncheckpoint ", absl::Base64Escape(note), "\nfrom 0\n",
                        events, "end ", tree.size(), "\n");
  }

  std::string text;
  std::string middle;
  std::string end;
  std::string key;
  uint64_t size = 0;

 private:
  void Talk() {
    const auto& team = talk_.team();
    for (int i = 0; i < 3; ++i) {
      const auto sent = Must(talk_.Send(team.nurse, "血圧は安定しています"));
      CHECK_OK(talk_.List(team.physician, talk_.Timeline(10)).status());
      talk_.Send(team.stranger, "?").status().IgnoreError();  // is denied
      talk_.world().Advance(absl::Minutes(2));
    }
    CHECK_OK(talk_.world().Read(
        team.nurse, domain::Action::kSearchPatients, 152,
        [](domain::ReadCall& call) {
          call.note.details = {{"query", "exact_name"}};
          return domain::Authorize(call, domain::Action::kSearchPatients, {});
        }));
  }
  storage::v1::CheckpointRecord Kept() {
    return Must(talk_.world().Look().Get(storage::kCheckpoints,
                                         {talk_.world().network()}));
  }

  Conversation talk_;
  Actor auditor_;
};

class VerifyTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { log_ = std::make_unique<Log>(); }
  static void TearDownTestSuite() { log_.reset(); }
  static Log& log() { return *log_; }
  static std::vector<std::string> Faults(const std::string& text) {
    return Verify({{"export", text},
                   {"kept", absl::StrCat(log().middle, "\n", log().end)}},
                  log().key)
        .faults;
  }
  static std::vector<std::string> Lines() {
    return absl::StrSplit(log().text, '\n', absl::SkipEmpty());
  }
  static constexpr size_t kHeadLines = 4;
  static std::string Join(const std::vector<std::string>& lines) {
    return absl::StrCat(absl::StrJoin(lines, "\n"), "\n");
  }
  static std::vector<std::string> Leaves() {
    std::vector<std::string> leaves;
    CHECK_OK(ReadExport(
        log().text, [](const ExportHead&) { return absl::OkStatus(); },
        [&](const ExportedEvent& event) {
          leaves.push_back(event.leaf);
          return absl::OkStatus();
        }));
    return leaves;
  }

 private:
  static inline std::unique_ptr<Log> log_;
};

// `text` has a fault that names `place`.
#define EXPECT_NAMES(text, place) \
  EXPECT_THAT(Faults(text), Contains(HasSubstr(place)))

TEST_F(VerifyTest, FindsAnHonestLogInOrder) {
  EXPECT_THAT(Faults(log().text), IsEmpty());
  EXPECT_GT(log().size, 15u);
  const Verdict verdict = Verify({{"export", log().text}}, std::nullopt);
  EXPECT_THAT(verdict.faults, IsEmpty());
  EXPECT_THAT(verdict.facts, Contains(HasSubstr("compare it")));
}

TEST_F(VerifyTest, FindsConsecutiveAndOverlappingExportsInOrder) {
  for (const uint64_t begin : {uint64_t{1}, log().size / 2, log().size - 1}) {
    const Verdict verdict =
        Verify({{"all", log().text}, {"part", log().Export(begin)}}, log().key);
    EXPECT_THAT(verdict.faults, IsEmpty()) << begin;
  }
}

TEST_F(VerifyTest, NamesAGapBetweenFiles) {
  const std::string part = log().Export(log().size - 1);
  EXPECT_THAT(
      Verify({{"part", part}, {"kept", log().middle}}, log().key).faults,
      Contains(HasSubstr("no export here continues it")));
}

TEST_F(VerifyTest, WritesTheSameFileTwice) {
  EXPECT_EQ(log().Export(0), log().Export(0));
}

TEST_F(VerifyTest, NamesEveryFlippedByte) {
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

TEST_F(VerifyTest, NamesEveryFlippedByteOfTheHead) {
  const size_t head = log().text.find("event ");
  for (size_t i = 0; i < head; ++i) {
    for (const char flip : {1, 0x20}) {
      std::string changed = log().text;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      EXPECT_THAT(Faults(changed), Not(IsEmpty())) << i;
    }
  }
}

TEST_F(VerifyTest, NamesWhatIsDroppedDoubledSwappedOrRenumbered) {
  const std::vector<std::string> lines = Lines();
  for (size_t line = 0; line < lines.size(); ++line) {
    std::vector<std::string> dropped = lines;
    dropped.erase(dropped.begin() + static_cast<ptrdiff_t>(line));
    EXPECT_THAT(Faults(Join(dropped)), Not(IsEmpty())) << line;
    std::vector<std::string> doubled = lines;
    doubled.insert(doubled.begin() + static_cast<ptrdiff_t>(line), lines[line]);
    EXPECT_THAT(Faults(Join(doubled)), Not(IsEmpty())) << line;
    if (line + 1 < lines.size()) {
      std::vector<std::string> swapped = lines;
      std::swap(swapped[line], swapped[line + 1]);
      EXPECT_THAT(Faults(Join(swapped)), Not(IsEmpty())) << line;
    }
  }
  const size_t line = kHeadLines + 5;
  std::vector<std::string> changed = lines;
  changed.erase(changed.begin() + static_cast<ptrdiff_t>(line));
  EXPECT_NAMES(Join(changed), "event 6: event 5 belongs here");
  changed = lines;
  changed[line] = absl::StrReplaceAll(lines[line], {{"event 5 ", "event 4 "}});
  EXPECT_NAMES(Join(changed), "event 4: event 5 belongs here");
}

TEST_F(VerifyTest, NamesTheEndOfATruncatedFile) {
  for (size_t bytes = 0; bytes < log().text.size(); bytes += 7) {
    EXPECT_THAT(Faults(log().text.substr(0, bytes)), Not(IsEmpty())) << bytes;
  }
  std::vector<std::string> lines = Lines();
  lines.resize(kHeadLines + 3);
  EXPECT_NAMES(Join(lines), "the file ends here");
  lines.push_back("end 3");
  EXPECT_NAMES(Join(lines), "it ends before event 3");
}

// The thief of the log's key rewrites one field of one event, and signs. What
// somebody else kept tells on him.
TEST_F(VerifyTest, NamesEveryFieldRewrittenAndSignedAnew) {
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

TEST_F(VerifyTest, NamesEventsDroppedSwappedOrAddedAndSignedAnew) {
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

TEST_F(VerifyTest, SaysBetweenWhichEventsTheDifferenceIs) {
  std::vector<std::string> leaves = Leaves();
  const auto middle = Must(ParseCheckpoint(log().middle.substr(
                               0, log().middle.find("\n\n") + 1)))
                          .size;
  storage::v1::AuditLeaf leaf;
  ASSERT_TRUE(leaf.ParseFromString(leaves[middle + 1]));
  leaf.set_client_address("10.0.0.1");
  leaves[middle + 1] = leaf.SerializeAsString();
  EXPECT_NAMES(log().Forge(leaves),
               absl::StrCat("the difference is from event ", middle,
                            " to event ", log().size - 1));
}

TEST_F(VerifyTest, NamesAGroupThatWasSetBack) {
  std::vector<std::string> leaves = Leaves();
  std::vector<size_t> changes;
  for (size_t i = 0; i < leaves.size(); ++i) {
    storage::v1::AuditLeaf leaf;
    ASSERT_TRUE(leaf.ParseFromString(leaves[i]));
    if (!leaf.group_head_hash().empty()) {
      changes.push_back(i);
    }
  }
  ASSERT_GE(changes.size(), 3u);
  storage::v1::AuditLeaf first;
  storage::v1::AuditLeaf third;
  ASSERT_TRUE(first.ParseFromString(leaves[changes[0]]));
  ASSERT_TRUE(third.ParseFromString(leaves[changes[2]]));
  third.set_previous_group_head_hash(first.group_head_hash());
  leaves[changes[2]] = third.SerializeAsString();
  EXPECT_NAMES(log().Forge(leaves),
               absl::StrCat("the group was not in the state that event ",
                            changes[1], " left it in"));
}

// A log of `kept` events that was restored from a backup, and says so.
std::vector<std::string> Restored(std::vector<std::string> leaves, size_t kept,
                                  const std::string& previous) {
  leaves.resize(kept);
  storage::v1::AuditLeaf restored;
  CHECK(restored.ParseFromString(leaves.back()));
  restored.set_index(kept);
  restored.set_type(604);
  restored.set_outcome(storage::v1::AUDIT_OUTCOME_ALLOWED);
  restored.clear_group_head_hash();
  restored.clear_details_commitment();
  restored.set_previous_checkpoint(previous);
  leaves.push_back(restored.SerializeAsString());
  return leaves;
}

TEST_F(VerifyTest, FollowsALogOverARestoreAndTellsWhatIsGone) {
  const std::vector<std::string> whole =
      Restored(Leaves(), log().size, log().end);
  EXPECT_THAT(Faults(log().Forge(whole, kSecondIncarnation)), IsEmpty());
  EXPECT_THAT(
      Verify({{"export", log().Forge(whole, kSecondIncarnation)}}, std::nullopt)
          .facts,
      Contains(HasSubstr("was restored from a backup of")));
  const std::vector<std::string> shortened =
      Restored(Leaves(), log().size - 2, log().middle);
  EXPECT_NAMES(log().Forge(shortened, kSecondIncarnation),
               absl::StrCat("restored from a backup at event ", log().size - 2,
                            ", and the events from there to ", log().size - 1));
}

TEST_F(VerifyTest, NamesALogThatWasRewrittenUnderThePretextOfARestore) {
  std::vector<std::string> leaves = Leaves();
  storage::v1::AuditLeaf leaf;
  ASSERT_TRUE(leaf.ParseFromString(leaves[2]));
  leaf.set_client_address("10.0.0.1");
  leaves[2] = leaf.SerializeAsString();
  EXPECT_NAMES(
      log().Forge(Restored(leaves, log().size, log().end), kSecondIncarnation),
      "are not those of checkpoint 2 in kept");
  // Without the event of the restore it is simply another log.
  EXPECT_NAMES(log().Forge(leaves, kSecondIncarnation),
               "no export here continues it");
}

TEST_F(VerifyTest, NamesACheckpointByAnotherKey) {
  const crypto::SigningKey thief(crypto::Secret::Random(32));
  const std::string name = log().key.substr(0, log().key.find('+'));
  const std::string key = FormatVerifierKey(name, false, thief.PublicKey());
  EXPECT_THAT(Verify({{"export", log().text}}, key).faults,
              Contains(HasSubstr("names another key")));
  EXPECT_THAT(Verify({{"export", log().text}}, key).faults,
              Contains(HasSubstr("no signature by the key")));
}

TEST_F(VerifyTest, CountsErasedDetailsAndFindsThemInOrder) {
  std::vector<std::string> lines = Lines();
  int erased = 0;
  for (std::string& line : lines) {
    std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words[0] == "event" && words.size() == 6) {
      words.resize(4);
      line = absl::StrJoin(words, " ");
      ++erased;
    }
  }
  ASSERT_GT(erased, 0);
  const Verdict verdict = Verify({{"export", Join(lines)}}, log().key);
  EXPECT_THAT(verdict.faults, IsEmpty());
  EXPECT_THAT(
      verdict.facts,
      Contains(HasSubstr(absl::StrCat("details of ", erased, " were erased"))));
}

TEST_F(VerifyTest, HasNothingToSayWithoutAnExport) {
  EXPECT_THAT(Verify({{"kept", log().middle}}, log().key).faults,
              Not(IsEmpty()));
  EXPECT_THAT(Verify({}, std::nullopt).faults, Not(IsEmpty()));
  EXPECT_THAT(Verify({{"export", log().text}, {"empty", ""}}, log().key).faults,
              Not(IsEmpty()));
}

}  // namespace
}  // namespace renkei::audit
