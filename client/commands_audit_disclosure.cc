// audit disclosure: a patient's own report.
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/command.h"
#include "client/disclosure.h"
#include "client/private_file.h"
#include "client/times.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

using Audit = v1::AuditService::Stub;
using Directory = v1::DirectoryService::Stub;

absl::StatusOr<std::optional<absl::Time>> TimeOption(const Arguments& arguments,
                                                     absl::string_view name) {
  if (!arguments.Has(name)) {
    return std::nullopt;
  }
  ASSIGN_OR_RETURN(const auto time, ParseTime(arguments.Get(name)));
  return absl::FromUnixSeconds(time.seconds());
}

absl::StatusOr<v1::AuditReport> Ask(Invocation& in, const std::string& network,
                                    v1::AuditQuestion question,
                                    const Disclosure& about) {
  v1::GetAuditReportRequest request;
  request.set_parent(network);
  request.set_question(question);
  request.set_patient(in.operand(0));
  if (about.from) {
    request.mutable_start_time()->set_seconds(absl::ToUnixSeconds(*about.from));
  }
  if (about.until) {
    request.mutable_end_time()->set_seconds(absl::ToUnixSeconds(*about.until));
  }
  return in.Call(&Audit::GetAuditReport, request);
}

// Last, so that issuing the report is not in it. Who issues it without being
// allowed to know the patient, as the administrator of the hosting facility,
// fills in the name by hand.
absl::Status AddPatient(Invocation& in, Disclosure& disclosure) {
  v1::GetPatientRequest request;
  request.set_name(in.operand(0));
  auto patient = in.Call(&Directory::GetPatient, request);
  if (patient.ok()) {
    disclosure.patient = *std::move(patient);
    return absl::OkStatus();
  }
  const bool is_known = disclosure.accesses.findings_size() != 0;
  if (!is_known || !absl::IsNotFound(patient.status())) {
    return patient.status();
  }
  disclosure.patient.set_name(in.operand(0));
  return absl::OkStatus();
}

absl::StatusOr<Disclosure> Gather(Invocation& in) {
  Disclosure disclosure;
  ASSIGN_OR_RETURN(const std::string network, in.Network());
  ASSIGN_OR_RETURN(disclosure.from, TimeOption(in.arguments(), "since"));
  ASSIGN_OR_RETURN(disclosure.until, TimeOption(in.arguments(), "until"));
  v1::GetNetworkRequest network_request;
  network_request.set_name(network);
  ASSIGN_OR_RETURN(disclosure.network,
                   in.Call(&Directory::GetNetwork, network_request));
  ASSIGN_OR_RETURN(const v1::CurrentPerson issuer,
                   in.Call(&v1::SessionService::Stub::GetCurrentPerson,
                           v1::GetCurrentPersonRequest()));
  disclosure.issuer = issuer.person();
  disclosure.professions = in.ProfessionNames(Language::kJapanese);
  disclosure.issued_at = absl::Now();
  ASSIGN_OR_RETURN(
      disclosure.accesses,
      Ask(in, network, v1::AUDIT_QUESTION_PATIENT_ACCESS, disclosure));
  ASSIGN_OR_RETURN(disclosure.denials,
                   Ask(in, network, v1::AUDIT_QUESTION_DENIALS, disclosure));
  v1::GetCheckpointRequest checkpoint_request;
  checkpoint_request.set_name(absl::StrCat(network, "/checkpoint"));
  auto checkpoint = in.Call(&Audit::GetCheckpoint, checkpoint_request);
  if (checkpoint.ok()) {
    disclosure.checkpoint = *std::move(checkpoint);
  } else if (!absl::IsNotFound(checkpoint.status())) {
    return checkpoint.status();
  }
  RETURN_IF_ERROR(AddPatient(in, disclosure));
  return disclosure;
}

absl::Status Disclose(Invocation& in) {
  ASSIGN_OR_RETURN(const Disclosure disclosure, Gather(in));
  RETURN_IF_ERROR(WritePrivateFile(
      in.operand(1), in.arguments().Has("csv") ? DisclosureCsv(disclosure)
                                               : DisclosurePage(disclosure)));
  in.output().Say({"書き出しました。個人情報です。渡したあとは消してください。",
                   "written. It is personal: delete it once handed over."});
  return absl::OkStatus();
}

constexpr Option kOptions[] = {
    {"since", "TIME", {"この時刻以後", "at or after this time"}},
    {"until", "TIME", {"この時刻より前", "before this time"}},
    {"csv",
     "",
     {"印刷用のページの代わりに CSV", "CSV instead of a page to print"}},
};

constexpr Command kCommands[] = {
    {"audit disclosure",
     "PATIENT FILE",
     2,
     2,
     {"患者への開示: だれが情報を扱ったかを、印刷できるページ(HTML)に書き出す",
      "for the patient: who had to do with the information, in Japanese, as a "
      "page to print (HTML)"},
     kOptions,
     Disclose},
};

}  // namespace

absl::Span<const Command> AuditDisclosureCommands() { return kCommands; }

}  // namespace renkei::client
