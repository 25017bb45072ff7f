#include "tests/support/raw_call.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/generic/generic_stub.h"
#include "tests/support/live_server.h"

namespace renkei::testing {
namespace {

// Long enough for anything that is answered at all.
constexpr std::chrono::seconds kDeadline{60};

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (buffer.Dump(&slices).ok()) {
    for (const grpc::Slice& slice : slices) {
      bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
  }
  return bytes;
}

// One thing at a time on a queue of its own.
class Steps {
 public:
  ~Steps() {
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }
  grpc::CompletionQueue* queue() { return &queue_; }
  void* tag() { return this; }
  // Whether what was begun last came to pass.
  bool Await() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

 private:
  grpc::CompletionQueue queue_;
};

}  // namespace

RawAnswer CallRaw(const std::shared_ptr<grpc::Channel>& channel,
                  const std::string& method, const v1::Tokens& tokens,
                  const google::protobuf::Message& request,
                  const std::function<bool(const std::string&)>& enough) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kDeadline);
  LiveServer::Authorize(context, tokens);
  Steps steps;
  const auto call = stub.PrepareCall(
      &context, absl::StrCat("/renkei.v1.", method), steps.queue());
  call->StartCall(steps.tag());
  steps.Await();
  const grpc::Slice bytes(request.SerializePartialAsString());
  call->WriteLast(grpc::ByteBuffer(&bytes, 1), {}, steps.tag());
  steps.Await();
  RawAnswer answer;
  grpc::ByteBuffer message;
  call->Read(&message, steps.tag());
  while (steps.Await()) {
    answer.messages.push_back(BytesOf(message));
    if (enough(answer.messages.back())) {
      context.TryCancel();
    }
    call->Read(&message, steps.tag());
  }
  call->Finish(&answer.status, steps.tag());
  steps.Await();
  return answer;
}

}  // namespace renkei::testing
