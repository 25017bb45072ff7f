// The requests of GroupService, parsed and checked as far as that needs no
// data.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "renkei/v1/group.pb.h"
#include "server/domain/consents.h"
#include "server/domain/group_views.h"
#include "server/domain/groups.h"
#include "server/domain/invitation_views.h"
#include "server/domain/invitations.h"
#include "server/domain/members.h"

namespace renkei::rpc {

// All of them: INVALID_ARGUMENT for what can never work, and the one NOT_FOUND
// where a request of one network names something of another.

absl::StatusOr<domain::NewGroup> Parse(const v1::CreateGroupRequest& request);
absl::StatusOr<domain::GroupsQuery> Parse(const v1::ListGroupsRequest& request);
absl::StatusOr<domain::Closing> Parse(const v1::CloseGroupRequest& request);
absl::StatusOr<domain::Reopening> Parse(const v1::ReopenGroupRequest& request);

struct NewConsent {
  storage::GroupKey group;
  storage::v1::ConsentRecord record;
};
absl::StatusOr<NewConsent> Parse(const v1::RecordConsentRequest& request);

struct Withdrawal {
  storage::ConsentKey consent;
  std::string reason;
};
absl::StatusOr<Withdrawal> Parse(const v1::WithdrawConsentRequest& request);

absl::StatusOr<domain::NewInvitation> Parse(
    const v1::InviteMemberRequest& request);
absl::StatusOr<domain::InvitationsQuery> Parse(
    const v1::ListInvitationsRequest& request);
absl::StatusOr<domain::MembersQuery> Parse(
    const v1::ListMembersRequest& request);

struct Removal {
  storage::GroupPersonKey member;
  std::string reason;
};
absl::StatusOr<Removal> Parse(const v1::RemoveMemberRequest& request);

// The `name` of a request that has nothing else.
absl::StatusOr<storage::GroupKey> ParseGroupKey(absl::string_view field,
                                                absl::string_view name);
absl::StatusOr<storage::InvitationKey> ParseInvitationKey(
    absl::string_view field, absl::string_view name);

}  // namespace renkei::rpc
