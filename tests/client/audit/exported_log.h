// A real log of a talking team as an auditor takes it away, and what a forger
// makes of it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/audit/export_file.h"
#include "client/audit/verify.h"
#include "server/domain/audit_proofs.h"
#include "server/domain/authorize.h"
#include "server/domain/checkpoint.h"
#include "server/jobs/checkpoints.h"
#include "tests/support/conversation.h"
#include "tests/support/status_matchers.h"

namespace renkei::audit {

inline constexpr absl::string_view kIncarnation = "incarnation 0001";

// Exported by the server's own code, with a checkpoint from the middle and one
// from the end that somebody else kept.
class ExportedLog {
 public:
  ExportedLog() {
    const std::string folder =
        ::testing::TempDir() + "/exported_log-" + std::to_string(getpid());
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
    const auto signer = testing::Must(domain::CheckpointSigner::Of(
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
      const auto sent =
          testing::Must(talk_.Send(team.nurse, "血圧は安定しています"));
      CHECK_OK(talk_.List(team.physician, talk_.Timeline(10)).status());
      for (int times = 0; times < 3; ++times) {  // are denied, and fold
        talk_.Send(team.stranger, "?").status().IgnoreError();
      }
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
    return testing::Must(talk_.world().Look().Get(storage::kCheckpoints,
                                                  {talk_.world().network()}));
  }

  testing::Conversation talk_;
  testing::Actor auditor_;
};

class ExportedLogTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { log_ = std::make_unique<ExportedLog>(); }
  static void TearDownTestSuite() { log_.reset(); }
  static ExportedLog& log() { return *log_; }
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
  static inline std::unique_ptr<ExportedLog> log_;
};

// `text` has a fault that names `place`.
#define EXPECT_NAMES(text, place) \
  EXPECT_THAT(Faults(text), ::testing::Contains(::testing::HasSubstr(place)))

}  // namespace renkei::audit
