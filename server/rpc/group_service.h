// GroupService: groups, consent, invitations and members.
#pragma once

#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "renkei/v1/group.grpc.pb.h"
#include "server/rpc/calls.h"
#include "server/rpc/workers.h"

namespace renkei::rpc {

// Makes the data key of a group that is about to be created, and returns when
// it is durable. Thread-safe.
using MakeGroupKey = std::function<absl::Status(
    const NetworkId& network, const GroupId& group, absl::Time now)>;

// Thread-safe.
class GroupServiceHandler final : public v1::GroupService::CallbackService {
 public:
  // `key_workers` wait for the disk of the key store.
  GroupServiceHandler(Calls& calls, Workers& key_workers,
                      MakeGroupKey make_group_key);
  ~GroupServiceHandler() override;

  grpc::ServerUnaryReactor* CreateGroup(grpc::CallbackServerContext* context,
                                        const v1::CreateGroupRequest* request,
                                        v1::Group* response) override;
  grpc::ServerUnaryReactor* GetGroup(grpc::CallbackServerContext* context,
                                     const v1::GetGroupRequest* request,
                                     v1::Group* response) override;
  grpc::ServerUnaryReactor* ListGroups(
      grpc::CallbackServerContext* context,
      const v1::ListGroupsRequest* request,
      v1::ListGroupsResponse* response) override;
  grpc::ServerUnaryReactor* CloseGroup(grpc::CallbackServerContext* context,
                                       const v1::CloseGroupRequest* request,
                                       v1::Group* response) override;
  grpc::ServerUnaryReactor* ReopenGroup(grpc::CallbackServerContext* context,
                                        const v1::ReopenGroupRequest* request,
                                        v1::Group* response) override;
  grpc::ServerUnaryReactor* RecordConsent(
      grpc::CallbackServerContext* context,
      const v1::RecordConsentRequest* request, v1::Consent* response) override;
  grpc::ServerUnaryReactor* WithdrawConsent(
      grpc::CallbackServerContext* context,
      const v1::WithdrawConsentRequest* request,
      v1::Consent* response) override;
  grpc::ServerUnaryReactor* InviteMember(grpc::CallbackServerContext* context,
                                         const v1::InviteMemberRequest* request,
                                         v1::Invitation* response) override;
  grpc::ServerUnaryReactor* ListInvitations(
      grpc::CallbackServerContext* context,
      const v1::ListInvitationsRequest* request,
      v1::ListInvitationsResponse* response) override;
  grpc::ServerUnaryReactor* AcceptInvitation(
      grpc::CallbackServerContext* context,
      const v1::AcceptInvitationRequest* request,
      v1::Member* response) override;
  grpc::ServerUnaryReactor* DeclineInvitation(
      grpc::CallbackServerContext* context,
      const v1::DeclineInvitationRequest* request,
      v1::Invitation* response) override;
  grpc::ServerUnaryReactor* CancelInvitation(
      grpc::CallbackServerContext* context,
      const v1::CancelInvitationRequest* request,
      v1::Invitation* response) override;
  grpc::ServerUnaryReactor* ListMembers(
      grpc::CallbackServerContext* context,
      const v1::ListMembersRequest* request,
      v1::ListMembersResponse* response) override;
  grpc::ServerUnaryReactor* RemoveMember(grpc::CallbackServerContext* context,
                                         const v1::RemoveMemberRequest* request,
                                         v1::Member* response) override;
  grpc::ServerUnaryReactor* LeaveGroup(grpc::CallbackServerContext* context,
                                       const v1::LeaveGroupRequest* request,
                                       v1::Member* response) override;

 private:
  Calls& calls_;
  Workers& key_workers_;
  const MakeGroupKey make_group_key_;
};

}  // namespace renkei::rpc
