#include "server/rpc/calls.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "server/domain/audit.h"
#include "server/domain/refusal.h"
#include "server/rpc/errors.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"
#include "storage/crypto/random.h"

namespace renkei::rpc {
namespace {

using domain::Reason;

constexpr absl::Duration kDeadlineDefault = absl::Seconds(30);
constexpr absl::string_view kBearer = "Bearer ";
constexpr size_t kTokenBytesMax = 128;
constexpr size_t kAddressBytesMax = 64;

absl::string_view MetadataOf(const grpc::CallbackServerContext& context,
                             const char* key) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(key);
  return found == metadata.end()
             ? absl::string_view()
             : absl::string_view(found->second.data(), found->second.size());
}

// SHA-256 of the access token; nullopt when there is none or it cannot be one.
std::optional<Hash32> TokenOf(const grpc::CallbackServerContext& context) {
  absl::string_view value = MetadataOf(context, "authorization");
  if (!absl::StartsWith(value, kBearer)) {
    return std::nullopt;
  }
  value.remove_prefix(kBearer.size());
  return value.empty() || value.size() > kTokenBytesMax
             ? std::nullopt
             : std::optional<Hash32>(crypto::Sha256(value));
}

absl::Time DeadlineOf(const grpc::CallbackServerContext& context,
                      absl::Time now) {
  const auto deadline = context.deadline();
  const absl::Time ours = now + kDeadlineDefault;
  return deadline == std::chrono::system_clock::time_point::max()
             ? ours
             : std::min(absl::FromChrono(deadline), ours);
}

domain::Origin OriginOf(const grpc::CallbackServerContext& context,
                        v1::Audience audience) {
  domain::Origin origin;
  // The front strips what came in and writes the peer's address: nothing else
  // tells it.
  origin.client_address = std::string(
      MetadataOf(context, "x-forwarded-for").substr(0, kAddressBytesMax));
  origin.correlation_id =
      SessionId::Make(absl::Now(), crypto::RandomIdBytes()).ToText();
  origin.operator_socket = audience == v1::AUDIENCE_OPERATOR;
  return origin;
}

absl::Status ParseRequestId(const std::string& text,
                            const google::protobuf::Message& request,
                            domain::Request& out) {
  out.id = ParseUuid(text);
  if (!out.id) {
    return domain::RefuseField("request_id",
                               "a UUID of version 7 or 4 in lower-case text");
  }
  out.content = crypto::Sha256({request.GetDescriptor()->full_name(), "\n",
                                request.SerializeAsString()});
  return absl::OkStatus();
}

}  // namespace

absl::Status Calls::Check(const grpc::CallbackServerContext& context,
                          const MethodRule& rule,
                          domain::Request& request) const {
  if (stopping_.load(std::memory_order_acquire)) {
    return domain::Refuse(absl::StatusCode::kUnavailable,
                          Reason::kServerStopping, "the server is stopping");
  }
  request.action = rule.action;
  request.event_type = rule.event_type;
  request.needs_caller = rule.audience == v1::AUDIENCE_ENROLMENT ||
                         rule.audience == v1::AUDIENCE_SIGNED_IN;
  request.token = TokenOf(context);
  request.origin = OriginOf(context, rule.audience);
  if (request.needs_caller && !request.token) {
    return domain::Refuse(
        absl::StatusCode::kUnauthenticated, Reason::kCredentialsMissing,
        "no access token in the metadata (authorization: Bearer …)");
  }
  if (door() == nullptr) {
    return domain::Refuse(absl::StatusCode::kUnavailable, Reason::kServerSealed,
                          "the server waits for its root key");
  }
  // What the operator had done is recorded however long it took.
  request.deadline = rule.audience == v1::AUDIENCE_OPERATOR
                         ? absl::InfiniteFuture()
                         : DeadlineOf(context, door()->now());
  return absl::OkStatus();
}

std::shared_ptr<Calls::Call> Calls::Begin(
    grpc::CallbackServerContext* context,
    const google::protobuf::Message& request,
    const std::optional<std::string>& request_id,
    const absl::Status& form) const {
  threads_.NoteCall();
  auto call = std::make_shared<Call>();
  call->reactor = context->DefaultReactor();
  call->rule = &rules_.Of(request.GetDescriptor());
  call->begun = absl::Now();
  call->refused = Check(*context, *call->rule, call->request);
  call->correlation_id = call->request.origin.correlation_id;
  if (call->refused.ok()) {
    call->refused = form;
  }
  if (call->refused.ok() && request_id) {
    call->refused = ParseRequestId(*request_id, request, call->request);
  }
  return call;
}

std::shared_ptr<Calls::Call> Calls::BeginWithoutStore(
    grpc::CallbackServerContext* context,
    const google::protobuf::Message& request) const {
  threads_.NoteCall();
  auto call = std::make_shared<Call>();
  call->reactor = context->DefaultReactor();
  call->rule = &rules_.Of(request.GetDescriptor());
  call->begun = absl::Now();
  call->correlation_id =
      OriginOf(*context, call->rule->audience).correlation_id;
  return call;
}

absl::StatusOr<domain::Request> Calls::StreamRequest(
    const grpc::CallbackServerContext& context,
    const google::protobuf::Message& request) const {
  // Many come at once when a region comes back.
  threads_.HandOver();
  domain::Request stream;
  RETURN_IF_ERROR(Check(context, rules_.Of(request.GetDescriptor()), stream));
  stream.deadline = absl::InfiniteFuture();
  return stream;
}

void Calls::StartWrite(const std::shared_ptr<Call>& call,
                       domain::Door::WriteOperation operation,
                       domain::Replay replay) {
  door()->Write(std::move(call->request), std::move(operation),
                std::move(replay), [this, call](const absl::Status& status) {
                  if (status.ok() && call->fill) {
                    call->fill();
                  }
                  Finish(*call, status);
                });
}

void Calls::StartRead(const std::shared_ptr<Call>& call,
                      domain::Door::ReadOperation operation) {
  // It may read from disk, while sends wait to be received.
  threads_.HandOver();
  door()->Read(
      std::move(call->request), std::move(operation),
      [this, call](const absl::Status& status) { Finish(*call, status); });
}

Calls::Looked Calls::Look(
    const Call& call,
    absl::FunctionRef<absl::Status(domain::ReadCall&)> prepare) {
  Looked looked;
  looked.status = door()->Look(call.request, [&](domain::ReadCall& read) {
    looked.proven = true;
    const absl::Status status = prepare(read);
    looked.note = std::move(read.note);
    looked.authorizations = std::move(read.authorizations);
    return status;
  });
  return looked;
}

void Calls::RecordRefusal(const std::shared_ptr<Call>& call, Looked looked) {
  if (!looked.proven) {
    Finish(*call, looked.status);
    return;
  }
  StartWrite(
      call,
      [looked = std::move(looked)](domain::WriteCall& write) {
        const uint32_t type = write.note.type;
        write.note = looked.note;
        write.note.type = type;
        write.authorizations = looked.authorizations;
        return looked.status;
      },
      {[] { return std::string(); },
       [](domain::ReadCall&, const std::string&) { return absl::OkStatus(); }});
}

void Calls::Finish(const Call& call, const absl::Status& status) const {
  const std::string& correlation = call.correlation_id;
  const grpc::Status answer = ToGrpc(status, correlation);
  const absl::Duration elapsed = absl::Now() - call.begun;
  observer_(*call.rule, answer.error_code(), elapsed);
  if (status.ok()) {
    log_.NoteSoon("call", {{"method", call.rule->name},
                           {"correlation", correlation},
                           {"elapsed_micros", elapsed}});
  } else {
    log_.Warn("call",
              {{"method", call.rule->name},
               {"correlation", correlation},
               {"elapsed_micros", elapsed},
               {"code", status.code()},
               {"reason", domain::ReasonName(domain::ReasonOf(status))}});
  }
  call.reactor->Finish(answer);
}

}  // namespace renkei::rpc
