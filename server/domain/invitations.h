// Invitations to a group: made, accepted, declined, taken back.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/call.h"
#include "server/domain/invitation_checks.h"

namespace renkei::domain {

// Invites somebody to the professional lane. NOT_FOUND for the person;
// MEMBER_EXISTS, INVITATION_EXISTS, AFFILIATION_MISSING,
// CONSENT_DOES_NOT_COVER, HISTORY_TOO_WIDE beyond what the caller sees,
// LIMIT_REACHED; NOT_PERMITTED to make somebody attending physician.
absl::StatusOr<InvitationId> InviteMember(WriteCall& call,
                                          const NewInvitation& form);

// The caller, who is invited, becomes a member. STATE_WRONG unless the
// invitation waits and its inviter may still invite; else as InviteMember.
absl::StatusOr<MemberView> AcceptInvitation(WriteCall& call,
                                            const storage::InvitationKey& key);

// STATE_WRONG unless the invitation waits.
absl::Status DeclineInvitation(WriteCall& call,
                               const storage::InvitationKey& key);
absl::Status CancelInvitation(WriteCall& call,
                              const storage::InvitationKey& key);

// Takes back the waiting invitations of `inviter`, who is no longer a member.
absl::Status CancelInvitationsBy(WriteCall& call, const GroupId& group,
                                 const PersonId& inviter);

}  // namespace renkei::domain
