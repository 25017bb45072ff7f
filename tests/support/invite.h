// Inviting and accepting through the real door, for tests that need members
// who came that way.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/invitations.h"
#include "tests/support/care_team.h"
#include "tests/support/world.h"

namespace renkei::testing {

// An invitation of `invitee` to the team's group, showing everything.
domain::NewInvitation InvitationFor(const World& world, const CareTeam& team,
                                    const Actor& invitee);

absl::StatusOr<InvitationId> Invite(World& world, const Actor& inviter,
                                    const domain::NewInvitation& form);

absl::Status Accept(World& world, const Actor& invitee, const GroupId& group,
                    const InvitationId& invitation);

}  // namespace renkei::testing
