#include "client/channel.h"

#include "absl/strings/match.h"
#include "client/private_file.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

// Between the front's idle limit and what a mobile network forgets.
constexpr int kKeepaliveMillis = 60'000;
constexpr int kKeepaliveTimeoutMillis = 10'000;

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsFor(
    const Endpoint& endpoint) {
  if (absl::StartsWith(endpoint.server, "unix:")) {
    return grpc::InsecureChannelCredentials();
  }
  grpc::SslCredentialsOptions options;
  if (!endpoint.ca_file.empty()) {
    ASSIGN_OR_RETURN(options.pem_root_certs, ReadFile(endpoint.ca_file));
  }
  if (endpoint.certificate_file.empty() != endpoint.key_file.empty()) {
    return absl::InvalidArgumentError(
        "a client certificate and its key go together");
  }
  if (!endpoint.certificate_file.empty()) {
    ASSIGN_OR_RETURN(options.pem_cert_chain,
                     ReadFile(endpoint.certificate_file));
    ASSIGN_OR_RETURN(options.pem_private_key, ReadFile(endpoint.key_file));
  }
  return grpc::SslCredentials(options);
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(
    const Endpoint& endpoint) {
  if (endpoint.server.empty()) {
    return absl::InvalidArgumentError("no server is named");
  }
  ASSIGN_OR_RETURN(const auto credentials, CredentialsFor(endpoint));
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(std::string(ServiceConfigJson()));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMillis);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMillis);
  return grpc::CreateCustomChannel(endpoint.server, credentials, arguments);
}

}  // namespace renkei::client
