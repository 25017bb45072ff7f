// Groups, members, invitations and consents in the API's terms.
#pragma once

#include "absl/status/statusor.h"
#include "renkei/v1/group.pb.h"
#include "server/domain/consents.h"
#include "server/domain/group_views.h"
#include "server/domain/invitation_views.h"
#include "server/domain/memberships.h"

namespace renkei::rpc {

v1::Group ToApi(const domain::ReadCall& call, const domain::GroupView& group);

v1::Consent ToApi(const domain::ReadCall& call,
                  const domain::ConsentView& consent);

v1::Invitation ToApi(const domain::ReadCall& call,
                     const domain::InvitationView& invitation);

// Reads the facility's name of today.
absl::StatusOr<v1::Member> ToApi(const domain::ReadCall& call,
                                 const GroupId& group,
                                 const domain::MemberView& member);

}  // namespace renkei::rpc
