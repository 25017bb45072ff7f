// patients.
#include "absl/strings/str_cat.h"
#include "client/command.h"
#include "client/describe.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

using Directory = v1::DirectoryService::Stub;

absl::Status CreatePatient(Invocation& in) {
  const Arguments& arguments = in.arguments();
  v1::CreatePatientRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), in.Network());
  v1::Patient& patient = *request.mutable_patient();
  ASSIGN_OR_RETURN(*patient.mutable_insured_number(),
                   arguments.Require("insured-number"));
  ASSIGN_OR_RETURN(*patient.mutable_human_name()->mutable_text(),
                   arguments.Require("name"));
  patient.mutable_human_name()->set_reading(arguments.Get("reading"));
  ASSIGN_OR_RETURN(*patient.mutable_birth_date(),
                   arguments.Require("birth-date"));
  request.set_facility(arguments.Get("facility"));
  ASSIGN_OR_RETURN(const auto answer,
                   in.Call(&Directory::CreatePatient, request));
  const View view = in.PlainView();
  return in.output().Show(answer,
                          absl::StrCat(DescribeOne(answer.patient(), view),
                                       WarningText(answer.warnings(), view)));
}

absl::Status ShowPatient(Invocation& in) {
  v1::GetPatientRequest request;
  request.set_name(in.operand(0));
  ASSIGN_OR_RETURN(const v1::Patient answer,
                   in.Call(&Directory::GetPatient, request));
  return in.output().Show(answer, DescribeOne(answer, in.PlainView()));
}

absl::Status SearchPatients(Invocation& in) {
  const Arguments& arguments = in.arguments();
  if (arguments.Has("insured-number") == arguments.Has("name")) {
    return UsageError("give either --insured-number or --name");
  }
  v1::SearchPatientsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), in.Network());
  if (arguments.Has("name")) {
    request.set_exact_name(arguments.Get("name"));
  } else {
    request.set_insured_number(arguments.Get("insured-number"));
  }
  RETURN_IF_ERROR(SetPage(arguments, request));
  ASSIGN_OR_RETURN(const auto answer,
                   in.Call(&Directory::SearchPatients, request));
  const View view = in.PlainView();
  return in.output().Show(
      answer, absl::StrCat(Describe(answer.patients(), view),
                           NextPageText(answer.next_page_token(), view)));
}

constexpr Option kInsuredNumber = {
    "insured-number", "NUMBER", {"被保険者番号", "insurance number"}};
constexpr Option kName = {"name", "NAME", {"氏名(姓 名)", "the whole name"}};

constexpr Option kCreateOptions[] = {
    kInsuredNumber,
    kName,
    {"reading", "KANA", {"よみ", "its reading"}},
    {"birth-date",
     "DATE",
     {"生年月日(例: 1941-03-12)", "birth date, such as 1941-03-12"}},
    {"facility",
     "FACILITY",
     {"登録する自分の施設(複数に所属する人)",
      "the own facility that registers, if there are several"}},
};
constexpr Option kSearchOptions[] = {kInsuredNumber, kName, kPageSize,
                                     kPageToken};

constexpr Command kCommands[] = {
    {"patients create",
     "",
     0,
     0,
     {"患者を登録する", "register a patient"},
     kCreateOptions,
     CreatePatient},
    {"patients show",
     "PATIENT",
     1,
     1,
     {"患者を見る", "show a patient"},
     {},
     ShowPatient},
    {"patients search",
     "",
     0,
     0,
     {"番号か氏名(完全一致)で探す(記録されます)",
      "find by number or exact name; the search is audited"},
     kSearchOptions,
     SearchPatients},
};

}  // namespace

absl::Span<const Command> PatientCommands() { return kCommands; }

}  // namespace renkei::client
