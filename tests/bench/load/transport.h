// A byte stream to a server: a Unix socket, or TLS 1.3 over TCP.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

struct ssl_st;

namespace renkei::bench {

struct Endpoint {
  std::string socket_path;  // a Unix socket; or, when empty:
  uint16_t port = 0;        // on localhost, with TLS
  std::string ca_file;      // whose certificate the server shows

  bool tls() const { return socket_path.empty(); }
};

// Not thread-safe. Never blocks once connected.
class Transport {
 public:
  static absl::StatusOr<std::unique_ptr<Transport>> Connect(
      const Endpoint& endpoint);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  int fd() const { return fd_; }
  // How many bytes there were; 0: none now. Unavailable when the other side
  // closed.
  absl::StatusOr<size_t> Read(absl::Span<char> room);
  // How many bytes went; 0: none now.
  absl::StatusOr<size_t> Write(absl::string_view bytes);

 private:
  explicit Transport(int fd) : fd_(fd) {}
  absl::Status StartTls(const Endpoint& endpoint);

  const int fd_;
  ssl_st* ssl_ = nullptr;
};

}  // namespace renkei::bench
