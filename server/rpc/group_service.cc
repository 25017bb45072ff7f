#include "server/rpc/group_service.h"

#include <optional>
#include <utility>

#include "server/domain/refusal.h"
#include "server/rpc/group_conversion.h"
#include "server/rpc/group_requests.h"
#include "server/rpc/page_token.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/random.h"
#include "storage/table.h"

namespace renkei::rpc {
namespace {

absl::Status AnswerGroup(const domain::ReadCall& call, const GroupId& group,
                         v1::Group& response) {
  ASSIGN_OR_RETURN(const auto view, domain::ViewGroup(call, group));
  response = ToApi(call, view);
  return absl::OkStatus();
}

absl::Status AnswerInvitation(const domain::ReadCall& call,
                              const GroupId& group,
                              const InvitationId& invitation,
                              v1::Invitation& response) {
  ASSIGN_OR_RETURN(const auto view,
                   domain::ViewInvitation(call, group, invitation));
  response = ToApi(call, view);
  return absl::OkStatus();
}

absl::Status AnswerMember(const domain::ReadCall& call, const GroupId& group,
                          const domain::MemberView& member,
                          v1::Member& response) {
  ASSIGN_OR_RETURN(response, ToApi(call, group, member));
  return absl::OkStatus();
}

// Places in page tokens, encoded as parts of keys are.
template <typename... Parts>
std::string PlaceOf(const Parts&... parts) {
  std::string place;
  (storage::AppendPart(parts, place), ...);
  return place;
}

template <typename... Parts>
absl::Status ReadPlace(absl::string_view place, Parts&... parts) {
  return (storage::TakePart(place, parts) && ...) && place.empty()
             ? absl::OkStatus()
             : domain::Refuse(absl::StatusCode::kInvalidArgument,
                              domain::Reason::kPageTokenInvalid,
                              "page_token: not of this list");
}

absl::Status List(domain::ReadCall& call, domain::GroupsQuery query,
                  const v1::ListGroupsRequest& request,
                  v1::ListGroupsResponse& response) {
  ASSIGN_OR_RETURN(const std::string place,
                   OpenPageToken(call, request, request.page_token()));
  if (!place.empty()) {
    uint64_t active = 0;
    domain::GroupPlace& after = query.after.emplace();
    RETURN_IF_ERROR(ReadPlace(place, active, after.group));
    after.active_at_micros = static_cast<int64_t>(active);
  }
  ASSIGN_OR_RETURN(const auto page, domain::ListGroups(call, query));
  for (const domain::GroupView& group : page.groups) {
    *response.add_groups() = ToApi(call, group);
  }
  if (page.next) {
    response.set_next_page_token(MakePageToken(
        call, request,
        PlaceOf(static_cast<uint64_t>(page.next->active_at_micros),
                page.next->group)));
  }
  return absl::OkStatus();
}

absl::Status List(domain::ReadCall& call, domain::InvitationsQuery query,
                  const v1::ListInvitationsRequest& request,
                  v1::ListInvitationsResponse& response) {
  ASSIGN_OR_RETURN(const std::string place,
                   OpenPageToken(call, request, request.page_token()));
  if (!place.empty()) {
    RETURN_IF_ERROR(ReadPlace(place, query.before.emplace()));
  }
  ASSIGN_OR_RETURN(const auto page, domain::ListInvitations(call, query));
  for (const domain::InvitationView& invitation : page.invitations) {
    *response.add_invitations() = ToApi(call, invitation);
  }
  if (page.next) {
    response.set_next_page_token(
        MakePageToken(call, request, PlaceOf(*page.next)));
  }
  return absl::OkStatus();
}

absl::Status List(domain::ReadCall& call, domain::MembersQuery query,
                  const v1::ListMembersRequest& request,
                  v1::ListMembersResponse& response) {
  ASSIGN_OR_RETURN(const std::string place,
                   OpenPageToken(call, request, request.page_token()));
  if (!place.empty()) {
    uint64_t begin = 0;
    domain::MemberPlace& after = query.after.emplace();
    RETURN_IF_ERROR(ReadPlace(place, begin, after.person));
    after.begin_at_micros = static_cast<int64_t>(begin);
  }
  ASSIGN_OR_RETURN(const auto page, domain::ListMembers(call, query));
  for (const domain::MemberView& member : page.members) {
    RETURN_IF_ERROR(
        AnswerMember(call, query.group, member, *response.add_members()));
  }
  response.set_audience_etag(page.audience_etag);
  if (page.next) {
    response.set_next_page_token(
        MakePageToken(call, request,
                      PlaceOf(static_cast<uint64_t>(page.next->begin_at_micros),
                              page.next->person)));
  }
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* GroupServiceHandler::CreateGroup(
    grpc::CallbackServerContext* context, const v1::CreateGroupRequest* request,
    v1::Group* response) {
  return calls_.WriteAfter(
      key_workers_, context, *request, *response, Parse(*request),
      [this](domain::ReadCall& call, const domain::NewGroup& form)
          -> absl::StatusOr<std::optional<GroupId>> {
        // No key for who is refused; the refusal itself, or the first answer
        // to a repeated request, is given at the commit.
        if (!domain::CheckNewGroup(call, form).ok()) {
          return std::optional<GroupId>();
        }
        const GroupId group = GroupId::Make(call.now, crypto::RandomIdBytes());
        RETURN_IF_ERROR(make_group_key_(form.network, group, call.now));
        return std::optional<GroupId>(group);
      },
      [response](domain::WriteCall& call, const domain::NewGroup& form,
                 const std::optional<GroupId>& keyed) -> absl::Status {
        ASSIGN_OR_RETURN(const GroupId group,
                         domain::CreateGroup(call, form, keyed));
        return AnswerGroup(call, group, *response);
      });
}

grpc::ServerUnaryReactor* GroupServiceHandler::GetGroup(
    grpc::CallbackServerContext* context, const v1::GetGroupRequest* request,
    v1::Group* response) {
  return calls_.Read(
      context, *request, *response, ParseGroupKey("name", request->name()),
      [response](domain::ReadCall& call,
                 const storage::GroupKey& key) -> absl::Status {
        ASSIGN_OR_RETURN(const auto view, domain::GetGroup(call, key));
        *response = ToApi(call, view);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* GroupServiceHandler::ListGroups(
    grpc::CallbackServerContext* context, const v1::ListGroupsRequest* request,
    v1::ListGroupsResponse* response) {
  return calls_.Read(context, *request, *response, Parse(*request),
                     [request, response](domain::ReadCall& call,
                                         const domain::GroupsQuery& query) {
                       return List(call, query, *request, *response);
                     });
}

grpc::ServerUnaryReactor* GroupServiceHandler::CloseGroup(
    grpc::CallbackServerContext* context, const v1::CloseGroupRequest* request,
    v1::Group* response) {
  return calls_.Write(
      context, *request, *response, Parse(*request),
      [response](domain::WriteCall& call,
                 const domain::Closing& closing) -> absl::Status {
        RETURN_IF_ERROR(domain::CloseGroup(call, closing));
        return AnswerGroup(call, closing.group, *response);
      });
}

grpc::ServerUnaryReactor* GroupServiceHandler::ReopenGroup(
    grpc::CallbackServerContext* context, const v1::ReopenGroupRequest* request,
    v1::Group* response) {
  return calls_.Write(
      context, *request, *response, Parse(*request),
      [response](domain::WriteCall& call,
                 const domain::Reopening& reopening) -> absl::Status {
        RETURN_IF_ERROR(domain::ReopenGroup(call, reopening));
        return AnswerGroup(call, reopening.group, *response);
      });
}

grpc::ServerUnaryReactor* GroupServiceHandler::RecordConsent(
    grpc::CallbackServerContext* context,
    const v1::RecordConsentRequest* request, v1::Consent* response) {
  return calls_.Write(
      context, *request, *response, Parse(*request),
      [response](domain::WriteCall& call,
                 const NewConsent& form) -> absl::Status {
        ASSIGN_OR_RETURN(const auto consent,
                         domain::RecordConsent(call, form.group, form.record));
        *response = ToApi(call, consent);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* GroupServiceHandler::WithdrawConsent(
    grpc::CallbackServerContext* context,
    const v1::WithdrawConsentRequest* request, v1::Consent* response) {
  return calls_.Write(context, *request, *response, Parse(*request),
                      [response](domain::WriteCall& call,
                                 const Withdrawal& form) -> absl::Status {
                        ASSIGN_OR_RETURN(const auto consent,
                                         domain::WithdrawConsent(
                                             call, form.consent, form.reason));
                        *response = ToApi(call, consent);
                        return absl::OkStatus();
                      });
}

grpc::ServerUnaryReactor* GroupServiceHandler::InviteMember(
    grpc::CallbackServerContext* context,
    const v1::InviteMemberRequest* request, v1::Invitation* response) {
  return calls_.Write(
      context, *request, *response, Parse(*request),
      [response](domain::WriteCall& call,
                 const domain::NewInvitation& form) -> absl::Status {
        ASSIGN_OR_RETURN(const InvitationId id,
                         domain::InviteMember(call, form));
        return AnswerInvitation(call, form.group, id, *response);
      });
}

grpc::ServerUnaryReactor* GroupServiceHandler::ListInvitations(
    grpc::CallbackServerContext* context,
    const v1::ListInvitationsRequest* request,
    v1::ListInvitationsResponse* response) {
  return calls_.Read(
      context, *request, *response, Parse(*request),
      [request, response](domain::ReadCall& call,
                          const domain::InvitationsQuery& query) {
        return List(call, query, *request, *response);
      });
}

grpc::ServerUnaryReactor* GroupServiceHandler::AcceptInvitation(
    grpc::CallbackServerContext* context,
    const v1::AcceptInvitationRequest* request, v1::Member* response) {
  return calls_.Write(
      context, *request, *response, ParseInvitationKey("name", request->name()),
      [response](domain::WriteCall& call,
                 const storage::InvitationKey& key) -> absl::Status {
        ASSIGN_OR_RETURN(const auto member,
                         domain::AcceptInvitation(call, key));
        return AnswerMember(call, key.group, member, *response);
      });
}

grpc::ServerUnaryReactor* GroupServiceHandler::DeclineInvitation(
    grpc::CallbackServerContext* context,
    const v1::DeclineInvitationRequest* request, v1::Invitation* response) {
  return calls_.Write(
      context, *request, *response, ParseInvitationKey("name", request->name()),
      [response](domain::WriteCall& call,
                 const storage::InvitationKey& key) -> absl::Status {
        RETURN_IF_ERROR(domain::DeclineInvitation(call, key));
        return AnswerInvitation(call, key.group, key.invitation, *response);
      });
}

grpc::ServerUnaryReactor* GroupServiceHandler::CancelInvitation(
    grpc::CallbackServerContext* context,
    const v1::CancelInvitationRequest* request, v1::Invitation* response) {
  return calls_.Write(
      context, *request, *response, ParseInvitationKey("name", request->name()),
      [response](domain::WriteCall& call,
                 const storage::InvitationKey& key) -> absl::Status {
        RETURN_IF_ERROR(domain::CancelInvitation(call, key));
        return AnswerInvitation(call, key.group, key.invitation, *response);
      });
}

grpc::ServerUnaryReactor* GroupServiceHandler::ListMembers(
    grpc::CallbackServerContext* context, const v1::ListMembersRequest* request,
    v1::ListMembersResponse* response) {
  return calls_.Read(context, *request, *response, Parse(*request),
                     [request, response](domain::ReadCall& call,
                                         const domain::MembersQuery& query) {
                       return List(call, query, *request, *response);
                     });
}

grpc::ServerUnaryReactor* GroupServiceHandler::RemoveMember(
    grpc::CallbackServerContext* context,
    const v1::RemoveMemberRequest* request, v1::Member* response) {
  return calls_.Write(
      context, *request, *response, Parse(*request),
      [response](domain::WriteCall& call, const Removal& form) -> absl::Status {
        ASSIGN_OR_RETURN(const auto member,
                         domain::RemoveMember(call, form.member, form.reason));
        return AnswerMember(call, form.member.group, member, *response);
      });
}

grpc::ServerUnaryReactor* GroupServiceHandler::LeaveGroup(
    grpc::CallbackServerContext* context, const v1::LeaveGroupRequest* request,
    v1::Member* response) {
  return calls_.Write(
      context, *request, *response, ParseGroupKey("name", request->name()),
      [response](domain::WriteCall& call,
                 const storage::GroupKey& key) -> absl::Status {
        ASSIGN_OR_RETURN(const auto member, domain::LeaveGroup(call, key));
        return AnswerMember(call, key.group, member, *response);
      });
}

}  // namespace renkei::rpc
