// audit report, audit review: what auditors ask often, and that they looked.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/command.h"
#include "client/describe.h"
#include "client/labels.h"
#include "client/times.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

using Audit = v1::AuditService::Stub;

Row Cells(const v1::AuditFinding& finding, const View& view) {
  const std::string signature =
      SignatureText(finding.actor().signature(), view);
  std::string types;
  for (const int type : finding.types()) {
    absl::StrAppend(
        &types, types.empty() ? "" : " ",
        Label(static_cast<v1::AuditEventType>(type), view.language));
  }
  return {absl::StrCat(finding.count()),
          absl::StrCat(finding.patients()),
          TimeText(finding.first_time(), view),
          TimeText(finding.last_time(), view),
          signature.empty() ? finding.actor().person() : signature,
          finding.patient(),
          finding.what(),
          types};
}

absl::Status Report(Invocation& in) {
  const Arguments& arguments = in.arguments();
  v1::GetAuditReportRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), in.Network());
  ASSIGN_OR_RETURN(const auto question,
                   ParseEnum<v1::AuditQuestion>(
                       absl::StrReplaceAll(in.operand(0), {{"-", "_"}})));
  request.set_question(question);
  request.set_patient(arguments.Get("patient"));
  request.set_actor(arguments.Get("actor"));
  request.set_session(arguments.Get("session"));
  request.set_facility(arguments.Get("facility"));
  if (arguments.Has("since")) {
    ASSIGN_OR_RETURN(*request.mutable_start_time(),
                     ParseTime(arguments.Get("since")));
  }
  if (arguments.Has("until")) {
    ASSIGN_OR_RETURN(*request.mutable_end_time(),
                     ParseTime(arguments.Get("until")));
  }
  ASSIGN_OR_RETURN(const int threshold, arguments.Number("threshold", 0));
  request.set_threshold(threshold);
  ASSIGN_OR_RETURN(const v1::AuditReport answer,
                   in.Call(&Audit::GetAuditReport, request));
  const View view = in.NamingView();
  std::vector<Row> rows = {Heading({{"件数", "EVENTS"},
                                    {"患者数", "PATIENTS"},
                                    {"最初", "FIRST"},
                                    {"最後", "LAST"},
                                    {"だれが", "WHO"},
                                    {"患者", "PATIENT"},
                                    {"内訳", "WHAT"},
                                    {"操作", "ACTIONS"}},
                                   view.language)};
  for (const v1::AuditFinding& finding : answer.findings()) {
    rows.push_back(Cells(finding, view));
  }
  return in.output().Show(
      answer, arguments.Has("csv") ? FormatCsv(rows) : FormatTable(rows));
}

absl::Status Review(Invocation& in) {
  v1::RecordAuditReviewRequest request;
  request.set_facility(in.operand(0));
  ASSIGN_OR_RETURN(*request.mutable_start_time(),
                   ParseTime(in.arguments().Get("since")));
  ASSIGN_OR_RETURN(*request.mutable_end_time(),
                   ParseTime(in.arguments().Get("until")));
  request.set_findings(in.operand(1));
  ASSIGN_OR_RETURN(const v1::RecordAuditReviewResponse answer,
                   in.Call(&Audit::RecordAuditReview, request));
  return in.output().Show(answer, answer.audit_event());
}

constexpr Option kSince = {
    "since", "TIME", {"この時刻以後", "at or after this time"}};
constexpr Option kUntil = {
    "until", "TIME", {"この時刻より前", "before this time"}};

constexpr Option kReportOptions[] = {
    {"patient", "PATIENT", {"この患者について", "about this patient"}},
    {"actor", "PERSON", {"この人について", "about this person"}},
    {"session",
     "SESSION",
     {"このセッション(端末)について", "about this session, of a device"}},
    {"facility",
     "FACILITY",
     {"この施設の人、またはこの施設の患者",
      "people of this facility, or patients it hosts"}},
    kSince,
    kUntil,
    {"threshold",
     "N",
     {"基準の患者数または日数", "of patients a day, or of days"}},
    {"csv", "", {"CSV で出力", "print CSV"}},
};

constexpr Option kReviewOptions[] = {kSince, kUntil};

constexpr Command kCommands[] = {
    {"audit report",
     "QUESTION",
     1,
     1,
     {"よくある監査の問いに答える: patient-access account-reach outside-team "
      "break-glass off-hours bulk-readers dormant-accounts denials "
      "audit-queries",
      "answer a question that auditors ask often: patient-access account-reach "
      "outside-team break-glass off-hours bulk-readers dormant-accounts "
      "denials audit-queries"},
     kReportOptions,
     Report},
    {"audit review",
     "FACILITY FINDINGS",
     2,
     2,
     {"施設の監査証跡を点検した結果を記録する(--since と --until の間)",
      "record what a review of a facility's log found, --since to --until"},
     kReviewOptions,
     Review},
};

}  // namespace

absl::Span<const Command> AuditReportCommands() { return kCommands; }

}  // namespace renkei::client
