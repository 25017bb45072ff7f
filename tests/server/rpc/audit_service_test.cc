// Proofs and exports of the audit log over real gRPC, and what a client of ours
// makes of them.
#include "server/rpc/audit_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "client/audit/verify.h"
#include "client/log_watch.h"
#include "server/jobs/checkpoints.h"
#include "tests/support/conversation.h"
#include "tests/support/rpc_world.h"
#include "tests/support/status_matchers.h"

namespace renkei::rpc {
namespace {

namespace fs = std::filesystem;
using ::renkei::testing::Actor;
using ::renkei::testing::Conversation;
using ::renkei::testing::Must;
using ::renkei::testing::ReasonIn;
using ::renkei::testing::RpcWorld;
using ::testing::IsEmpty;

// Tokens that never need to be refreshed.
class FixedTokens : public client::TokenStore {
 public:
  explicit FixedTokens(const Actor& actor) {
    tokens_.access_token = testing::AccessToken(actor);
    tokens_.access_expires_at = absl::InfiniteFuture();
  }
  absl::StatusOr<client::Tokens> Load() override { return tokens_; }
  absl::Status Replace(Exchange) override {
    return absl::UnimplementedError("never stale");
  }

 private:
  client::Tokens tokens_;
};

class AuditServiceTest : public ::testing::Test {
 protected:
  AuditServiceTest()
      : folder_(::testing::TempDir() + "/audit_service_test-" +
                std::to_string(getpid())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    auditor_ = world().AddPerson("監査", "clerk", talk_.team().clinic);
    world().GrantRole(auditor_, storage::v1::ROLE_AUDITOR);
    administrator_ = world().AddPerson("事務長", "clerk", talk_.team().station);
    world().GrantRole(administrator_, storage::v1::ROLE_FACILITY_ADMINISTRATOR,
                      talk_.team().station);
    Talk(3);
  }
  ~AuditServiceTest() override { fs::remove_all(folder_); }

  testing::World& world() { return talk_.world(); }
  std::string Network() {
    return absl::StrCat("networks/", world().network().ToText());
  }
  void Talk(int messages) {
    for (int i = 0; i < messages; ++i) {
      EXPECT_OK(talk_.Send(talk_.team().nurse, "変わりありません"));
    }
    EXPECT_OK(checkpoints_.SignGrown(world().now()));
  }

  grpc::Status Export(const Actor& actor, int64_t first, std::string& file) {
    v1::ExportAuditEventsRequest request;
    request.set_parent(Network());
    request.set_first_index(first);
    const auto context = rpc_.As(actor);
    const auto reader = stub_->ExportAuditEvents(context.get(), request);
    v1::ExportAuditEventsResponse piece;
    while (reader->Read(&piece)) {
      file += piece.content();
    }
    return reader->Finish();
  }
  grpc::Status Inclusion(const Actor& actor, uint64_t index,
                         v1::InclusionProof& proof) {
    v1::GetInclusionProofRequest request;
    request.set_name(absl::StrCat(Network(), "/auditEvents/", index));
    request.set_tree_size(3);
    const auto context = rpc_.As(actor);
    return stub_->GetInclusionProof(context.get(), request, &proof);
  }

  const std::string folder_;
  Conversation talk_;
  jobs::Checkpoints checkpoints_{world().store(), world().keys(),
                                 "incarnation 0001", folder_};
  Actor auditor_;
  Actor administrator_;
  RpcWorld rpc_{world()};
  AuditServiceHandler handler_{rpc_.calls(), rpc_.workers()};
  const std::shared_ptr<grpc::Channel> channel_ = rpc_.Serve(handler_);
  const std::unique_ptr<v1::AuditService::Stub> stub_ =
      v1::AuditService::NewStub(channel_);
};

TEST_F(AuditServiceTest, ExportsAFileThatProvesItself) {
  std::string file;
  ASSERT_TRUE(Export(auditor_, 0, file).ok());
  EXPECT_THAT(audit::Verify({{"file", file}}, std::nullopt).faults, IsEmpty());
  // The export is an event itself, and in the next file.
  Talk(1);
  std::string later;
  ASSERT_TRUE(Export(auditor_, 2, later).ok());
  EXPECT_THAT(
      audit::Verify({{"file", file}, {"later", later}}, std::nullopt).faults,
      IsEmpty());
}

TEST_F(AuditServiceTest, ExportsToNobodyButAuditors) {
  for (const Actor& actor : {talk_.team().nurse, administrator_}) {
    std::string file;
    EXPECT_EQ(ReasonIn(Export(actor, 0, file)), "NOT_PERMITTED");
    EXPECT_THAT(file, IsEmpty());
  }
  std::string file;
  EXPECT_EQ(ReasonIn(Export(auditor_, 4711, file)), "FIELD_INVALID");
}

TEST_F(AuditServiceTest, ProvesAnEventToWhomItConcerns) {
  v1::InclusionProof proof;
  ASSERT_TRUE(Inclusion(administrator_, 1, proof).ok());
  v1::InclusionProof same;
  ASSERT_TRUE(Inclusion(auditor_, 1, same).ok());
  EXPECT_EQ(proof.leaf(), same.leaf());
  const auto kept =
      Must(world().Look().Get(storage::kCheckpoints, {world().network()}));
  const Hash32 root = *Hash32::FromBytes(kept.root());
  std::vector<Hash32> path;
  for (const std::string& hash : proof.hashes()) {
    path.push_back(*Hash32::FromBytes(hash));
  }
  EXPECT_OK(
      audit::CheckInclusion(1, 3, audit::LeafHash(proof.leaf()), root, path));
  EXPECT_FALSE(Inclusion(talk_.team().nurse, 1, proof).ok());
  EXPECT_FALSE(Inclusion(talk_.team().care_manager, 1, proof).ok());
}

TEST_F(AuditServiceTest, AnswersWhoSawAPatient) {
  ASSERT_OK(talk_.List(talk_.team().physician, talk_.Timeline(10)));
  v1::GetAuditReportRequest request;
  request.set_parent(Network());
  request.set_question(v1::AUDIT_QUESTION_PATIENT_ACCESS);
  request.set_patient(
      absl::StrCat(Network(), "/patients/", talk_.team().patient.ToText()));
  v1::AuditReport report;
  const auto context = rpc_.As(auditor_);
  ASSERT_TRUE(stub_->GetAuditReport(context.get(), request, &report).ok());
  ASSERT_EQ(report.findings_size(), 2);
  EXPECT_EQ(report.findings(0).count(), 3);  // the nurse's three messages
  EXPECT_THAT(report.findings(0).types(),
              ::testing::ElementsAre(v1::AUDIT_EVENT_TYPE_MESSAGE_SENT));
  EXPECT_EQ(
      report.findings(1).actor().facility(),
      absl::StrCat(Network(), "/facilities/", talk_.team().clinic.ToText()));
}

TEST_F(AuditServiceTest, AnswersFacilitiesOnlyAboutTheirOwn) {
  v1::GetAuditReportRequest request;
  request.set_parent(Network());
  request.set_question(v1::AUDIT_QUESTION_OFF_HOURS);
  const auto ask = [&](const Actor& actor) {
    v1::AuditReport report;
    const auto context = rpc_.As(actor);
    return stub_->GetAuditReport(context.get(), request, &report);
  };
  EXPECT_EQ(ReasonIn(ask(administrator_)), "NOT_PERMITTED");
  const std::string facilities = absl::StrCat(Network(), "/facilities/");
  request.set_facility(facilities + talk_.team().station.ToText());
  EXPECT_TRUE(ask(administrator_).ok());
  EXPECT_EQ(ReasonIn(ask(talk_.team().nurse)), "NOT_PERMITTED");
  request.set_facility(facilities + talk_.team().clinic.ToText());
  EXPECT_EQ(ReasonIn(ask(administrator_)), "NOT_PERMITTED");
  request.set_question(v1::AUDIT_QUESTION_PATIENT_ACCESS);
  EXPECT_EQ(ReasonIn(ask(auditor_)), "FIELD_INVALID");  // of which patient?
}

TEST_F(AuditServiceTest, KeepsAReviewAsAnEventThatCanBeProved) {
  v1::RecordAuditReviewRequest request;
  request.set_facility(
      absl::StrCat(Network(), "/facilities/", talk_.team().station.ToText()));
  request.mutable_start_time()->set_seconds(1'770'000'000);
  request.mutable_end_time()->set_seconds(1'772'000'000);
  request.set_findings("問題なし");
  request.set_request_id(testing::NewRequestId());
  v1::RecordAuditReviewResponse first;
  v1::RecordAuditReviewResponse again;
  for (auto* response : {&first, &again}) {
    const auto context = rpc_.As(administrator_);
    ASSERT_TRUE(
        stub_->RecordAuditReview(context.get(), request, response).ok());
  }
  EXPECT_EQ(first.audit_event(), again.audit_event());
  v1::GetAuditEventRequest get;
  get.set_name(first.audit_event());
  v1::AuditEvent event;
  const auto context = rpc_.As(auditor_);
  ASSERT_TRUE(stub_->GetAuditEvent(context.get(), get, &event).ok());
  EXPECT_EQ(event.type(), v1::AUDIT_EVENT_TYPE_AUDIT_REVIEWED);
  EXPECT_EQ(event.details().at("findings"), "問題なし");
  EXPECT_THAT(event.targets(), ::testing::Contains(request.facility()));
  request.set_request_id(testing::NewRequestId());
  const auto nurse = rpc_.As(talk_.team().nurse);
  EXPECT_EQ(ReasonIn(stub_->RecordAuditReview(nurse.get(), request, &again)),
            "NOT_PERMITTED");
}

TEST_F(AuditServiceTest, LetsAClientFollowTheLog) {
  FixedTokens tokens(talk_.team().care_manager);
  client::Client client(channel_, tokens, absl::Seconds(10));
  const client::CheckpointFile kept(folder_, Network());
  ASSERT_OK(client::CheckLog(client, Network(), kept));
  EXPECT_EQ(Must(kept.Read())->checkpoint.size, 3u);
  ASSERT_OK(client::CheckLog(client, Network(), kept));
  Talk(2);
  ASSERT_OK(client::CheckLog(client, Network(), kept));
  EXPECT_EQ(Must(kept.Read())->checkpoint.size, 5u);
}

TEST_F(AuditServiceTest, AlarmsAClientThatSawAnotherLog) {
  FixedTokens tokens(talk_.team().nurse);
  client::Client client(channel_, tokens, absl::Seconds(10));
  const client::CheckpointFile kept(folder_, Network());
  const auto signer = Must(domain::CheckpointSigner::Of(
      world().keys(), world().network(), "incarnation 0001"));
  const Hash32 other = audit::LeafHash("another face");
  for (const uint64_t size : {uint64_t{2}, uint64_t{3}, uint64_t{99}}) {
    const auto shown_before = Must(client::OpenCheckpoint(
        Network(), signer.verifier_key(), signer.Sign(size, other).note));
    ASSERT_OK(kept.Replace(shown_before));
    const absl::Status alarm = client::CheckLog(client, Network(), kept);
    EXPECT_TRUE(client::IsLogAlarm(alarm)) << size << alarm;
    // What was kept stays, with what contradicts it, and alarms again.
    EXPECT_EQ(Must(kept.Read())->note, shown_before.note);
    EXPECT_TRUE(fs::exists(kept.path() + ".conflict"));
    EXPECT_TRUE(client::IsLogAlarm(client::CheckLog(client, Network(), kept)));
  }
}

TEST_F(AuditServiceTest, AlarmsAClientWhenTheKeyIsAnother) {
  FixedTokens tokens(talk_.team().nurse);
  client::Client client(channel_, tokens, absl::Seconds(10));
  const client::CheckpointFile kept(folder_, Network());
  ASSERT_OK(client::CheckLog(client, Network(), kept));
  const auto now = Must(kept.Read());
  const crypto::SigningKey thief(crypto::Secret::Random(32));
  const std::string text = now->note.substr(0, now->note.find("\n\n") + 1);
  const std::string key =
      audit::FormatVerifierKey(now->key.name, false, thief.PublicKey());
  const std::string signature =
      absl::StrCat(Must(audit::ParseVerifierKey(key)).id, thief.Sign(text));
  ASSERT_OK(kept.Replace(Must(client::OpenCheckpoint(
      Network(), key,
      absl::StrCat(text, "\n\xE2\x80\x94 ", now->key.name, " ",
                   absl::Base64Escape(signature), "\n")))));
  EXPECT_TRUE(client::IsLogAlarm(client::CheckLog(client, Network(), kept)));
}

}  // namespace
}  // namespace renkei::rpc
