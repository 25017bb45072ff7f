#include "client/disclosure.h"

#include "absl/strings/str_cat.h"
#include "client/describe.h"
#include "client/labels.h"
#include "client/output.h"

namespace renkei::client {
namespace {

constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

void AddRows(const v1::AuditReport& report, absl::string_view outcome,
             const Disclosure& disclosure, std::vector<Row>& rows) {
  const View view = {Language::kJapanese, JapanTimeZone(), {}};
  for (const v1::AuditFinding& finding : report.findings()) {
    const DisclosedPerson person = PersonOf(finding, disclosure);
    rows.push_back({std::string(outcome), person.name, person.profession,
                    person.facility, ActionsText(finding),
                    absl::StrCat(finding.count()),
                    TimeText(finding.first_time(), view),
                    TimeText(finding.last_time(), view),
                    EventNumber(finding.first_event()),
                    EventNumber(finding.last_event())});
  }
}

}  // namespace

// Japan has no summer time.
absl::TimeZone JapanTimeZone() { return absl::FixedTimeZone(9 * 60 * 60); }

std::string ActionsText(const v1::AuditFinding& finding) {
  std::string actions;
  for (const int type : finding.types()) {
    absl::StrAppend(
        &actions, actions.empty() ? "" : "、",
        Label(static_cast<v1::AuditEventType>(type), Language::kJapanese));
  }
  return actions;
}

DisclosedPerson PersonOf(const v1::AuditFinding& finding,
                         const Disclosure& disclosure) {
  if (finding.actor().person().empty()) {
    return {"(システムの自動処理)", "", ""};
  }
  const v1::Signature& signature = finding.actor().signature();
  const auto profession = disclosure.professions.find(signature.profession());
  return {signature.display_name().empty() ? finding.actor().person()
                                           : signature.display_name(),
          profession == disclosure.professions.end() ? signature.profession()
                                                     : profession->second,
          signature.facility_display_name()};
}

std::string EventNumber(const std::string& event) {
  return event.substr(event.rfind('/') + 1);
}

std::string DisclosureCsv(const Disclosure& disclosure) {
  std::vector<Row> rows = {{"結果", "氏名", "職種", "所属", "行ったこと",
                            "件数", "最初の日時(日本時間)",
                            "最後の日時(日本時間)", "最初の記録番号",
                            "最後の記録番号"}};
  AddRows(disclosure.accesses, "扱った", disclosure, rows);
  AddRows(disclosure.denials, "断られた", disclosure, rows);
  return absl::StrCat(kByteOrderMark, FormatCsv(rows));
}

}  // namespace renkei::client
