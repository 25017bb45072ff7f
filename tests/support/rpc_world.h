// Services behind real gRPC in this process, before a world's door.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "grpcpp/client_context.h"
#include "grpcpp/server.h"
#include "server/rpc/calls.h"
#include "server/rpc/workers.h"
#include "storage/base/log.h"
#include "storage/base/mutex.h"
#include "tests/support/world.h"

namespace renkei::testing {

class RpcWorld {
 public:
  // `world` must outlive this.
  explicit RpcWorld(World& world);
  ~RpcWorld();

  // What a service handler is made of.
  rpc::Calls& calls() { return calls_; }
  rpc::Workers& workers() { return workers_; }

  // Serves `service`, which must outlive this, from now on. REQUIRES: once.
  std::shared_ptr<grpc::Channel> Serve(grpc::Service& service);
  // Ends every call; for a service that must not end before its streams.
  void Stop();

  // What was logged so far.
  std::string log() const;

  // The metadata of a call by `actor`.
  std::unique_ptr<grpc::ClientContext> As(const Actor& actor);

 private:
  World& world_;
  mutable Mutex mutex_;
  std::string lines_ ABSL_GUARDED_BY(mutex_);
  Log log_;
  const rpc::MethodRules rules_;
  rpc::Calls calls_;
  rpc::Workers workers_;
  std::unique_ptr<grpc::Server> server_;
};

// A fresh UUID of version 4.
std::string NewRequestId();

// The reason in the ErrorInfo of an error; empty if there is none.
std::string ReasonIn(const grpc::Status& status);

}  // namespace renkei::testing
