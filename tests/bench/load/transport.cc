#include "tests/bench/load/transport.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"

namespace renkei::bench {
namespace {

absl::Status Failed(absl::string_view what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", strerror(errno)));
}

absl::StatusOr<int> ConnectUnix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError("the socket's path is too long");
  }
  path.copy(address.sun_path, path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&address),
                        sizeof(address)) != 0) {
    const absl::Status failed = Failed(path);
    close(fd);
    return failed;
  }
  return fd;
}

absl::StatusOr<int> ConnectLoopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&address),
                        sizeof(address)) != 0) {
    const absl::Status failed = Failed(absl::StrCat("port ", port));
    close(fd);
    return failed;
  }
  const int at_once = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
  return fd;
}

// One context for each authority, for as long as the process lives.
absl::StatusOr<SSL_CTX*> ContextOf(const std::string& ca_file) {
  static auto& contexts = *new std::map<std::string, SSL_CTX*>();
  SSL_CTX*& context = contexts[ca_file];
  if (context == nullptr) {
    SSL_CTX* made = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(made, TLS1_3_VERSION);
    SSL_CTX_set_verify(made, SSL_VERIFY_PEER, nullptr);
    const unsigned char h2[] = {2, 'h', '2'};
    SSL_CTX_set_alpn_protos(made, h2, sizeof(h2));
    if (SSL_CTX_load_verify_file(made, ca_file.c_str()) != 1) {
      return absl::InvalidArgumentError(absl::StrCat("no CA in ", ca_file));
    }
    context = made;
  }
  return context;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Transport>> Transport::Connect(
    const Endpoint& endpoint) {
  ASSIGN_OR_RETURN(const int fd, endpoint.tls()
                                     ? ConnectLoopback(endpoint.port)
                                     : ConnectUnix(endpoint.socket_path));
  auto transport = std::unique_ptr<Transport>(new Transport(fd));
  if (endpoint.tls()) {
    RETURN_IF_ERROR(transport->StartTls(endpoint));
  }
  if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
    return Failed("O_NONBLOCK");
  }
  return transport;
}

Transport::~Transport() {
  SSL_free(ssl_);
  close(fd_);
}

absl::Status Transport::StartTls(const Endpoint& endpoint) {
  ASSIGN_OR_RETURN(SSL_CTX * context, ContextOf(endpoint.ca_file));
  ssl_ = SSL_new(context);
  SSL_set_tlsext_host_name(ssl_, "localhost");
  SSL_set_mode(ssl_, SSL_MODE_ENABLE_PARTIAL_WRITE |
                         SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (SSL_set1_host(ssl_, "localhost") != 1 || SSL_set_fd(ssl_, fd_) != 1 ||
      SSL_connect(ssl_) != 1) {
    return absl::UnavailableError("the TLS handshake failed");
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> Transport::Read(absl::Span<char> room) {
  if (ssl_ != nullptr) {
    const int got = SSL_read(ssl_, room.data(), static_cast<int>(room.size()));
    if (got > 0) {
      return static_cast<size_t>(got);
    }
    return SSL_get_error(ssl_, got) == SSL_ERROR_WANT_READ
               ? absl::StatusOr<size_t>(0)
               : absl::UnavailableError("the TLS connection ended");
  }
  const ssize_t got = read(fd_, room.data(), room.size());
  if (got > 0) {
    return static_cast<size_t>(got);
  }
  if (got == 0) {
    return absl::UnavailableError("the server closed the connection");
  }
  return errno == EAGAIN ? absl::StatusOr<size_t>(0) : Failed("read");
}

absl::StatusOr<size_t> Transport::Write(absl::string_view bytes) {
  if (ssl_ != nullptr) {
    const int went =
        SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
    if (went > 0) {
      return static_cast<size_t>(went);
    }
    return SSL_get_error(ssl_, went) == SSL_ERROR_WANT_WRITE
               ? absl::StatusOr<size_t>(0)
               : absl::UnavailableError("the TLS connection ended");
  }
  const ssize_t went = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (went >= 0) {
    return static_cast<size_t>(went);
  }
  return errno == EAGAIN ? absl::StatusOr<size_t>(0) : Failed("write");
}

}  // namespace renkei::bench
