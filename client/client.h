// The client library: calls with credentials, request ids, deadlines and
// readable errors.
#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/request_id.h"
#include "client/tokens.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "renkei/v1/admin.grpc.pb.h"
#include "renkei/v1/audit.grpc.pb.h"
#include "renkei/v1/directory.grpc.pb.h"
#include "renkei/v1/group.grpc.pb.h"
#include "renkei/v1/message.grpc.pb.h"
#include "renkei/v1/session.grpc.pb.h"
#include "renkei/v1/sync.grpc.pb.h"

namespace renkei::client {

// Speaks to one server for one session:
//
//   auto sent = client.Call(&v1::MessageService::Stub::SendMessage, request);
//
// A request without `request_id` gets one, so the retries of the channel can
// never post twice. Access tokens are refreshed before they expire, by one
// caller at a time. Errors are those of errors.h. Thread-safe.
class Client {
 public:
  // `tokens` must outlive the client.
  Client(const std::shared_ptr<grpc::Channel>& channel, TokenStore& tokens,
         absl::Duration deadline);

  // Calls a method as the signed-in person.
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(
      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                   Response*),
      Request request) {
    FillRequestId(request);
    Response response;
    const absl::Status status = Attempt([&](grpc::ClientContext& context) {
      return (StubOf<Stub>().*method)(&context, request, &response);
    });
    if (!status.ok()) {
      return status;
    }
    return response;
  }

  // Calls a public method, without credentials.
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> CallPublic(
      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                   Response*),
      const Request& request) {
    Response response;
    const absl::Status status =
        AttemptPublic([&](grpc::ClientContext& context) {
          return (StubOf<Stub>().*method)(&context, request, &response);
        });
    if (!status.ok()) {
      return status;
    }
    return response;
  }

  // Puts the session's access token, refreshed if it is about to expire, into
  // the context of a call that is made with StubOf, such as Sync, and returns
  // it.
  absl::StatusOr<std::string> AddCredentials(grpc::ClientContext& context);

  // Gets new tokens, unless somebody has done so since `stale_token` was read.
  absl::Status Refresh(const std::string& stale_token);

  template <typename Stub>
  Stub& StubOf() {
    return *std::get<std::unique_ptr<Stub>>(stubs_);
  }

 private:
  using Rpc = absl::FunctionRef<grpc::Status(grpc::ClientContext& context)>;

  absl::Status Attempt(Rpc rpc);
  absl::Status AttemptPublic(Rpc rpc);
  // The access token to use now.
  absl::StatusOr<std::string> FreshToken();

  TokenStore& tokens_;
  const absl::Duration deadline_;
  const std::tuple<std::unique_ptr<v1::SessionService::Stub>,
                   std::unique_ptr<v1::DirectoryService::Stub>,
                   std::unique_ptr<v1::GroupService::Stub>,
                   std::unique_ptr<v1::MessageService::Stub>,
                   std::unique_ptr<v1::SyncService::Stub>,
                   std::unique_ptr<v1::AuditService::Stub>,
                   std::unique_ptr<v1::AdminService::Stub>>
      stubs_;
};

// The part of the API's answer that a client keeps.
Tokens FromApi(const v1::Tokens& tokens);

}  // namespace renkei::client
