#include "tests/support/invite.h"

#include "storage/base/status_macros.h"

namespace renkei::testing {
namespace {

constexpr uint32_t kMemberInvited = 220;
constexpr uint32_t kInvitationAccepted = 222;

}  // namespace

domain::NewInvitation InvitationFor(const World& world, const CareTeam& team,
                                    const Actor& invitee) {
  domain::NewInvitation form;
  form.network = world.network();
  form.group = team.group;
  form.invitee = invitee.person;
  form.history.set_scope(storage::v1::HISTORY_SCOPE_ALL);
  return form;
}

absl::StatusOr<InvitationId> Invite(World& world, const Actor& inviter,
                                    const domain::NewInvitation& form) {
  InvitationId id;
  RETURN_IF_ERROR(
      world.Write(inviter, domain::Action::kInviteMember, kMemberInvited,
                  [&](domain::WriteCall& call) -> absl::Status {
                    ASSIGN_OR_RETURN(id, domain::InviteMember(call, form));
                    return absl::OkStatus();
                  }));
  return id;
}

absl::Status Accept(World& world, const Actor& invitee, const GroupId& group,
                    const InvitationId& invitation) {
  return world.Write(invitee, domain::Action::kAcceptInvitation,
                     kInvitationAccepted, [&](domain::WriteCall& call) {
                       return domain::AcceptInvitation(
                                  call, {world.network(), group, invitation})
                           .status();
                     });
}

}  // namespace renkei::testing
