// Services of the API on a world, reached through gRPC inside the process.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/rpc/error_details.pb.h"
#include "grpcpp/client_context.h"
#include "grpcpp/server.h"
#include "server/rpc/calls.h"
#include "storage/base/log.h"
#include "tests/support/world.h"

namespace renkei::testing {

class Api {
 public:
  // Opened for `world`, which must outlive it.
  explicit Api(World& world);
  ~Api();

  rpc::Calls& calls() { return calls_; }

  // What was logged so far.
  std::string log() const;

  // Serves these, which must have been made with calls(). Once.
  void Start(const std::vector<grpc::Service*>& services);
  std::shared_ptr<grpc::Channel> channel() { return channel_; }

 private:
  mutable Mutex mutex_;
  std::string lines_ ABSL_GUARDED_BY(mutex_);
  Log log_;
  const rpc::MethodRules rules_;
  rpc::Calls calls_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

// What a client is told of why; empty when it was told nothing of ours.
std::string ReasonOf(const grpc::Status& status);

// Calls `method` of `stub` with these credentials (empty: none) and the usual
// deadline.
template <typename Stub, typename Request, typename Response>
grpc::Status Call(Stub& stub,
                  grpc::Status (Stub::*method)(grpc::ClientContext*,
                                               const Request&, Response*),
                  absl::string_view access_token, const Request& request,
                  Response& response) {
  grpc::ClientContext context;
  if (!access_token.empty()) {
    context.AddMetadata("authorization", "Bearer " + std::string(access_token));
  }
  return (stub.*method)(&context, request, &response);
}

}  // namespace renkei::testing
