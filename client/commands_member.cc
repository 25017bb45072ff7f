// members, invitations.
#include "absl/strings/str_cat.h"
#include "client/command.h"
#include "client/describe.h"
#include "client/labels.h"
#include "client/times.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

using Groups = v1::GroupService::Stub;

absl::Status ListMembers(Invocation& in) {
  v1::ListMembersRequest request;
  request.set_parent(in.operand(0));
  request.set_include_former(in.arguments().Has("former"));
  RETURN_IF_ERROR(SetPage(in.arguments(), request));
  ASSIGN_OR_RETURN(const auto answer, in.Call(&Groups::ListMembers, request));
  const View view = in.NamingView();
  return in.output().Show(
      answer, absl::StrCat(Describe(answer.members(), view),
                           NextPageText(answer.next_page_token(), view)));
}

absl::Status RemoveMember(Invocation& in) {
  v1::RemoveMemberRequest request;
  request.set_name(in.operand(0));
  ASSIGN_OR_RETURN(*request.mutable_reason(), in.arguments().Require("reason"));
  ASSIGN_OR_RETURN(const v1::Member answer,
                   in.Call(&Groups::RemoveMember, request));
  return in.output().Show(answer, DescribeOne(answer, in.NamingView()));
}

absl::Status LeaveGroup(Invocation& in) {
  v1::LeaveGroupRequest request;
  request.set_name(in.operand(0));
  ASSIGN_OR_RETURN(const v1::Member answer,
                   in.Call(&Groups::LeaveGroup, request));
  return in.output().Show(answer, DescribeOne(answer, in.NamingView()));
}

absl::Status InviteMember(Invocation& in) {
  const Arguments& arguments = in.arguments();
  v1::InviteMemberRequest request;
  request.set_parent(in.operand(0));
  v1::Invitation& invitation = *request.mutable_invitation();
  invitation.set_invitee(in.operand(1));
  invitation.set_affiliation(arguments.Get("affiliation"));
  ASSIGN_OR_RETURN(const std::string history, arguments.Require("history"));
  ASSIGN_OR_RETURN(const auto visibility,
                   ParseEnum<v1::HistoryVisibility>(history));
  invitation.set_history(visibility);
  if (arguments.Has("since")) {
    ASSIGN_OR_RETURN(*invitation.mutable_history_since(),
                     ParseTime(arguments.Get("since")));
  }
  if (arguments.Has("until")) {
    ASSIGN_OR_RETURN(*invitation.mutable_membership_end_time(),
                     ParseTime(arguments.Get("until")));
  }
  invitation.set_attending_physician(arguments.Has("attending"));
  invitation.set_note(arguments.Get("note"));
  ASSIGN_OR_RETURN(const v1::Invitation answer,
                   in.Call(&Groups::InviteMember, request));
  return in.output().Show(answer, DescribeOne(answer, in.NamingView()));
}

absl::Status ListInvitations(Invocation& in) {
  v1::ListInvitationsRequest request;
  if (in.arguments().operands().empty()) {
    ASSIGN_OR_RETURN(const std::string network, in.Network());
    request.set_parent(absl::StrCat(network, "/groups/-"));
  } else {
    request.set_parent(in.operand(0));
  }
  if (in.arguments().Has("state")) {
    ASSIGN_OR_RETURN(const auto state, ParseEnum<v1::Invitation::State>(
                                           in.arguments().Get("state")));
    request.set_state(state);
  }
  RETURN_IF_ERROR(SetPage(in.arguments(), request));
  ASSIGN_OR_RETURN(const auto answer,
                   in.Call(&Groups::ListInvitations, request));
  const View view = in.NamingView();
  return in.output().Show(
      answer, absl::StrCat(Describe(answer.invitations(), view),
                           NextPageText(answer.next_page_token(), view)));
}

absl::Status AcceptInvitation(Invocation& in) {
  v1::AcceptInvitationRequest request;
  request.set_name(in.operand(0));
  ASSIGN_OR_RETURN(const v1::Member answer,
                   in.Call(&Groups::AcceptInvitation, request));
  return in.output().Show(answer, DescribeOne(answer, in.NamingView()));
}

absl::Status DeclineInvitation(Invocation& in) {
  v1::DeclineInvitationRequest request;
  request.set_name(in.operand(0));
  ASSIGN_OR_RETURN(const v1::Invitation answer,
                   in.Call(&Groups::DeclineInvitation, request));
  return in.output().Show(answer, DescribeOne(answer, in.NamingView()));
}

absl::Status CancelInvitation(Invocation& in) {
  v1::CancelInvitationRequest request;
  request.set_name(in.operand(0));
  ASSIGN_OR_RETURN(const v1::Invitation answer,
                   in.Call(&Groups::CancelInvitation, request));
  return in.output().Show(answer, DescribeOne(answer, in.NamingView()));
}

constexpr Option kMembersOptions[] = {
    {"former", "", {"以前のメンバーも", "former members as well"}},
    kPageSize,
    kPageToken,
};
constexpr Option kRemoveOptions[] = {{"reason", "TEXT", {"理由", "why"}}};
constexpr Option kInviteOptions[] = {
    {"history",
     "WHAT",
     {"見せる過去の範囲: all, since, from_now",
      "what they see of the past: all, since or from_now"}},
    {"since", "TIME", {"since の日時", "from when, with since"}},
    {"until", "TIME", {"参加の終わり", "when the membership ends by itself"}},
    {"affiliation",
     "AFFILIATION",
     {"相手の所属(複数に所属する人)", "theirs, if they have several"}},
    {"attending", "", {"主治医として", "as an attending physician"}},
    {"note", "TEXT", {"ひとこと", "a word to them"}},
};
constexpr Option kInvitationsOptions[] = {
    {"state",
     "STATE",
     {"この状態のものだけ(例: waiting_for_invitee)",
      "only those in this state, such as waiting_for_invitee"}},
    kPageSize,
    kPageToken,
};

constexpr Command kCommands[] = {
    {"members",
     "GROUP",
     1,
     1,
     {"メンバーの一覧", "list members"},
     kMembersOptions,
     ListMembers},
    {"invite",
     "GROUP PERSON",
     2,
     2,
     {"グループに招待する", "invite somebody to a group"},
     kInviteOptions,
     InviteMember},
    {"invitations",
     "[GROUP]",
     0,
     1,
     {"招待の一覧(なければ自分宛て)",
      "list invitations of a group, or to oneself"},
     kInvitationsOptions,
     ListInvitations},
    {"accept",
     "INVITATION",
     1,
     1,
     {"招待を受ける", "accept an invitation"},
     {},
     AcceptInvitation},
    {"decline",
     "INVITATION",
     1,
     1,
     {"招待を辞退する", "decline an invitation"},
     {},
     DeclineInvitation},
    {"cancel",
     "INVITATION",
     1,
     1,
     {"招待を取り消す", "take an invitation back"},
     {},
     CancelInvitation},
    {"remove",
     "MEMBER",
     1,
     1,
     {"メンバーを外す", "end somebody's membership"},
     kRemoveOptions,
     RemoveMember},
    {"leave",
     "GROUP",
     1,
     1,
     {"グループを抜ける", "leave a group"},
     {},
     LeaveGroup},
};

}  // namespace

absl::Span<const Command> MemberCommands() { return kCommands; }

}  // namespace renkei::client
