// The Unix sockets that the server listens on.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace renkei::server {

// The address to listen on at `path`, cleared of what a crash left behind.
// FailedPrecondition when somebody answers there: a second server must not take
// the first one's place. InvalidArgument for a path too long for a socket.
absl::StatusOr<std::string> SocketAddress(const std::string& path);

}  // namespace renkei::server
