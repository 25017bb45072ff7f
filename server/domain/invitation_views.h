// What members and invited people see of an invitation.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/domain/call.h"

namespace renkei::domain {

struct InvitationView {
  GroupId group;
  InvitationId id;
  storage::v1::InvitationRecord record;
  storage::v1::InvitationState state =
      storage::v1::INVITATION_STATE_UNSPECIFIED;  // at this moment
  storage::v1::Signature invitee;
  storage::v1::Signature inviter;
  AffiliationId inviter_affiliation;  // zero if the inviter is gone
  std::string group_title;
};

// REQUIRES: the caller was authorized to see the invitation.
absl::StatusOr<InvitationView> ViewInvitation(const ReadCall& call,
                                              const GroupId& group,
                                              const InvitationId& invitation);

struct InvitationsQuery {
  NetworkId network;
  std::optional<GroupId> group;  // nullopt: those addressed to the caller
  std::optional<storage::v1::InvitationState> state;
  size_t limit = 0;
  std::optional<InvitationId> before;
};

struct InvitationsPage {
  std::vector<InvitationView> invitations;  // newest first
  std::optional<InvitationId> next;         // nullopt at the end
};

// Of a group for its members, or of the caller.
absl::StatusOr<InvitationsPage> ListInvitations(ReadCall& call,
                                                const InvitationsQuery& query);

}  // namespace renkei::domain
