#include "server/domain/invitations.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "server/domain/authorize.h"
#include "server/domain/consents.h"
#include "server/domain/group_entries.h"
#include "server/domain/history.h"
#include "server/domain/memberships.h"
#include "server/domain/refusal.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::v1::GroupRecord;
using storage::v1::InvitationRecord;
using storage::v1::InvitationState;

absl::string_view StateName(InvitationState state) {
  switch (state) {
    case storage::v1::INVITATION_STATE_ACCEPTED:
      return "ACCEPTED";
    case storage::v1::INVITATION_STATE_DECLINED:
      return "DECLINED";
    case storage::v1::INVITATION_STATE_CANCELLED:
      return "CANCELLED";
    case storage::v1::INVITATION_STATE_EXPIRED:
      return "EXPIRED";
    default:
      return "WAITING_FOR_INVITEE";
  }
}

absl::Status KeepInvitation(WriteCall& call, const storage::InvitationKey& key,
                            InvitationRecord& record) {
  const auto invitee = PersonId::FromBytes(record.invitee());
  if (!invitee) {
    return absl::InternalError("person id");
  }
  record.set_revision(record.revision() + 1);
  RETURN_IF_ERROR(KeepEntry(call, storage::kInvitations, key, record));
  storage::v1::EventItem item;
  item.set_kind(storage::v1::EVENT_KIND_INVITATION_CHANGED);
  item.set_invitation(std::string(key.invitation.bytes()));
  RETURN_IF_ERROR(TellGroup(call, key.group, item));
  return TellPerson(call, *invitee, key.group, std::move(item));
}

absl::Status Decide(WriteCall& call, const storage::InvitationKey& key,
                    InvitationState state, InvitationRecord record) {
  record.set_state(state);
  record.set_decided_at_micros(absl::ToUnixMicros(call.now));
  return KeepInvitation(call, key, record);
}

absl::StatusOr<InvitationRecord> ReadWaiting(
    WriteCall& call, const storage::InvitationKey& key) {
  call.note.target = InvitationResource(call, key.group, key.invitation);
  ASSIGN_OR_RETURN(const auto record, call.tx.Get(storage::kInvitations, key));
  const InvitationState state = StateOf(record, call.now);
  if (state != storage::v1::INVITATION_STATE_WAITING_FOR_INVITEE) {
    return RefuseState(StateName(state));
  }
  return record;
}

// An earlier invitation of the person stands in the way unless its inviter has
// gone: then nobody could take it back, and it is taken back here.
absl::Status CheckNotWaiting(WriteCall& call, const NewInvitation& form) {
  ASSIGN_OR_RETURN(const std::vector<WaitingInvitation> waiting,
                   WaitingInvitations(call, form.group));
  for (const WaitingInvitation& earlier : waiting) {
    if (earlier.record.invitee() != form.invitee.bytes()) {
      continue;
    }
    ASSIGN_OR_RETURN(const auto inviter,
                     InviterOf(call, form.group, earlier.record));
    if (inviter) {
      return Refuse(
          absl::StatusCode::kAlreadyExists, Reason::kInvitationExists,
          "an invitation of this person is waiting",
          {{"invitation", InvitationResource(call, form.group, earlier.id)}});
    }
    RETURN_IF_ERROR(Decide(call, {form.network, form.group, earlier.id},
                           storage::v1::INVITATION_STATE_CANCELLED,
                           earlier.record));
  }
  return waiting.size() < kInvitationsWaitingMax
             ? absl::OkStatus()
             : RefuseLimit("invitations_waiting", kInvitationsWaitingMax);
}

InvitationRecord NewRecord(const WriteCall& call, const NewInvitation& form,
                           const storage::v1::Affiliation& affiliation) {
  InvitationRecord record;
  record.set_invitee(std::string(form.invitee.bytes()));
  record.set_affiliation(affiliation.affiliation());
  record.set_inviter(std::string(CallerOf(call).person.bytes()));
  record.set_lane(storage::v1::LANE_PROFESSIONAL);
  *record.mutable_history() = form.history;
  record.set_attending_physician(form.attending_physician);
  if (form.membership_end) {
    record.set_member_until_micros(absl::ToUnixMicros(*form.membership_end));
  }
  record.set_state(storage::v1::INVITATION_STATE_WAITING_FOR_INVITEE);
  record.set_created_at_micros(absl::ToUnixMicros(call.now));
  record.set_expires_at_micros(
      absl::ToUnixMicros(call.now + kInvitationLifetime));
  record.set_note(form.note);
  return record;
}

// What the invitation promises, as far as it can be kept today.
absl::StatusOr<storage::v1::MembershipRecord> MembershipBy(
    const ReadCall& call, const GroupId& group, const InvitationRecord& record,
    const MemberView& inviter) {
  ASSIGN_OR_RETURN(const uint64_t visible,
                   FirstVisible(call, group, record.history()));
  storage::v1::MembershipRecord membership;
  membership.set_affiliation(record.affiliation());
  membership.set_attending_physician(record.attending_physician());
  *membership.mutable_history() = record.history();
  // The inviter may have left and come back since, seeing less.
  membership.set_visible_from(
      std::max(visible, inviter.membership.visible_from()));
  membership.set_end_at_micros(record.member_until_micros());
  membership.set_invited_by(record.inviter());
  return membership;
}

}  // namespace

absl::StatusOr<InvitationId> InviteMember(WriteCall& call,
                                          const NewInvitation& form) {
  const Caller& caller = CallerOf(call);
  RETURN_IF_ERROR(Authorize(call, Action::kInviteMember,
                            {.network = form.network,
                             .group = form.group,
                             .lane = storage::v1::LANE_PROFESSIONAL,
                             .person = form.invitee}));
  ASSIGN_OR_RETURN(
      const auto person,
      call.tx.Find(storage::kPeople, {caller.network, form.invitee}));
  if (!person) {
    return RefuseUnknown();
  }
  ASSIGN_OR_RETURN(const GroupRecord group, ReadGroup(call, form.group));
  RETURN_IF_ERROR(CheckNotMember(call, form.group, form.invitee));
  RETURN_IF_ERROR(CheckNotWaiting(call, form));
  ASSIGN_OR_RETURN(
      const auto affiliation,
      ChooseAffiliation(call, form.invitee, *person, form.affiliation));
  RETURN_IF_ERROR(CheckConsentCovers(call, form.group, group, affiliation));
  if (form.attending_physician) {
    RETURN_IF_ERROR(CheckAttending(call, form.group, group, affiliation));
  }
  RETURN_IF_ERROR(CheckTerms(call, form));
  RETURN_IF_ERROR(CheckRoomFor(call, group, form.invitee));

  const auto id = call.tx.NewId<InvitationId>();
  InvitationRecord record = NewRecord(call, form, affiliation);
  RETURN_IF_ERROR(
      KeepInvitation(call, {caller.network, form.group, id}, record));
  storage::v1::GroupRef where;
  where.set_group(std::string(form.group.bytes()));
  RETURN_IF_ERROR(call.tx.Put(storage::kPersonInvitations,
                              {caller.network, form.invitee, id}, where));
  call.note.target = InvitationResource(call, form.group, id);
  return id;
}

absl::StatusOr<MemberView> AcceptInvitation(WriteCall& call,
                                            const storage::InvitationKey& key) {
  const Caller& caller = CallerOf(call);
  RETURN_IF_ERROR(Authorize(call, Action::kAcceptInvitation,
                            {.network = caller.network,
                             .group = key.group,
                             .invitation = key.invitation}));
  ASSIGN_OR_RETURN(InvitationRecord record, ReadWaiting(call, key));
  ASSIGN_OR_RETURN(const auto inviter, InviterOf(call, key.group, record));
  if (!inviter) {
    return RefuseState("INVITER_GONE");
  }
  RETURN_IF_ERROR(CheckNotMember(call, key.group, caller.person));
  ASSIGN_OR_RETURN(
      const auto person,
      call.tx.Get(storage::kPeople, {caller.network, caller.person}));
  ASSIGN_OR_RETURN(
      const auto affiliation,
      ChooseAffiliation(call, caller.person, person,
                        AffiliationId::FromBytes(record.affiliation())));
  ASSIGN_OR_RETURN(GroupRecord record_of_group, ReadGroup(call, key.group));
  RETURN_IF_ERROR(
      CheckConsentCovers(call, key.group, record_of_group, affiliation));
  RETURN_IF_ERROR(CheckRoomFor(call, record_of_group, caller.person));
  ASSIGN_OR_RETURN(auto membership,
                   MembershipBy(call, key.group, record, *inviter));
  RETURN_IF_ERROR(BeginMembership(call, key.group, record_of_group,
                                  caller.person, std::move(membership)));
  RETURN_IF_ERROR(KeepGroup(call, key.group, record_of_group));
  RETURN_IF_ERROR(Decide(call, key, storage::v1::INVITATION_STATE_ACCEPTED,
                         std::move(record)));
  ASSIGN_OR_RETURN(auto member, FindMember(call, key.group, caller.person));
  return *std::move(member);
}

absl::Status DeclineInvitation(WriteCall& call,
                               const storage::InvitationKey& key) {
  RETURN_IF_ERROR(Authorize(call, Action::kDeclineInvitation,
                            {.network = key.network,
                             .group = key.group,
                             .invitation = key.invitation}));
  ASSIGN_OR_RETURN(InvitationRecord record, ReadWaiting(call, key));
  return Decide(call, key, storage::v1::INVITATION_STATE_DECLINED,
                std::move(record));
}

absl::Status CancelInvitation(WriteCall& call,
                              const storage::InvitationKey& key) {
  RETURN_IF_ERROR(Authorize(call, Action::kCancelInvitation,
                            {.network = key.network,
                             .group = key.group,
                             .invitation = key.invitation}));
  ASSIGN_OR_RETURN(InvitationRecord record, ReadWaiting(call, key));
  return Decide(call, key, storage::v1::INVITATION_STATE_CANCELLED,
                std::move(record));
}

absl::Status CancelInvitationsBy(WriteCall& call, const GroupId& group,
                                 const PersonId& inviter) {
  ASSIGN_OR_RETURN(std::vector<WaitingInvitation> waiting,
                   WaitingInvitations(call, group));
  for (WaitingInvitation& one : waiting) {
    if (one.record.inviter() == inviter.bytes()) {
      RETURN_IF_ERROR(Decide(call, {CallerOf(call).network, group, one.id},
                             storage::v1::INVITATION_STATE_CANCELLED,
                             std::move(one.record)));
    }
  }
  return absl::OkStatus();
}

}  // namespace renkei::domain
