// Waits for connections and lets them read and write.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/bench/load/http2_connection.h"

namespace renkei::bench {

// Not thread-safe.
class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  absl::StatusOr<Http2Connection*> Connect(const Endpoint& endpoint);
  // Ends it with its calls, whose listeners are not told.
  void Disconnect(Http2Connection* connection);

  // Writes what waits on `connection`, now or when there is room.
  absl::Status Flush(Http2Connection& connection);

  // Waits for something to read or write, at most `timeout`, and sees to it.
  absl::Status RunOnce(absl::Duration timeout);

 private:
  const int epoll_;
  std::vector<char> room_;
  std::vector<std::unique_ptr<Http2Connection>> connections_;
};

}  // namespace renkei::bench
