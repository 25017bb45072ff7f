// What an invitation asks for, when it is made and again when it is accepted.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/domain/call.h"
#include "server/domain/memberships.h"

namespace renkei::domain {

inline constexpr size_t kInvitationsWaitingMax = 100;  // of a group
inline constexpr absl::Duration kInvitationLifetime = absl::Hours(24 * 14);

struct NewInvitation {
  NetworkId network;
  GroupId group;
  PersonId invitee;
  std::optional<AffiliationId> affiliation;  // of the invitee
  storage::v1::History history;
  std::optional<absl::Time> membership_end;
  bool attending_physician = false;
  std::string note;
};

struct WaitingInvitation {
  InvitationId id;
  storage::v1::InvitationRecord record;
};

// The state at a moment: what waits too long, or would begin a membership that
// is over, has expired.
storage::v1::InvitationState StateOf(
    const storage::v1::InvitationRecord& invitation, absl::Time now);

// The group's invitations that wait, oldest first.
absl::StatusOr<std::vector<WaitingInvitation>> WaitingInvitations(
    const ReadCall& call, const GroupId& group);

// The inviter's membership while it gives the right to invite, else nullopt.
absl::StatusOr<std::optional<MemberView>> InviterOf(
    const ReadCall& call, const GroupId& group,
    const storage::v1::InvitationRecord& invitation);

// ALREADY_EXISTS, MEMBER_EXISTS.
absl::Status CheckNotMember(const ReadCall& call, const GroupId& group,
                            const PersonId& person);

// PERMISSION_DENIED, NOT_PERMITTED unless the caller may make who has this
// affiliation an attending physician of the group.
absl::Status CheckAttending(const ReadCall& call, const GroupId& group,
                            const storage::v1::GroupRecord& record,
                            const storage::v1::Affiliation& affiliation);

// HISTORY_TOO_WIDE beyond what the caller sees; FIELD_INVALID for an end that
// has passed.
absl::Status CheckTerms(const ReadCall& call, const NewInvitation& form);

// "networks/{network}/groups/{group}/invitations/{invitation}".
std::string InvitationResource(const ReadCall& call, const GroupId& group,
                               const InvitationId& invitation);

}  // namespace renkei::domain
