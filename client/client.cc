#include "client/client.h"

#include "absl/strings/str_cat.h"
#include "client/errors.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

// A token is renewed this long before it expires, so that it does not expire
// on its way.
constexpr absl::Duration kRefreshAhead = absl::Seconds(30);

constexpr absl::string_view kTokenExpired = "TOKEN_EXPIRED";

void SetToken(grpc::ClientContext& context, const std::string& token) {
  context.AddMetadata("authorization", absl::StrCat("Bearer ", token));
}

}  // namespace

Client::Client(const std::shared_ptr<grpc::Channel>& channel,
               TokenStore& tokens, absl::Duration deadline)
    : tokens_(tokens),
      deadline_(deadline),
      stubs_(v1::SessionService::NewStub(channel),
             v1::DirectoryService::NewStub(channel),
             v1::GroupService::NewStub(channel),
             v1::MessageService::NewStub(channel),
             v1::SyncService::NewStub(channel),
             v1::AuditService::NewStub(channel),
             v1::AdminService::NewStub(channel)) {}

absl::Status Client::AttemptPublic(Rpc rpc) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + deadline_));
  return FromGrpc(rpc(context));
}

absl::Status Client::Attempt(Rpc rpc) {
  ASSIGN_OR_RETURN(const std::string token, FreshToken());
  const auto attempt_with = [&](const std::string& bearer) {
    return AttemptPublic([&](grpc::ClientContext& context) {
      SetToken(context, bearer);
      return rpc(context);
    });
  };
  absl::Status status = attempt_with(token);
  // This machine's clock may be late, so the server's word counts.
  if (ReasonOf(status) != kTokenExpired) {
    return status;
  }
  RETURN_IF_ERROR(Refresh(token));
  ASSIGN_OR_RETURN(const Tokens renewed, tokens_.Load());
  return attempt_with(renewed.access_token);
}

absl::StatusOr<std::string> Client::AddCredentials(
    grpc::ClientContext& context) {
  ASSIGN_OR_RETURN(std::string token, FreshToken());
  SetToken(context, token);
  return token;
}

absl::StatusOr<std::string> Client::FreshToken() {
  ASSIGN_OR_RETURN(const Tokens tokens, tokens_.Load());
  if (absl::Now() < tokens.access_expires_at - kRefreshAhead) {
    return tokens.access_token;
  }
  RETURN_IF_ERROR(Refresh(tokens.access_token));
  ASSIGN_OR_RETURN(const Tokens renewed, tokens_.Load());
  return renewed.access_token;
}

absl::Status Client::Refresh(const std::string& stale_token) {
  return tokens_.Replace([&](const Tokens& current) -> absl::StatusOr<Tokens> {
    if (current.access_token != stale_token) {
      return current;  // Another thread or process was quicker.
    }
    v1::RefreshSessionRequest request;
    request.set_refresh_token(current.refresh_token);
    ASSIGN_OR_RETURN(
        const v1::Tokens renewed,
        CallPublic(&v1::SessionService::Stub::RefreshSession, request));
    return FromApi(renewed);
  });
}

Tokens FromApi(const v1::Tokens& tokens) {
  return {tokens.access_token(),
          absl::FromUnixSeconds(tokens.access_token_expire_time().seconds()),
          tokens.refresh_token()};
}

}  // namespace renkei::client
