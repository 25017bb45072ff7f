#include "server/operate.h"

#include <unistd.h>

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
constexpr std::chrono::hours kPatienceForBackup{12};
constexpr std::chrono::seconds kPatienceForAnybody{1};

std::shared_ptr<grpc::Channel> ChannelTo(
    const config::v1::ServerConfig& config) {
  return grpc::CreateChannel(
      absl::StrCat("unix:", config.operator_socket_path()),
      grpc::InsecureChannelCredentials());
}

std::unique_ptr<v1::OperatorService::Stub> Connect(
    const config::v1::ServerConfig& config) {
  return v1::OperatorService::NewStub(ChannelTo(config));
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

absl::StatusOr<v1::BackupResponse> AskToBackUp(
    const config::v1::ServerConfig& config, const std::string& directory) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatienceForBackup);
  v1::BackupRequest request;
  request.set_directory(directory);
  v1::BackupResponse response;
  RETURN_IF_ERROR(
      FromGrpc(Connect(config)->Backup(&context, request, &response)));
  return response;
}

bool IsAnswering(const config::v1::ServerConfig& config) {
  return access(config.operator_socket_path().c_str(), F_OK) == 0 &&
         ChannelTo(config)->WaitForConnected(std::chrono::system_clock::now() +
                                             kPatienceForAnybody);
}

}  // namespace renkei::server
