#include "server/operate.h"

#include <chrono>
#include <memory>

#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel.h"
#include "renkei/v1/admin.grpc.pb.h"
#include "storage/base/status_macros.h"

namespace renkei::server {
namespace {

// A large store takes its time to open, and to copy.
constexpr std::chrono::minutes kPatience{30};

std::unique_ptr<v1::OperatorService::Stub> Connect(
    const config::v1::ServerConfig& config) {
  return v1::OperatorService::NewStub(
      grpc::CreateChannel(absl::StrCat("unix:", config.operator_socket_path()),
                          grpc::InsecureChannelCredentials()));
}

absl::Status FromGrpc(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message());
}

}  // namespace

absl::Status AskToUnseal(const config::v1::ServerConfig& config,
                         const v1::UnsealRequest& request) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  v1::UnsealResponse response;
  return FromGrpc(Connect(config)->Unseal(&context, request, &response));
}

}  // namespace renkei::server
