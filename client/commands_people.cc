// people: accounts and affiliations.
#include "absl/strings/str_cat.h"
#include "client/command.h"
#include "client/describe.h"
#include "client/private_file.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

using Directory = v1::DirectoryService::Stub;

// Writes a one-time password where --one-time-password-file says and leaves it
// out of the answer, or gives the line for the terminal.
template <typename Answer>
absl::StatusOr<std::string> DeliverPassword(Invocation& in, Answer& answer) {
  constexpr Text kHandOver = {
      "最初のパスワード(本人に直接渡してください。14日で無効)",
      "one-time password: hand it over in person; void after 14 days"};
  const std::string path = in.arguments().Get("one-time-password-file");
  if (path.empty()) {
    return absl::StrCat(kHandOver.In(in.output().language()), ": ",
                        answer.one_time_password(), "\n");
  }
  RETURN_IF_ERROR(
      WritePrivateFile(path, absl::StrCat(answer.one_time_password(), "\n")));
  answer.clear_one_time_password();
  return absl::StrCat("→ ", path, "\n");
}

absl::Status CreatePerson(Invocation& in) {
  const Arguments& arguments = in.arguments();
  v1::CreatePersonRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), in.Network());
  v1::Person& person = *request.mutable_person();
  ASSIGN_OR_RETURN(*person.mutable_login(), arguments.Require("login"));
  ASSIGN_OR_RETURN(*person.mutable_human_name()->mutable_text(),
                   arguments.Require("name"));
  person.mutable_human_name()->set_reading(arguments.Get("reading"));
  v1::Affiliation& affiliation = *request.mutable_affiliation();
  ASSIGN_OR_RETURN(*affiliation.mutable_facility(),
                   arguments.Require("facility"));
  ASSIGN_OR_RETURN(*affiliation.mutable_profession(),
                   arguments.Require("profession"));
  request.set_first_administrator(arguments.Has("first-administrator"));
  ASSIGN_OR_RETURN(auto answer, in.Call(&Directory::CreatePerson, request));
  ASSIGN_OR_RETURN(const std::string handed_over, DeliverPassword(in, answer));
  return in.output().Show(
      answer,
      absl::StrCat(DescribeOne(answer.person(), in.NamingView()), handed_over));
}

absl::Status ListPeople(Invocation& in) {
  v1::ListPeopleRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), in.Network());
  request.set_facility(in.arguments().Get("facility"));
  RETURN_IF_ERROR(SetPage(in.arguments(), request));
  ASSIGN_OR_RETURN(const auto answer, in.Call(&Directory::ListPeople, request));
  const View view = in.NamingView();
  return in.output().Show(
      answer, absl::StrCat(Describe(answer.people(), view),
                           NextPageText(answer.next_page_token(), view)));
}

absl::Status ShowPerson(Invocation& in) {
  v1::GetPersonRequest request;
  request.set_name(in.operand(0));
  ASSIGN_OR_RETURN(const v1::Person answer,
                   in.Call(&Directory::GetPerson, request));
  const View view = in.NamingView();
  return in.output().Show(answer,
                          absl::StrCat(DescribeOne(answer, view),
                                       Describe(answer.affiliations(), view),
                                       Describe(answer.role_grants(), view)));
}

absl::Status RenamePerson(Invocation& in) {
  v1::UpdatePersonRequest request;
  v1::Person& person = *request.mutable_person();
  person.set_name(in.operand(0));
  person.set_etag(in.arguments().Get("etag"));
  ASSIGN_OR_RETURN(*person.mutable_human_name()->mutable_text(),
                   in.arguments().Require("name"));
  person.mutable_human_name()->set_reading(in.arguments().Get("reading"));
  request.mutable_update_mask()->add_paths("human_name");
  ASSIGN_OR_RETURN(const v1::Person answer,
                   in.Call(&Directory::UpdatePerson, request));
  return in.output().Show(answer, DescribeOne(answer, in.NamingView()));
}

absl::Status CreateAffiliation(Invocation& in) {
  v1::CreateAffiliationRequest request;
  request.set_parent(in.operand(0));
  v1::Affiliation& affiliation = *request.mutable_affiliation();
  ASSIGN_OR_RETURN(*affiliation.mutable_facility(),
                   in.arguments().Require("facility"));
  ASSIGN_OR_RETURN(*affiliation.mutable_profession(),
                   in.arguments().Require("profession"));
  ASSIGN_OR_RETURN(const v1::Affiliation answer,
                   in.Call(&Directory::CreateAffiliation, request));
  return in.output().Show(answer, DescribeOne(answer, in.NamingView()));
}

// Suspend, Resume and End differ only in their method and request type.
template <typename Request>
absl::Status ChangeAffiliation(
    Invocation& in,
    grpc::Status (Directory::*method)(grpc::ClientContext*, const Request&,
                                      v1::Affiliation*)) {
  Request request;
  request.set_name(in.operand(0));
  request.set_reason(in.arguments().Get("reason"));
  request.set_etag(in.arguments().Get("etag"));
  ASSIGN_OR_RETURN(const v1::Affiliation answer, in.Call(method, request));
  return in.output().Show(answer, DescribeOne(answer, in.NamingView()));
}

absl::Status SuspendAffiliation(Invocation& in) {
  return ChangeAffiliation(in, &Directory::SuspendAffiliation);
}

absl::Status ResumeAffiliation(Invocation& in) {
  return ChangeAffiliation(in, &Directory::ResumeAffiliation);
}

absl::Status EndAffiliation(Invocation& in) {
  return ChangeAffiliation(in, &Directory::EndAffiliation);
}

absl::Status UnlockAccount(Invocation& in) {
  v1::UnlockAccountRequest request;
  request.set_name(in.operand(0));
  ASSIGN_OR_RETURN(const v1::Person answer,
                   in.Call(&Directory::UnlockAccount, request));
  return in.output().Show(answer, DescribeOne(answer, in.NamingView()));
}

absl::Status RequestReset(Invocation& in) {
  v1::RequestCredentialResetRequest request;
  request.set_parent(in.operand(0));
  ASSIGN_OR_RETURN(*request.mutable_reason(), in.arguments().Require("reason"));
  ASSIGN_OR_RETURN(const v1::CredentialReset answer,
                   in.Call(&Directory::RequestCredentialReset, request));
  return in.output().Show(answer, DescribeOne(answer, in.PlainView()));
}

absl::Status ApproveReset(Invocation& in) {
  v1::ApproveCredentialResetRequest request;
  request.set_name(in.operand(0));
  ASSIGN_OR_RETURN(auto answer,
                   in.Call(&Directory::ApproveCredentialReset, request));
  ASSIGN_OR_RETURN(const std::string handed_over, DeliverPassword(in, answer));
  return in.output().Show(
      answer,
      absl::StrCat(DescribeOne(answer.credential_reset(), in.PlainView()),
                   handed_over));
}

constexpr Option kName = {"name", "NAME", {"氏名(姓 名)", "the name"}};
constexpr Option kReading = {"reading", "KANA", {"よみ", "its reading"}};
constexpr Option kFacility = {"facility", "FACILITY", {"施設", "a facility"}};
constexpr Option kProfession = {
    "profession", "CODE", {"職種コード", "profession code"}};
constexpr Option kPasswordFile = {
    "one-time-password-file",
    "FILE",
    {"最初のパスワードを書くファイル(0600)。なければ画面に出す",
     "file (0600) for the one-time password; else it is shown"}};
constexpr Option kReason = {"reason", "TEXT", {"理由", "why"}};
constexpr Option kEtag = {
    "etag",
    "ETAG",
    {"読んだときの etag", "etag as read; refused if it changed since"}};

constexpr Option kCreateOptions[] = {
    {"login", "LOGIN", {"ログイン名", "the login"}},
    kName,
    kReading,
    kFacility,
    kProfession,
    {"first-administrator",
     "",
     {"施設の最初の管理者にする(事務局のみ)",
      "first administrator of the facility; network office only"}},
    kPasswordFile,
};
constexpr Option kListOptions[] = {kFacility, kPageSize, kPageToken};
constexpr Option kRenameOptions[] = {kName, kReading, kEtag};
constexpr Option kAffiliateOptions[] = {kFacility, kProfession};
constexpr Option kChangeOptions[] = {kReason, kEtag};
constexpr Option kResetOptions[] = {kReason};
constexpr Option kApproveOptions[] = {kPasswordFile};

constexpr Command kCommands[] = {
    {"people",
     "",
     0,
     0,
     {"職員の一覧", "list people"},
     kListOptions,
     ListPeople},
    {"people create",
     "",
     0,
     0,
     {"職員を登録する", "register a person"},
     kCreateOptions,
     CreatePerson},
    {"people show",
     "PERSON",
     1,
     1,
     {"職員と所属を見る", "show a person with affiliations"},
     {},
     ShowPerson},
    {"people rename",
     "PERSON",
     1,
     1,
     {"氏名を変える", "change a name"},
     kRenameOptions,
     RenamePerson},
    {"people affiliate",
     "PERSON",
     1,
     1,
     {"所属を追加する", "add an affiliation"},
     kAffiliateOptions,
     CreateAffiliation},
    {"people suspend",
     "AFFILIATION",
     1,
     1,
     {"所属を停止する", "suspend an affiliation"},
     kChangeOptions,
     SuspendAffiliation},
    {"people resume",
     "AFFILIATION",
     1,
     1,
     {"所属を再開する", "resume an affiliation"},
     kChangeOptions,
     ResumeAffiliation},
    {"people end",
     "AFFILIATION",
     1,
     1,
     {"所属を終了する(退職)", "end an affiliation for good"},
     kChangeOptions,
     EndAffiliation},
    {"people unlock",
     "PERSON",
     1,
     1,
     {"ロックを解除する", "unlock an account"},
     {},
     UnlockAccount},
    {"people reset",
     "PERSON",
     1,
     1,
     {"認証情報の再発行を申請する", "ask for new credentials for somebody"},
     kResetOptions,
     RequestReset},
    {"people approve-reset",
     "RESET",
     1,
     1,
     {"再発行を承認する(別の管理者)",
      "approve new credentials, as a second administrator"},
     kApproveOptions,
     ApproveReset},
};

}  // namespace

absl::Span<const Command> PeopleCommands() { return kCommands; }

}  // namespace renkei::client
