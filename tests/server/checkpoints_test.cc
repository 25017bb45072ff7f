#include "server/jobs/checkpoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "client/audit/proof.h"
#include "server/domain/audit.h"
#include "server/domain/audit_query.h"
#include "server/domain/authorize.h"
#include "server/domain/backups.h"
#include "tests/support/status_matchers.h"
#include "tests/support/world.h"

namespace renkei::jobs {
namespace {

namespace fs = std::filesystem;
using ::renkei::testing::Actor;
using ::renkei::testing::IsOk;
using ::renkei::testing::Must;
using ::renkei::testing::StatusIs;
using ::renkei::testing::World;
using ::testing::HasSubstr;

constexpr const char* kIncarnation = "incarnation 0001";

class CheckpointsTest : public ::testing::Test {
 protected:
  CheckpointsTest()
      : folder_(::testing::TempDir() + "/checkpoints-" +
                std::to_string(getpid())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~CheckpointsTest() override { fs::remove_all(folder_); }

  const std::string folder_;
  World world_;
  const Actor nurse_ =
      world_.AddPerson("佐藤", "visiting_nurse", world_.AddFacility("訪問"));
  Checkpoints checkpoints_{world_.store(), world_.keys(), kIncarnation,
                           folder_};

  void AddEvents(int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_OK(world_.Read(
          nurse_, domain::Action::kGetNetwork, 100, [](domain::ReadCall& call) {
            return domain::Authorize(call, domain::Action::kGetNetwork, {});
          }));
    }
  }
  storage::v1::CheckpointRecord Kept() {
    return Must(world_.Look().Get(storage::kCheckpoints, {world_.network()}));
  }
  std::string OnlyFile() {
    for (const auto& entry : fs::directory_iterator(folder_)) {
      return entry.path().string();
    }
    return "";
  }
  std::string Bytes(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  // What `renkeid restore` of a backup with so many events is told by.
  void RecordRestore(uint64_t events) {
    world_.Change([&](storage::Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(auto head,
                       tx.Get(storage::kNetworkHeads, {world_.network()}));
      head.set_audit_size(events);
      RETURN_IF_ERROR(tx.Put(storage::kNetworkHeads, {world_.network()}, head));
      domain::WriteCall call =
          domain::NewWriteCall(tx, std::nullopt, {}, world_.keys());
      return domain::RecordRestore(call, {});
    });
  }
  // As after a rollback of the whole database to a state with other events.
  void ReplaceTree(uint64_t leaves) {
    world_.Change([&](storage::Transaction& tx) -> absl::Status {
      tx.Delete(storage::kAuditTrees, {world_.network()});
      for (uint64_t i = 0; i < leaves; ++i) {
        RETURN_IF_ERROR(
            domain::AppendToTree(tx, world_.network(), i, "rewritten"));
      }
      return absl::OkStatus();
    });
  }
};

TEST_F(CheckpointsTest, SignsWhatGrewSoThatAnAuditorCanCheckIt) {
  AddEvents(3);
  ASSERT_OK(checkpoints_.SignGrown(world_.now()));
  const storage::v1::CheckpointRecord kept = Kept();
  const audit::VerifierKey key =
      Must(audit::ParseVerifierKey(kept.verifier_key()));
  const audit::Checkpoint checkpoint =
      Must(audit::ParseCheckpoint(Must(audit::OpenNote(kept.note(), key))));
  EXPECT_EQ(checkpoint.origin, key.name);
  EXPECT_EQ(checkpoint.size, 3u);
  audit::TreeHasher tree;
  for (uint64_t i = 0; i < 3; ++i) {
    const auto record =
        Must(world_.Look().Get(storage::kAudit, {world_.network(), i}));
    tree.Append(audit::LeafHash(record.leaf()));
  }
  EXPECT_EQ(checkpoint.root, tree.Root());
}

TEST_F(CheckpointsTest, AppendsEachToTheSecondPlaceOnce) {
  AddEvents(1);
  ASSERT_OK(checkpoints_.SignGrown(world_.now()));
  const std::string first = Kept().note();
  EXPECT_EQ(Bytes(OnlyFile()), first + "\n");
  ASSERT_OK(checkpoints_.SignGrown(world_.now()));
  EXPECT_EQ(Bytes(OnlyFile()), first + "\n");
  AddEvents(1);
  ASSERT_OK(checkpoints_.SignGrown(world_.now()));
  EXPECT_EQ(Bytes(OnlyFile()), first + "\n" + Kept().note() + "\n");
  EXPECT_THAT(OnlyFile(), HasSubstr("-2026-04-01.checkpoints"));
}

TEST_F(CheckpointsTest, GoesOnAfterARestart) {
  AddEvents(5);
  ASSERT_OK(checkpoints_.SignGrown(world_.now()));
  world_.Reopen();
  Checkpoints again(world_.store(), world_.keys(), kIncarnation, folder_);
  EXPECT_OK(again.CheckLastSigned());
  AddEvents(1);
  EXPECT_OK(again.CheckLastSigned());
  EXPECT_OK(again.SignGrown(world_.now()));
  EXPECT_EQ(Kept().size(), 6u);
}

TEST_F(CheckpointsTest, RefusesALogThatIsShorterThanWhatWasSigned) {
  AddEvents(5);
  ASSERT_OK(checkpoints_.SignGrown(world_.now()));
  ReplaceTree(4);
  const absl::Status refused = checkpoints_.CheckLastSigned();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("has 4 events, and a checkpoint of 5 was signed"));
  EXPECT_THAT(checkpoints_.SignGrown(world_.now()),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(CheckpointsTest, RefusesALogThatWasRewritten) {
  AddEvents(5);
  ASSERT_OK(checkpoints_.SignGrown(world_.now()));
  ReplaceTree(9);
  EXPECT_THAT(checkpoints_.CheckLastSigned(),
              StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(checkpoints_.SignGrown(world_.now()),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(CheckpointsTest, FindsARolledBackStoreByTheSecondPlaceAlone) {
  AddEvents(5);
  ASSERT_OK(checkpoints_.SignGrown(world_.now()));
  world_.Change([&](storage::Transaction& tx) {
    tx.Delete(storage::kCheckpoints, {world_.network()});
    tx.Delete(storage::kAuditTrees, {world_.network()});
    return absl::OkStatus();
  });
  EXPECT_THAT(checkpoints_.CheckLastSigned(),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(CheckpointsTest, FindsALostSecondPlaceNoReasonToStop) {
  AddEvents(5);
  ASSERT_OK(checkpoints_.SignGrown(world_.now()));
  fs::remove_all(folder_);
  EXPECT_OK(checkpoints_.CheckLastSigned());
  AddEvents(1);
  EXPECT_OK(checkpoints_.SignGrown(world_.now()));
}

TEST_F(CheckpointsTest, PassesOverAnEntryThatACrashCutShort) {
  AddEvents(2);
  ASSERT_OK(checkpoints_.SignGrown(world_.now()));
  {
    std::ofstream file(OnlyFile(), std::ios::app | std::ios::binary);
    file << "renkei/" << world_.network().ToText() << "/x\n3\nab";
  }
  EXPECT_OK(checkpoints_.CheckLastSigned());
  AddEvents(1);
  ASSERT_OK(checkpoints_.SignGrown(world_.now()));
  EXPECT_OK(checkpoints_.CheckLastSigned());
  const CheckpointFolder folder(folder_);
  const auto signer = Must(domain::CheckpointSigner::Of(
      world_.keys(), world_.network(), kIncarnation));
  EXPECT_EQ(Must(folder.Last(signer))->size, 3u);
}

TEST_F(CheckpointsTest, BeginsALogOfItsOwnAfterARestoreThatIsTold) {
  AddEvents(5);
  ASSERT_OK(checkpoints_.SignGrown(world_.now()));
  const std::string before = Kept().note();
  const std::string key_before = Kept().verifier_key();
  ReplaceTree(2);  // as a backup would
  Checkpoints restored(world_.store(), world_.keys(), "a second 1", folder_);
  EXPECT_OK(restored.CheckLastSigned());
  EXPECT_THAT(restored.SignGrown(world_.now()),
              StatusIs(absl::StatusCode::kDataLoss));
  RecordRestore(2);
  EXPECT_OK(restored.SignGrown(world_.now()));
  EXPECT_GT(Kept().size(), 2u);
  EXPECT_NE(Kept().verifier_key(), key_before);
  const auto event =
      Must(domain::ReadAuditEvent(world_.Look(), world_.network(), 2));
  EXPECT_EQ(event.leaf.type(),
            static_cast<uint32_t>(domain::AuditType::kBackupRestored));
  EXPECT_EQ(event.leaf.previous_checkpoint(), before);
}

TEST_F(CheckpointsTest, SignsWithinSecondsAndAtTheEnd) {
  {
    Checkpoints running(world_.store(), world_.keys(), kIncarnation, folder_);
    running.Run([this] { return world_.now(); },
                [](const absl::Status& status) { EXPECT_OK(status); });
    AddEvents(2);
  }
  EXPECT_EQ(Kept().size(), 2u);
}

}  // namespace
}  // namespace renkei::jobs
