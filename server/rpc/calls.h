// gRPC on one side, the door on the other: credentials, request ids, deadlines,
// errors, one log line a call. Every unary handler goes through Write,
// WriteAfter or Read; there is no other way to the store.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "server/domain/door.h"
#include "server/rpc/method_rules.h"
#include "server/rpc/polling_threads.h"
#include "server/rpc/workers.h"
#include "storage/base/log.h"

namespace renkei::rpc {

// A larger request is refused before it is read.
inline constexpr int kRequestBytesMax = 1 << 20;

// Told of every finished call, for metrics. Thread-safe.
using CallObserver =
    std::function<void(const MethodRule&, grpc::StatusCode, absl::Duration)>;

// Thread-safe.
class Calls {
 public:
  Calls(const MethodRules& rules, Log& log, PollingThreads& threads,
        CallObserver observer)
      : rules_(rules),
        log_(log),
        threads_(threads),
        observer_(std::move(observer)) {}

  // Until Open, and after Close, every call is answered UNAVAILABLE,
  // SERVER_SEALED or SERVER_STOPPING. `door` must outlive the last call.
  void Open(domain::Door& door) {
    door_.store(&door, std::memory_order_release);
  }
  void Close() { stopping_.store(true, std::memory_order_release); }
  domain::Door* door() const { return door_.load(std::memory_order_acquire); }

  // `form` is the parsed request, or why it can never work.
  // `operation(domain::WriteCall&, const Form&)` returns absl::Status and fills
  // `response`. A request with a `request_id` is answered once for all.
  template <typename Request, typename Response, typename Form,
            typename Operation>
  grpc::ServerUnaryReactor* Write(grpc::CallbackServerContext* context,
                                  const Request& request, Response& response,
                                  absl::StatusOr<Form> form,
                                  Operation operation) {
    return WriteThenFill(context, request, std::move(form),
                         std::move(operation), AnswerReplay(response), nullptr);
  }

  // The same with an own way to keep and restore the first answer. `operation`
  // and `replay.restore` leave what they found where `fill()` finds it, which
  // makes the response once all is durable and nobody waits for its turn.
  template <typename Request, typename Form, typename Operation>
  grpc::ServerUnaryReactor* WriteThenFill(grpc::CallbackServerContext* context,
                                          const Request& request,
                                          absl::StatusOr<Form> form,
                                          Operation operation,
                                          domain::Replay replay,
                                          absl::AnyInvocable<void()> fill) {
    std::shared_ptr<Call> call =
        Begin(context, request, RequestIdOf(request), form.status());
    grpc::ServerUnaryReactor* reactor = call->reactor;
    if (call->refused.ok()) {
      call->fill = std::move(fill);
      StartWrite(
          call,
          [form = std::move(form),
           operation = std::move(operation)](domain::WriteCall& write) mutable {
            return operation(write, *form);
          },
          std::move(replay));
    } else {
      Finish(*call, call->refused);
    }
    return reactor;
  }

  // First `prepare(domain::ReadCall&, const Form&)` on one of `workers`, with
  // the caller proven, over a snapshot; returns absl::StatusOr<Prepared>. Then
  // `operation(domain::WriteCall&, const Form&, const Prepared&)`. A refusal of
  // `prepare` is answered and audited like one of the operation.
  template <typename Request, typename Response, typename Form,
            typename Prepare, typename Operation>
  grpc::ServerUnaryReactor* WriteAfter(Workers& workers,
                                       grpc::CallbackServerContext* context,
                                       const Request& request,
                                       Response& response,
                                       absl::StatusOr<Form> form,
                                       Prepare prepare, Operation operation) {
    std::shared_ptr<Call> call =
        Begin(context, request, RequestIdOf(request), form.status());
    grpc::ServerUnaryReactor* reactor = call->reactor;
    if (!call->refused.ok()) {
      Finish(*call, call->refused);
      return reactor;
    }
    auto work = [this, call, &response, form = std::move(form),
                 prepare = std::move(prepare),
                 operation = std::move(operation)]() mutable {
      using Prepared = typename decltype(prepare(
          std::declval<domain::ReadCall&>(), *form))::value_type;
      std::optional<Prepared> prepared;
      Looked looked = Look(*call, [&](domain::ReadCall& read) -> absl::Status {
        auto result = prepare(read, *form);
        if (result.ok()) {
          prepared.emplace(*std::move(result));
        }
        return result.status();
      });
      if (!prepared) {
        RecordRefusal(call, std::move(looked));
        return;
      }
      StartWrite(
          call,
          [form = std::move(form), prepared = *std::move(prepared),
           operation = std::move(operation)](domain::WriteCall& write) mutable {
            return operation(write, *form, prepared);
          },
          AnswerReplay(response));
    };
    if (absl::Status posted = workers.Post(std::move(work)); !posted.ok()) {
      Finish(*call, posted);
    }
    return reactor;
  }

  // `operation(domain::ReadCall&, const Form&)` returns absl::Status and fills
  // `response`, which is empty each time it runs.
  template <typename Request, typename Response, typename Form,
            typename Operation>
  grpc::ServerUnaryReactor* Read(grpc::CallbackServerContext* context,
                                 const Request& request, Response& response,
                                 absl::StatusOr<Form> form,
                                 Operation operation) {
    std::shared_ptr<Call> call =
        Begin(context, request, std::nullopt, form.status());
    grpc::ServerUnaryReactor* reactor = call->reactor;
    if (call->refused.ok()) {
      StartRead(call, [&response, form = std::move(form),
                       operation = std::move(operation)](
                          domain::ReadCall& read) mutable {
        response.Clear();
        return operation(read, *form);
      });
    } else {
      Finish(*call, call->refused);
    }
    return reactor;
  }

  // For the few methods that look at no records, also while sealed: `answer()`
  // returns absl::Status.
  template <typename Answer>
  grpc::ServerUnaryReactor* AnswerWithoutStore(
      grpc::CallbackServerContext* context,
      const google::protobuf::Message& request, Answer answer) {
    const std::shared_ptr<Call> call = BeginWithoutStore(context, request);
    Finish(*call, answer());
    return call->reactor;
  }
  template <typename Answer>
  grpc::ServerUnaryReactor* AnswerOnWorker(
      Workers& workers, grpc::CallbackServerContext* context,
      const google::protobuf::Message& request, Answer answer) {
    const std::shared_ptr<Call> call = BeginWithoutStore(context, request);
    grpc::ServerUnaryReactor* reactor = call->reactor;
    if (absl::Status posted =
            workers.Post([this, call, answer] { Finish(*call, answer()); });
        !posted.ok()) {
      Finish(*call, posted);
    }
    return reactor;
  }

  // For a stream: what the door must know of it, from its context; or why it is
  // refused.
  absl::StatusOr<domain::Request> StreamRequest(
      const grpc::CallbackServerContext& context,
      const google::protobuf::Message& request) const;

 private:
  struct Call {
    grpc::ServerUnaryReactor* reactor = nullptr;
    const MethodRule* rule = nullptr;
    domain::Request request;
    absl::Status refused;  // before the door: sealed, no credentials, malformed
    std::string correlation_id;
    absl::Time begun;
    absl::AnyInvocable<void()> fill;  // of a write; may be null
  };
  struct Looked {
    absl::Status status;
    bool proven = false;
    domain::AuditNote note;
    std::vector<domain::Authorization> authorizations;
  };

  template <typename Request>
  static std::optional<std::string> RequestIdOf(const Request& request) {
    if constexpr (requires { request.request_id(); }) {
      return request.request_id();
    } else {
      return std::nullopt;
    }
  }
  template <typename Response>
  static domain::Replay AnswerReplay(Response& response) {
    return {[&response] { return response.SerializeAsString(); },
            [&response](domain::ReadCall&, const std::string& kept) {
              return response.ParseFromString(kept)
                         ? absl::OkStatus()
                         : absl::DataLossError("kept answer");
            }};
  }

  std::shared_ptr<Call> Begin(grpc::CallbackServerContext* context,
                              const google::protobuf::Message& request,
                              const std::optional<std::string>& request_id,
                              const absl::Status& form) const;
  std::shared_ptr<Call> BeginWithoutStore(
      grpc::CallbackServerContext* context,
      const google::protobuf::Message& request) const;
  absl::Status Check(const grpc::CallbackServerContext& context,
                     const MethodRule& rule, domain::Request& request) const;
  void StartWrite(const std::shared_ptr<Call>& call,
                  domain::Door::WriteOperation operation,
                  domain::Replay replay);
  void StartRead(const std::shared_ptr<Call>& call,
                 domain::Door::ReadOperation operation);
  Looked Look(const Call& call,
              absl::FunctionRef<absl::Status(domain::ReadCall&)> prepare);
  void RecordRefusal(const std::shared_ptr<Call>& call, Looked looked);
  void Finish(const Call& call, const absl::Status& status) const;

  const MethodRules& rules_;
  Log& log_;
  PollingThreads& threads_;
  const CallObserver observer_;
  std::atomic<domain::Door*> door_{nullptr};
  std::atomic<bool> stopping_{false};
};

}  // namespace renkei::rpc
