// The connection to a server.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "grpcpp/channel.h"

namespace renkei::client {

// Where the server is and how the two ends prove who they are.
struct Endpoint {
  std::string server;            // "host:port" (TLS) or "unix:/path" (plain).
  std::string ca_file;           // Empty: the system's authorities.
  std::string certificate_file;  // Empty: no client certificate.
  std::string key_file;
};

// Opens a channel with the retries of the shipped service config. Does not
// wait for the connection. NOT_FOUND if a file is missing, INVALID_ARGUMENT if
// `server` is empty or a certificate comes without its key.
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(
    const Endpoint& endpoint);

// The gRPC service config in JSON that OpenChannel uses, which any other
// client may use too.
absl::string_view ServiceConfigJson();

}  // namespace renkei::client
