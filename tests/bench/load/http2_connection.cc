#include "tests/bench/load/http2_connection.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "storage/base/big_endian.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"

namespace renkei::bench {
namespace {

constexpr absl::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr size_t kFrameHeaderBytes = 9;
constexpr size_t kMessageHeaderBytes = 5;
constexpr uint32_t kWindowMax = (1U << 31) - 1;
constexpr uint32_t kWindowAtFirst = 65535;

uint32_t Number(absl::string_view bytes) {
  return ReadBigEndian<uint32_t>(bytes);
}

std::string NumberText(uint32_t number) {
  std::string out;
  AppendBigEndian(out, number);
  return out;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Http2Connection>> Http2Connection::Connect(
    const Endpoint& endpoint) {
  ASSIGN_OR_RETURN(std::unique_ptr<Transport> transport,
                   Transport::Connect(endpoint));
  auto connection = std::unique_ptr<Http2Connection>(
      new Http2Connection(std::move(transport), endpoint.tls()));
  RETURN_IF_ERROR(connection->Flush());
  return connection;
}

Http2Connection::Http2Connection(std::unique_ptr<Transport> transport, bool tls)
    : transport_(std::move(transport)), tls_(tls), headers_(tls) {
  CHECK(nghttp2_hd_inflate_new(&inflater_) == 0);
  output_.append(kPreface.data(), kPreface.size());
  std::string window("\0\4", 2);  // SETTINGS_INITIAL_WINDOW_SIZE
  window += NumberText(kWindowMax);
  AppendFrame(NGHTTP2_SETTINGS, 0, 0, window);
  AppendFrame(NGHTTP2_WINDOW_UPDATE, 0, 0,
              NumberText(kWindowMax - kWindowAtFirst));
}

Http2Connection::~Http2Connection() { nghttp2_hd_inflate_del(inflater_); }

void Http2Connection::Start(const CallHeaders& headers,
                            absl::string_view request, uint64_t tag,
                            CallListener& listener) {
  const uint32_t id = next_stream_;
  next_stream_ += 2;
  streams_.emplace(id, Stream{tag, &listener, -1, {}, {}});
  const size_t start = output_.size();
  AppendFrame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, id, "");
  headers_.Append(headers, output_);
  const size_t block = output_.size() - start - kFrameHeaderBytes;
  output_[start + 1] = static_cast<char>(block >> 8);
  output_[start + 2] = static_cast<char>(block);
  if (waiting_.empty() &&
      send_window_ >=
          static_cast<int64_t>(request.size() + kMessageHeaderBytes)) {
    SendRequest(id, request);
  } else {
    waiting_.push_back({id, std::string(request)});
  }
}

void Http2Connection::SendRequest(uint32_t stream, absl::string_view request) {
  const size_t bytes = request.size() + kMessageHeaderBytes;
  CHECK(bytes <= 16384);
  send_window_ -= static_cast<int64_t>(bytes);
  const size_t start = output_.size();
  AppendFrame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, stream, "");
  output_[start + 1] = static_cast<char>(bytes >> 8);
  output_[start + 2] = static_cast<char>(bytes);
  output_.push_back('\0');  // not compressed
  AppendBigEndian(output_, static_cast<uint32_t>(request.size()));
  output_.append(request.data(), request.size());
}

void Http2Connection::AppendFrame(uint8_t type, uint8_t flags, uint32_t stream,
                                  absl::string_view payload) {
  output_.push_back(static_cast<char>(payload.size() >> 16));
  output_.push_back(static_cast<char>(payload.size() >> 8));
  output_.push_back(static_cast<char>(payload.size()));
  output_.push_back(static_cast<char>(type));
  output_.push_back(static_cast<char>(flags));
  AppendBigEndian(output_, stream);
  output_.append(payload.data(), payload.size());
}

absl::Status Http2Connection::Flush() {
  while (has_output()) {
    ASSIGN_OR_RETURN(
        const size_t went,
        transport_->Write(absl::string_view(output_).substr(sent_)));
    if (went == 0) {
      return absl::OkStatus();
    }
    sent_ += went;
  }
  output_.clear();
  sent_ = 0;
  return absl::OkStatus();
}

absl::Status Http2Connection::OnReadable(absl::Span<char> room) {
  while (true) {
    const size_t before = cut_off_.copy(room.data(), room.size());
    ASSIGN_OR_RETURN(const size_t got, transport_->Read(room.subspan(before)));
    const absl::string_view bytes(room.data(), before + got);
    const size_t handled = HandleFrames(bytes);
    RETURN_IF_ERROR(failed_);
    cut_off_ = std::string(bytes.substr(handled));
    // Without TLS, a read that did not fill the room leaves nothing to read.
    if (got == 0 || (!tls_ && bytes.size() < room.size())) {
      return absl::OkStatus();
    }
  }
}

size_t Http2Connection::HandleFrames(absl::string_view bytes) {
  size_t handled = 0;
  while (failed_.ok() && bytes.size() - handled >= kFrameHeaderBytes) {
    const absl::string_view header = bytes.substr(handled);
    const size_t length = Number(header) >> 8;
    if (header.size() < kFrameHeaderBytes + length) {
      break;
    }
    HandleFrame({static_cast<uint8_t>(header[3]),
                 static_cast<uint8_t>(header[4]),
                 Number(header.substr(5)) & kWindowMax,
                 header.substr(kFrameHeaderBytes, length)});
    handled += kFrameHeaderBytes + length;
  }
  return handled;
}

void Http2Connection::HandleFrame(const Frame& frame) {
  switch (frame.type) {
    case NGHTTP2_DATA:
      HandleMessages(frame);
      break;
    case NGHTTP2_HEADERS:
      HandleHeaders(frame);
      break;
    case NGHTTP2_SETTINGS:
      HandleSettings(frame);
      break;
    case NGHTTP2_WINDOW_UPDATE:
      HandleWindow(frame);
      break;
    case NGHTTP2_PING:
      if ((frame.flags & NGHTTP2_FLAG_ACK) == 0) {
        AppendFrame(NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, frame.payload);
      }
      break;
    case NGHTTP2_RST_STREAM:
      End(frame.stream);
      break;
    case NGHTTP2_GOAWAY:
      failed_ = absl::UnavailableError("the server sent GOAWAY");
      break;
    case NGHTTP2_CONTINUATION:
      failed_ = absl::UnimplementedError("CONTINUATION");
      break;
    default:
      break;
  }
}

void Http2Connection::HandleHeaders(const Frame& frame) {
  const auto found = streams_.find(frame.stream);
  absl::string_view block = frame.payload;
  if ((frame.flags & NGHTTP2_FLAG_PADDED) != 0) {
    block = block.substr(1, block.size() - 1 - static_cast<uint8_t>(block[0]));
  }
  if ((frame.flags & NGHTTP2_FLAG_PRIORITY) != 0) {
    block.remove_prefix(5);
  }
  while (true) {
    nghttp2_nv field;
    int flags = 0;
    const ssize_t used = nghttp2_hd_inflate_hd2(
        inflater_, &field, &flags,
        reinterpret_cast<const uint8_t*>(block.data()), block.size(), 1);
    if (used < 0) {
      failed_ = absl::DataLossError("the answer's headers do not decode");
      return;
    }
    block.remove_prefix(static_cast<size_t>(used));
    const absl::string_view name(reinterpret_cast<char*>(field.name),
                                 field.namelen);
    const absl::string_view value(reinterpret_cast<char*>(field.value),
                                  field.valuelen);
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0 && found != streams_.end()) {
      if (name == "grpc-status" &&
          !absl::SimpleAtoi(value, &found->second.status)) {
        found->second.status = -1;
      }
      if (name == "grpc-message") {
        found->second.text = std::string(value);
      }
    }
    if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
      nghttp2_hd_inflate_end_headers(inflater_);
      break;
    }
  }
  if ((frame.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
    End(frame.stream);
  }
}

void Http2Connection::HandleMessages(const Frame& frame) {
  received_ += static_cast<int64_t>(frame.payload.size());
  if (received_ > kWindowMax / 2) {
    AppendFrame(NGHTTP2_WINDOW_UPDATE, 0, 0,
                NumberText(static_cast<uint32_t>(received_)));
    received_ = 0;
  }
  const auto found = streams_.find(frame.stream);
  if (found == streams_.end()) {
    return;
  }
  const uint64_t tag = found->second.tag;
  CallListener& listener = *found->second.listener;
  std::string unread = std::move(found->second.unread);
  absl::string_view bytes = frame.payload;
  if (!unread.empty()) {
    unread.append(bytes.data(), bytes.size());
    bytes = unread;
  }
  while (bytes.size() >= kMessageHeaderBytes &&
         bytes.size() - kMessageHeaderBytes >= Number(bytes.substr(1))) {
    const size_t length = Number(bytes.substr(1));
    listener.OnMessage(tag, bytes.substr(kMessageHeaderBytes, length));
    bytes.remove_prefix(kMessageHeaderBytes + length);
  }
  // Listeners may have started calls, which moves the streams.
  if (const auto again = streams_.find(frame.stream); again != streams_.end()) {
    again->second.unread =
        bytes.size() == unread.size() ? std::move(unread) : std::string(bytes);
  }
  if ((frame.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
    End(frame.stream);
  }
}

void Http2Connection::HandleSettings(const Frame& frame) {
  if ((frame.flags & NGHTTP2_FLAG_ACK) == 0) {
    AppendFrame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, "");
  }
}

void Http2Connection::HandleWindow(const Frame& frame) {
  if (frame.stream != 0) {
    return;  // a request is smaller than any stream's window
  }
  send_window_ += Number(frame.payload) & kWindowMax;
  while (!waiting_.empty() &&
         send_window_ >= static_cast<int64_t>(waiting_.front().request.size() +
                                              kMessageHeaderBytes)) {
    const Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    SendRequest(next.stream, next.request);
  }
}

void Http2Connection::End(uint32_t stream_id) {
  const auto found = streams_.find(stream_id);
  if (found == streams_.end()) {
    return;
  }
  const Stream stream = std::move(found->second);
  streams_.erase(found);
  stream.listener->OnEnd(stream.tag, stream.status, stream.text);
}

}  // namespace renkei::bench
