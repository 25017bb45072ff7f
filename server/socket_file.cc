#include "server/socket_file.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace renkei::server {
namespace {

constexpr size_t kPathBytesMax = 100;

bool IsAnswered(const std::string& path) {
  sockaddr_un address{};
  static_assert(kPathBytesMax < sizeof(address.sun_path));
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  const int asking = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const absl::Cleanup close = [asking] { ::close(asking); };
  return ::connect(asking, reinterpret_cast<const sockaddr*>(&address),
                   sizeof(address)) == 0;
}

}  // namespace

absl::StatusOr<std::string> SocketAddress(const std::string& path) {
  if (path.size() > kPathBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": a socket's path may have 100 bytes"));
  }
  if (IsAnswered(path)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": another process answers there"));
  }
  ::unlink(path.c_str());
  return absl::StrCat("unix:", path);
}

}  // namespace renkei::server
