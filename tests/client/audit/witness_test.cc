// The witness as its own process, beside the process that has the log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/audit/proof.h"
#include "server/domain/authorize.h"
#include "server/domain/checkpoint.h"
#include "server/jobs/checkpoints.h"
#include "tests/support/status_matchers.h"
#include "tests/support/world.h"

namespace renkei::audit {
namespace {

namespace fs = std::filesystem;
using ::renkei::testing::Actor;
using ::renkei::testing::Must;
using ::renkei::testing::World;
using ::testing::HasSubstr;

constexpr const char* kIncarnation = "incarnation 0001";

struct Outcome {
  int exit_code = -1;
  std::string out;  // of both streams
};

Outcome RunAudit(const std::string& arguments) {
  FILE* pipe =
      ::popen(absl::StrCat(RENKEI_BIN_DIR, "/renkei-audit ", arguments, " 2>&1")
                  .c_str(),
              "r");
  Outcome outcome;
  std::array<char, 4096> buffer;
  while (const size_t got = fread(buffer.data(), 1, buffer.size(), pipe)) {
    outcome.out.append(buffer.data(), got);
  }
  outcome.exit_code = WEXITSTATUS(::pclose(pipe));
  return outcome;
}

class WitnessTest : public ::testing::Test {
 protected:
  WitnessTest()
      : folder_(::testing::TempDir() + "/witness_test-" +
                std::to_string(getpid())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    const Outcome made =
        RunAudit(absl::StrCat("witness-init ", folder_, "/w example.org/w"));
    EXPECT_EQ(made.exit_code, 0) << made.out;
    witness_key_ = made.out.substr(0, made.out.find('\n'));
  }
  ~WitnessTest() override { fs::remove_all(folder_); }

  void AddEvents(int count) {
    for (int i = 0; i < count; ++i) {
      EXPECT_OK(world_.Read(
          nurse_, domain::Action::kGetNetwork, 100, [](domain::ReadCall& call) {
            return domain::Authorize(call, domain::Action::kGetNetwork, {});
          }));
    }
    EXPECT_OK(checkpoints_.SignGrown(world_.now()));
  }
  std::string Checkpoint() {
    return Must(world_.Look().Get(storage::kCheckpoints, {world_.network()}))
        .note();
  }
  std::string Write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << bytes;
    return folder_ + "/" + name;
  }
  // A line of `renkei audit consistency`.
  std::string Consistency(uint64_t older, uint64_t newer) {
    const storage::Snapshot view = world_.Look();
    const auto tree = Must(domain::AuditTree::Open(view, world_.network()));
    std::vector<std::string> words;
    for (const Hash32& hash : Must(tree.ProveConsistency(older, newer))) {
      words.push_back(
          absl::StrCat("\"", absl::Base64Escape(hash.bytes()), "\""));
    }
    return absl::StrCat(R"({"type":"consistency","proof":[)",
                        absl::StrJoin(words, ","), "]}");
  }
  Outcome Cosign(const std::string& note, const std::string& proof) {
    return RunAudit(
        absl::StrCat("witness --key ", signer_.verifier_key(),
                     proof.empty() ? "" : " --proof " + Write("proof", proof),
                     " ", folder_, "/w ", Write("note", note)));
  }

  const std::string folder_;
  std::string witness_key_;
  World world_;
  const Actor nurse_ =
      world_.AddPerson("佐藤", "visiting_nurse", world_.AddFacility("訪問"));
  jobs::Checkpoints checkpoints_{world_.store(), world_.keys(), kIncarnation,
                                 folder_};
  const domain::CheckpointSigner signer_ = Must(domain::CheckpointSigner::Of(
      world_.keys(), world_.network(), kIncarnation));
};

TEST_F(WitnessTest, CosignsWhatContinuesTheLog) {
  AddEvents(3);
  const Outcome first = Cosign(Checkpoint(), "");
  ASSERT_EQ(first.exit_code, 0) << first.out;
  AddEvents(4);
  const Outcome second = Cosign(Checkpoint(), Consistency(3, 7));
  ASSERT_EQ(second.exit_code, 0) << second.out;
  for (const Outcome& outcome : {first, second}) {
    EXPECT_OK(OpenNote(outcome.out, Must(ParseVerifierKey(witness_key_))));
    EXPECT_OK(
        OpenNote(outcome.out, Must(ParseVerifierKey(signer_.verifier_key()))));
  }
}

TEST_F(WitnessTest, CatchesAServerThatShowsTwoFaces) {
  AddEvents(3);
  ASSERT_EQ(Cosign(Checkpoint(), "").exit_code, 0);
  AddEvents(4);
  const std::string proof = Consistency(3, 7);
  const std::string other =
      signer_.Sign(7, LeafHash("the face for others")).note;
  const Outcome refused = Cosign(other, proof);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.out, HasSubstr("does not continue the 3 events"));
  // Also without a proof, with a shorter log, and with the same size.
  EXPECT_EQ(Cosign(Checkpoint(), "").exit_code, 1);
  EXPECT_EQ(Cosign(signer_.Sign(2, LeafHash("x")).note, "").exit_code, 1);
  EXPECT_EQ(Cosign(signer_.Sign(3, LeafHash("x")).note, "").exit_code, 1);
  // What it refused it has not remembered.
  EXPECT_EQ(Cosign(Checkpoint(), proof).exit_code, 0);
}

TEST_F(WitnessTest, CosignsNothingOfAnotherKey) {
  AddEvents(1);
  const crypto::SigningKey thief(crypto::Secret::Random(32));
  const std::string key =
      FormatVerifierKey(signer_.origin(), false, thief.PublicKey());
  const Outcome refused = RunAudit(absl::StrCat(
      "witness --key ", key, " ", folder_, "/w ", Write("note", Checkpoint())));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.out, HasSubstr("no signature"));
}

}  // namespace
}  // namespace renkei::audit
