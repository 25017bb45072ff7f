// groups and consent.
#include "absl/strings/str_cat.h"
#include "client/command.h"
#include "client/describe.h"
#include "client/labels.h"
#include "client/times.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

using Groups = v1::GroupService::Stub;

absl::Status SetPermission(const Arguments& arguments,
                           v1::CreationPermission& permission) {
  permission.set_granted_by(arguments.Get("permission-by"));
  ASSIGN_OR_RETURN(const std::string granted_at,
                   arguments.Require("permission-time"));
  ASSIGN_OR_RETURN(*permission.mutable_grant_time(), ParseTime(granted_at));
  ASSIGN_OR_RETURN(*permission.mutable_how(),
                   arguments.Require("permission-how"));
  return absl::OkStatus();
}

absl::Status CreateGroup(Invocation& in) {
  const Arguments& arguments = in.arguments();
  v1::CreateGroupRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), in.Network());
  v1::Group& group = *request.mutable_group();
  ASSIGN_OR_RETURN(*group.mutable_patient(), arguments.Require("patient"));
  ASSIGN_OR_RETURN(*group.mutable_hosting_facility(),
                   arguments.Require("host"));
  group.set_display_name(arguments.Get("name"));
  if (arguments.Has("permission-by")) {
    RETURN_IF_ERROR(
        SetPermission(arguments, *group.mutable_creation_permission()));
  }
  request.set_affiliation(arguments.Get("affiliation"));
  ASSIGN_OR_RETURN(const v1::Group answer,
                   in.Call(&Groups::CreateGroup, request));
  return in.output().Show(answer, DescribeOne(answer, in.PlainView()));
}

absl::Status ListGroups(Invocation& in) {
  v1::ListGroupsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), in.Network());
  if (in.arguments().Has("state")) {
    ASSIGN_OR_RETURN(const auto state,
                     ParseEnum<v1::Group::State>(in.arguments().Get("state")));
    request.set_state(state);
  }
  RETURN_IF_ERROR(SetPage(in.arguments(), request));
  ASSIGN_OR_RETURN(const auto answer, in.Call(&Groups::ListGroups, request));
  const View view = in.PlainView();
  return in.output().Show(
      answer, absl::StrCat(Describe(answer.groups(), view),
                           NextPageText(answer.next_page_token(), view)));
}

absl::Status ShowGroup(Invocation& in) {
  v1::GetGroupRequest request;
  request.set_name(in.operand(0));
  ASSIGN_OR_RETURN(const v1::Group answer, in.Call(&Groups::GetGroup, request));
  const View view = in.PlainView();
  std::string text = DescribeOne(answer, view);
  if (answer.has_consent()) {
    absl::StrAppend(&text, DescribeOne(answer.consent(), view));
  }
  return in.output().Show(answer, text);
}

absl::Status CloseGroup(Invocation& in) {
  v1::CloseGroupRequest request;
  request.set_name(in.operand(0));
  ASSIGN_OR_RETURN(const std::string reason, in.arguments().Require("reason"));
  ASSIGN_OR_RETURN(const auto reason_value,
                   ParseEnum<v1::Group::CloseReason>(reason));
  request.set_reason(reason_value);
  request.set_note(in.arguments().Get("note"));
  request.set_etag(in.arguments().Get("etag"));
  ASSIGN_OR_RETURN(const v1::Group answer,
                   in.Call(&Groups::CloseGroup, request));
  return in.output().Show(answer, DescribeOne(answer, in.PlainView()));
}

absl::Status ReopenGroup(Invocation& in) {
  v1::ReopenGroupRequest request;
  request.set_name(in.operand(0));
  request.set_note(in.arguments().Get("note"));
  request.set_etag(in.arguments().Get("etag"));
  ASSIGN_OR_RETURN(const v1::Group answer,
                   in.Call(&Groups::ReopenGroup, request));
  return in.output().Show(answer, DescribeOne(answer, in.PlainView()));
}

absl::Status RecordConsent(Invocation& in) {
  const Arguments& arguments = in.arguments();
  v1::RecordConsentRequest request;
  request.set_parent(in.operand(0));
  v1::Consent& consent = *request.mutable_consent();
  ASSIGN_OR_RETURN(*consent.mutable_form_version(),
                   arguments.Require("form-version"));
  ASSIGN_OR_RETURN(*consent.mutable_signer(), arguments.Require("signer"));
  ASSIGN_OR_RETURN(const std::string relation, arguments.Require("relation"));
  ASSIGN_OR_RETURN(const auto relation_value,
                   ParseEnum<v1::Consent::Relation>(relation));
  consent.set_relation(relation_value);
  ASSIGN_OR_RETURN(*consent.mutable_sign_date(),
                   arguments.Require("sign-date"));
  ASSIGN_OR_RETURN(*consent.mutable_paper_location(),
                   arguments.Require("paper"));
  for (const std::string& facility : arguments.List("covers-facility")) {
    consent.add_covered_facilities(facility);
  }
  for (const std::string& profession : arguments.List("covers-profession")) {
    consent.add_covered_professions(profession);
  }
  ASSIGN_OR_RETURN(const v1::Consent answer,
                   in.Call(&Groups::RecordConsent, request));
  return in.output().Show(answer, DescribeOne(answer, in.PlainView()));
}

absl::Status WithdrawConsent(Invocation& in) {
  v1::WithdrawConsentRequest request;
  request.set_name(in.operand(0));
  request.set_reason(in.arguments().Get("reason"));
  ASSIGN_OR_RETURN(const v1::Consent answer,
                   in.Call(&Groups::WithdrawConsent, request));
  return in.output().Show(answer, DescribeOne(answer, in.PlainView()));
}

constexpr Option kNote = {"note", "TEXT", {"メモ", "a note"}};
constexpr Option kEtag = {
    "etag",
    "ETAG",
    {"読んだときの etag", "etag as read; refused if it changed since"}};

constexpr Option kCreateOptions[] = {
    {"patient", "PATIENT", {"患者", "the patient"}},
    {"host", "FACILITY", {"連携ホストの施設", "the hosting facility"}},
    {"name", "NAME", {"グループ名(なければ患者名)", "else the patient's name"}},
    {"affiliation",
     "AFFILIATION",
     {"自分の所属(複数に所属する人)", "the own one, if there are several"}},
    {"permission-by",
     "PERSON",
     {"作成を許可した主治医", "the physician who permitted it"}},
    {"permission-time",
     "TIME",
     {"許可の日時(例: 2025-09-24T09:00:00+09:00)",
      "when, such as 2025-09-24T09:00:00+09:00"}},
    {"permission-how",
     "TEXT",
     {"許可の方法と記録場所", "how it was given and where that is recorded"}},
};
constexpr Option kListOptions[] = {
    {"state",
     "STATE",
     {"この状態のものだけ(例: open)",
      "only those in this state, such as open"}},
    kPageSize,
    kPageToken,
};
constexpr Option kCloseOptions[] = {
    {"reason",
     "REASON",
     {"理由: care_ended, moved, died, opened_in_error, other",
      "why: care_ended, moved, died, opened_in_error or other"}},
    kNote,
    kEtag,
};
constexpr Option kReopenOptions[] = {kNote, kEtag};
constexpr Option kConsentOptions[] = {
    {"form-version", "VERSION", {"同意書の様式", "version of the form"}},
    {"signer", "NAME", {"署名した人", "who signed"}},
    {"relation",
     "RELATION",
     {"続柄: self, spouse, child, parent, sibling, guardian, other",
      "self, spouse, child, parent, sibling, guardian or other"}},
    {"sign-date", "DATE", {"署名日", "date on the paper"}},
    {"paper", "TEXT", {"原本の保管場所", "where the paper is kept"}},
    {"covers-facility",
     "FACILITY",
     {"対象の施設(カンマ区切り。なければ全施設)",
      "facilities it covers, by commas; else all"}},
    {"covers-profession",
     "CODE",
     {"対象の職種(カンマ区切り。なければ全職種)",
      "professions it covers, by commas; else all"}},
};
constexpr Option kWithdrawOptions[] = {{"reason", "TEXT", {"理由", "why"}}};

constexpr Command kCommands[] = {
    {"groups",
     "",
     0,
     0,
     {"自分のグループの一覧", "list one's groups"},
     kListOptions,
     ListGroups},
    {"groups create",
     "",
     0,
     0,
     {"患者グループを作る", "create the group of a patient"},
     kCreateOptions,
     CreateGroup},
    {"groups show",
     "GROUP",
     1,
     1,
     {"グループと同意を見る", "show a group with its consent"},
     {},
     ShowGroup},
    {"groups close",
     "GROUP",
     1,
     1,
     {"グループを終了する", "make a group read-only"},
     kCloseOptions,
     CloseGroup},
    {"groups reopen",
     "GROUP",
     1,
     1,
     {"グループを再開する", "open a closed group again"},
     kReopenOptions,
     ReopenGroup},
    {"consent",
     "GROUP",
     1,
     1,
     {"同意書を記録する", "record a signed consent form"},
     kConsentOptions,
     RecordConsent},
    {"consent withdraw",
     "CONSENT",
     1,
     1,
     {"同意の撤回を記録する", "record that a consent was withdrawn"},
     kWithdrawOptions,
     WithdrawConsent},
};

}  // namespace

absl::Span<const Command> GroupCommands() { return kCommands; }

}  // namespace renkei::client
