// Bare gRPC with the callback API on a Unix socket: a unary echo and a stream
// that pushes or idles. Shares nothing with the product.
//   grpc-yardstick SOCKET
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>

#include "absl/synchronization/mutex.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/support/server_callback.h"
#include "tests/bench/yardsticks/yardstick.grpc.pb.h"

namespace renkei::bench {
namespace {

class PushReactor : public grpc::ServerWriteReactor<PushFrame> {
 public:
  explicit PushReactor(const PushRequest& request) : left_(request.frames()) {
    frame_.set_payload(std::string(request.frame_bytes(), 'x'));
    StartSendInitialMetadata();
    if (left_ > 0) {
      Next();
    }
  }

  void OnWriteDone(bool ok) override {
    if (ok && left_ > 0) {
      Next();
    } else {
      Finish(grpc::Status::OK);
    }
  }
  void OnCancel() override {
    if (left_ == 0) {
      Finish(grpc::Status::CANCELLED);
    }
  }
  void OnDone() override { delete this; }

 private:
  void Next() {
    --left_;
    StartWrite(&frame_);
  }

  uint64_t left_;
  PushFrame frame_;
};

class Service : public Yardstick::CallbackService {
 public:
  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context,
                                 const EchoRequest* request,
                                 EchoResponse* response) override {
    response->mutable_payload()->assign(request->answer_bytes(), 'x');
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  grpc::ServerWriteReactor<PushFrame>* Push(
      grpc::CallbackServerContext*, const PushRequest* request) override {
    return new PushReactor(*request);
  }
};

int Main(const std::string& socket) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  unlink(socket.c_str());
  Service service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + socket, grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    std::fputs("grpc-yardstick: cannot listen\n", stderr);
    return 1;
  }
  // Ended by a signal, as its streams may be open for ever.
  server->Wait();
  return 0;
}

}  // namespace
}  // namespace renkei::bench

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: grpc-yardstick SOCKET\n", stderr);
    return 2;
  }
  return renkei::bench::Main(arguments[1]);
}
