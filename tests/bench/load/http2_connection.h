// gRPC calls over one HTTP/2 connection, in bare frames: as little as a client
// can do, so that what is measured is the server.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tests/bench/load/hpack_writer.h"
#include "tests/bench/load/transport.h"

struct nghttp2_hd_inflater;

namespace renkei::bench {

// What becomes of a call; `tag` is what it was started with.
class CallListener {
 public:
  virtual ~CallListener() = default;
  virtual void OnMessage(uint64_t tag, absl::string_view message) = 0;
  // `status` is the grpc-status, -1 when the stream ended without one. Ends the
  // call.
  virtual void OnEnd(uint64_t tag, int status, absl::string_view text) = 0;
};

// Not thread-safe.
class Http2Connection {
 public:
  static absl::StatusOr<std::unique_ptr<Http2Connection>> Connect(
      const Endpoint& endpoint);
  ~Http2Connection();
  Http2Connection(const Http2Connection&) = delete;
  Http2Connection& operator=(const Http2Connection&) = delete;

  int fd() const { return transport_->fd(); }

  // One request, then any number of answers. Sent by Flush. `listener` must
  // outlive the call.
  void Start(const CallHeaders& headers, absl::string_view request,
             uint64_t tag, CallListener& listener);

  // Where OnReadable reads; a loop's connections share it.
  static constexpr size_t kRoomBytes = size_t{64} << 10;

  // Reads all there is and tells the listeners, who may start calls. Nothing is
  // left in `room`, which has kRoomBytes.
  absl::Status OnReadable(absl::Span<char> room);
  // Writes what waits, as far as it goes.
  absl::Status Flush();
  bool has_output() const { return sent_ < output_.size(); }

 private:
  struct Stream {
    uint64_t tag = 0;
    CallListener* listener = nullptr;
    int status = -1;
    std::string text;
    std::string unread;  // the beginning of a message
  };
  struct Frame {
    uint8_t type;
    uint8_t flags;
    uint32_t stream;
    absl::string_view payload;
  };
  struct Waiting {
    uint32_t stream;
    std::string request;
  };

  Http2Connection(std::unique_ptr<Transport> transport, bool tls);
  size_t HandleFrames(absl::string_view bytes);
  void HandleFrame(const Frame& frame);
  void HandleHeaders(const Frame& frame);
  void HandleMessages(const Frame& frame);
  void HandleSettings(const Frame& frame);
  void HandleWindow(const Frame& frame);
  void End(uint32_t stream_id);
  void SendRequest(uint32_t stream, absl::string_view request);
  void AppendFrame(uint8_t type, uint8_t flags, uint32_t stream,
                   absl::string_view payload);

  const std::unique_ptr<Transport> transport_;
  const bool tls_;
  HpackWriter headers_;
  nghttp2_hd_inflater* inflater_ = nullptr;
  absl::flat_hash_map<uint32_t, Stream> streams_;
  uint32_t next_stream_ = 1;
  int64_t send_window_ = 65535;
  int64_t received_ = 0;         // since the last WINDOW_UPDATE of ours
  std::deque<Waiting> waiting_;  // for the send window
  std::string cut_off_;          // the beginning of a frame
  std::string output_;
  size_t sent_ = 0;
  absl::Status failed_;
};

}  // namespace renkei::bench
