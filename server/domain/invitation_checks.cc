#include "server/domain/invitation_checks.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/domain/group_entries.h"
#include "server/domain/history.h"
#include "server/domain/refusal.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {

using storage::v1::InvitationRecord;
using storage::v1::InvitationState;

InvitationState StateOf(const InvitationRecord& invitation, absl::Time now) {
  const int64_t micros = absl::ToUnixMicros(now);
  const bool over = invitation.expires_at_micros() <= micros ||
                    (invitation.member_until_micros() != 0 &&
                     invitation.member_until_micros() <= micros);
  return over && invitation.state() ==
                     storage::v1::INVITATION_STATE_WAITING_FOR_INVITEE
             ? storage::v1::INVITATION_STATE_EXPIRED
             : invitation.state();
}

absl::StatusOr<std::vector<WaitingInvitation>> WaitingInvitations(
    const ReadCall& call, const GroupId& group) {
  std::vector<WaitingInvitation> waiting;
  RETURN_IF_ERROR(call.view.Scan(
      storage::kInvitations,
      storage::KeysUnder(storage::kInvitations, CallerOf(call).network, group),
      storage::Direction::kForward,
      [&](const storage::InvitationKey& key, const InvitationRecord& record) {
        if (StateOf(record, call.now) ==
            storage::v1::INVITATION_STATE_WAITING_FOR_INVITEE) {
          waiting.push_back({key.invitation, record});
        }
        return true;
      }));
  return waiting;
}

// The inviter's membership, while it gives the right to invite.
absl::StatusOr<std::optional<MemberView>> InviterOf(
    const ReadCall& call, const GroupId& group,
    const InvitationRecord& record) {
  const auto inviter = PersonId::FromBytes(record.inviter());
  if (!inviter) {
    return absl::InternalError("person id");
  }
  ASSIGN_OR_RETURN(auto member, FindMember(call, group, *inviter));
  if (member && member->state != MemberState::kActive) {
    member.reset();
  }
  return member;
}

absl::Status CheckNotMember(const ReadCall& call, const GroupId& group,
                            const PersonId& person) {
  ASSIGN_OR_RETURN(const auto member, FindMember(call, group, person));
  return !member || !IsMember(member->state)
             ? absl::OkStatus()
             : Refuse(
                   absl::StatusCode::kAlreadyExists, Reason::kMemberExists,
                   "the person is a member",
                   {{"member",
                     absl::StrCat(GroupResource(CallerOf(call).network, group),
                                  "/members/", person.ToText())}});
}

absl::Status CheckAttending(const ReadCall& call, const GroupId& group,
                            const storage::v1::GroupRecord& record,
                            const storage::v1::Affiliation& affiliation) {
  const Caller& caller = CallerOf(call);
  ASSIGN_OR_RETURN(const std::vector<MemberView> members,
                   MembersOf(call, group));
  bool any = false;
  bool own = false;
  for (const MemberView& member : members) {
    const bool attending = member.state == MemberState::kActive &&
                           member.membership.attending_physician();
    any = any || attending;
    own = own || (attending && member.person == caller.person);
  }
  // Who is attending names others; before there is any, who founded the group.
  const bool may_name =
      own || (!any && record.created_by() == caller.person.bytes());
  return may_name && affiliation.profession() == "physician"
             ? absl::OkStatus()
             : Refuse(absl::StatusCode::kPermissionDenied,
                      Reason::kNotPermitted,
                      "may not make this person attending physician",
                      {{"action", "invite_member"},
                       {"rule", "attending_physician"}});
}

absl::Status CheckTerms(const ReadCall& call, const NewInvitation& form) {
  if (form.membership_end && *form.membership_end <= call.now) {
    return RefuseField("invitation.membership_end_time",
                       "a time in the future");
  }
  ASSIGN_OR_RETURN(const uint64_t visible,
                   FirstVisible(call, form.group, form.history));
  ASSIGN_OR_RETURN(const auto own,
                   FindMember(call, form.group, CallerOf(call).person));
  return own && visible >= own->membership.visible_from()
             ? absl::OkStatus()
             : Refuse(absl::StatusCode::kFailedPrecondition,
                      Reason::kHistoryTooWide,
                      "the invited person would see more than the inviter");
}

std::string InvitationResource(const ReadCall& call, const GroupId& group,
                               const InvitationId& invitation) {
  return absl::StrCat(GroupResource(CallerOf(call).network, group),
                      "/invitations/", invitation.ToText());
}

}  // namespace renkei::domain
