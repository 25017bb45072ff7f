// The same answers over the API and from an export, also about kinds of events
// that no rpc makes yet: emergency access, accounts of patients and families.
// These events are put through the door and the store like any other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/audit/show.h"
#include "client/audit/verify.h"
#include "server/domain/audit.h"
#include "server/domain/authorize.h"
#include "server/jobs/checkpoints.h"
#include "server/rpc/audit_service.h"
#include "tests/support/conversation.h"
#include "tests/support/rpc_world.h"
#include "tests/support/status_matchers.h"

namespace renkei::rpc {
namespace {

namespace fs = std::filesystem;
using ::renkei::testing::Actor;
using ::renkei::testing::Conversation;
using ::renkei::testing::RpcWorld;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class AuditReportsTest : public ::testing::Test {
 protected:
  AuditReportsTest()
      : folder_(::testing::TempDir() + "/audit_reports_test-" +
                std::to_string(getpid())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    auditor_ = world().AddPerson("監査", "clerk", talk_.team().clinic);
    world().GrantRole(auditor_, storage::v1::ROLE_AUDITOR);
  }
  ~AuditReportsTest() override { fs::remove_all(folder_); }

  testing::World& world() { return talk_.world(); }
  std::string Network() {
    return absl::StrCat("networks/", world().network().ToText());
  }

  // An event of `type` about the team's patient; by a rule of its own if named.
  void Happen(const Actor& actor, v1::AuditEventType type,
              absl::string_view rule = "") {
    const auto& team = talk_.team();
    EXPECT_OK(world().Write(
        actor, domain::Action::kGetNetwork, static_cast<uint32_t>(type),
        [&](domain::WriteCall& call) -> absl::Status {
          RETURN_IF_ERROR(
              domain::Authorize(call, domain::Action::kGetNetwork, {}));
          domain::NoteSubject(call.note, {.patient = team.patient,
                                          .group = team.group,
                                          .hosting_facility = team.clinic});
          if (!rule.empty()) {
            call.authorizations.back().decision.rule = rule;
          }
          return absl::OkStatus();
        }));
  }

  v1::AuditReport Ask(v1::AuditQuestion question) {
    v1::GetAuditReportRequest request;
    request.set_parent(Network());
    request.set_question(question);
    if (question == v1::AUDIT_QUESTION_PATIENT_ACCESS) {
      request.set_patient(
          absl::StrCat(Network(), "/patients/", talk_.team().patient.ToText()));
    }
    v1::AuditReport report;
    const auto context = rpc_.As(auditor_);
    const grpc::Status status =
        stub_->GetAuditReport(context.get(), request, &report);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return report;
  }

  // A file as the auditor takes it away, in order.
  std::string Export() {
    EXPECT_OK(checkpoints_.SignGrown(world().now()));
    v1::ExportAuditEventsRequest request;
    request.set_parent(Network());
    const auto context = rpc_.As(auditor_);
    const auto reader = stub_->ExportAuditEvents(context.get(), request);
    std::string bytes;
    v1::ExportAuditEventsResponse piece;
    while (reader->Read(&piece)) {
      bytes += piece.content();
    }
    EXPECT_TRUE(reader->Finish().ok());
    EXPECT_THAT(audit::Verify({{"file", bytes}}, std::nullopt).faults,
                IsEmpty());
    const std::string path = folder_ + "/log.export";
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  // The rows that `renkei-audit report` answers offline.
  std::vector<std::string> AskOffline(const std::string& question,
                                      std::vector<std::string> filters = {}) {
    std::vector<std::string> arguments = {question, "--json"};
    arguments.insert(arguments.end(), filters.begin(), filters.end());
    arguments.push_back(Export());
    std::ostringstream out;
    EXPECT_OK(audit::Report(arguments, out));
    return absl::StrSplit(out.str(), '\n', absl::SkipEmpty());
  }

  const std::string folder_;
  Conversation talk_;
  jobs::Checkpoints checkpoints_{world().store(), world().keys(),
                                 "incarnation 0001", folder_};
  Actor auditor_;
  RpcWorld rpc_{world()};
  AuditServiceHandler handler_{rpc_.calls(), rpc_.workers()};
  const std::unique_ptr<v1::AuditService::Stub> stub_ =
      v1::AuditService::NewStub(rpc_.Serve(handler_));
};

TEST_F(AuditReportsTest, TellEmergencyAccessAndItsReview) {
  const Actor& pharmacist = talk_.team().stranger;
  const Actor& physician = talk_.team().physician;
  Happen(pharmacist, v1::AUDIT_EVENT_TYPE_BREAK_GLASS_BEGUN);
  Happen(pharmacist, v1::AUDIT_EVENT_TYPE_MESSAGES_READ, "break_glass");
  Happen(pharmacist, v1::AUDIT_EVENT_TYPE_BREAK_GLASS_ENDED);
  Happen(physician, v1::AUDIT_EVENT_TYPE_MESSAGES_READ);
  Happen(physician, v1::AUDIT_EVENT_TYPE_BREAK_GLASS_REVIEWED);

  const v1::AuditReport report = Ask(v1::AUDIT_QUESTION_BREAK_GLASS);
  ASSERT_THAT(report.findings(), SizeIs(2));
  const v1::AuditFinding& use = report.findings(0);
  EXPECT_THAT(use.actor().person(), HasSubstr(pharmacist.person.ToText()));
  EXPECT_THAT(use.patient(), HasSubstr(talk_.team().patient.ToText()));
  EXPECT_EQ(use.count(), 3);
  EXPECT_THAT(use.types(), ElementsAre(v1::AUDIT_EVENT_TYPE_MESSAGES_READ,
                                       v1::AUDIT_EVENT_TYPE_BREAK_GLASS_BEGUN,
                                       v1::AUDIT_EVENT_TYPE_BREAK_GLASS_ENDED));
  EXPECT_THAT(report.findings(1).actor().person(),
              HasSubstr(physician.person.ToText()));
  EXPECT_THAT(report.findings(1).types(),
              ElementsAre(v1::AUDIT_EVENT_TYPE_BREAK_GLASS_REVIEWED));

  const std::vector<std::string> rows = AskOffline("break-glass");
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_THAT(rows[0], HasSubstr("messages_read break_glass_begun "
                                 "break_glass_ended"));
  EXPECT_THAT(rows[1], HasSubstr("\"types\":\"break_glass_reviewed\""));
  EXPECT_THAT(rows[1], HasSubstr(physician.person.ToText()));
}

TEST_F(AuditReportsTest, TellWhoGaveAndTookAPatientsAccount) {
  const Actor& nurse = talk_.team().nurse;
  Happen(nurse, v1::AUDIT_EVENT_TYPE_PATIENT_ACCOUNT_CREATED);
  Happen(nurse, v1::AUDIT_EVENT_TYPE_PATIENT_ACCOUNT_ENDED);

  const v1::AuditReport access = Ask(v1::AUDIT_QUESTION_PATIENT_ACCESS);
  ASSERT_THAT(access.findings(), SizeIs(1));
  EXPECT_THAT(access.findings(0).actor().person(),
              HasSubstr(nurse.person.ToText()));
  EXPECT_THAT(access.findings(0).types(),
              ElementsAre(v1::AUDIT_EVENT_TYPE_PATIENT_ACCOUNT_CREATED,
                          v1::AUDIT_EVENT_TYPE_PATIENT_ACCOUNT_ENDED));
  const std::vector<std::string> rows = AskOffline(
      "patient-access", {"--patient", talk_.team().patient.ToText()});
  ASSERT_THAT(rows, SizeIs(2));  // the auditor's question is the second
  EXPECT_THAT(rows[0],
              HasSubstr("\"patient_account_created patient_account_ended\""));
}

TEST_F(AuditReportsTest, TellPatientsAndFamiliesFromThoseWhoCareForThem) {
  const auto& team = talk_.team();
  const Actor daughter = world().AddPerson("国領 花", "family", team.clinic);
  Happen(team.nurse, v1::AUDIT_EVENT_TYPE_GROUP_CREATED);
  world().Advance(absl::Hours(12));  // at night, or on a weekend, at some time
  for (int i = 0; i < 24; ++i) {
    world().Advance(absl::Hours(1));
    Happen(world().SignInAgain(daughter, "telephone"),
           v1::AUDIT_EVENT_TYPE_MESSAGES_READ);
  }
  auditor_ = world().SignInAgain(auditor_, "the next day's");
  const v1::AuditReport access = Ask(v1::AUDIT_QUESTION_PATIENT_ACCESS);
  ASSERT_THAT(access.findings(), SizeIs(2));
  EXPECT_EQ(access.findings(0).actor().signature().profession(), "family");
  EXPECT_EQ(access.findings(0).count(), 24);
  EXPECT_THAT(access.findings(1).types(),
              ElementsAre(v1::AUDIT_EVENT_TYPE_GROUP_CREATED));
  for (const v1::AuditQuestion question :
       {v1::AUDIT_QUESTION_OFF_HOURS, v1::AUDIT_QUESTION_OUTSIDE_TEAM}) {
    const v1::AuditReport report = Ask(question);
    for (const v1::AuditFinding& finding : report.findings()) {
      EXPECT_NE(finding.actor().signature().profession(), "family");
    }
  }
  for (const std::string question : {"off-hours", "outside-team"}) {
    for (const std::string& row : AskOffline(question)) {
      EXPECT_THAT(row, Not(HasSubstr("\"profession\":\"family\"")));
    }
  }
}

}  // namespace
}  // namespace renkei::rpc
