#include "tests/bench/load/event_loop.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "storage/base/check.h"
#include "storage/base/status_macros.h"

namespace renkei::bench {
namespace {

constexpr int kEventsMax = 256;

}  // namespace

EventLoop::EventLoop()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)), room_(Http2Connection::kRoomBytes) {
  CHECK(epoll_ >= 0);
}

EventLoop::~EventLoop() {
  connections_.clear();
  close(epoll_);
}

absl::StatusOr<Http2Connection*> EventLoop::Connect(const Endpoint& endpoint) {
  ASSIGN_OR_RETURN(std::unique_ptr<Http2Connection> made,
                   Http2Connection::Connect(endpoint));
  Http2Connection* const connection = made.get();
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = connection;
  CHECK(epoll_ctl(epoll_, EPOLL_CTL_ADD, connection->fd(), &event) == 0);
  connections_.push_back(std::move(made));
  return connection;
}

void EventLoop::Disconnect(Http2Connection* connection) {
  const auto found = std::find_if(
      connections_.begin(), connections_.end(),
      [connection](const auto& kept) { return kept.get() == connection; });
  CHECK(found != connections_.end());
  // Closing takes it out of the epoll set.
  std::swap(*found, connections_.back());
  connections_.pop_back();
}

absl::Status EventLoop::Flush(Http2Connection& connection) {
  RETURN_IF_ERROR(connection.Flush());
  if (!connection.has_output()) {
    return absl::OkStatus();
  }
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT;
  event.data.ptr = &connection;
  CHECK(epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd(), &event) == 0);
  return absl::OkStatus();
}

absl::Status EventLoop::RunOnce(absl::Duration timeout) {
  std::array<epoll_event, kEventsMax> events;
  const timespec wait =
      absl::ToTimespec(std::max(timeout, absl::ZeroDuration()));
  const int count =
      epoll_pwait2(epoll_, events.data(), kEventsMax, &wait, nullptr);
  CHECK(count >= 0 || errno == EINTR);
  for (int i = 0; i < count; ++i) {
    auto& connection = *static_cast<Http2Connection*>(events[i].data.ptr);
    if ((events[i].events & EPOLLOUT) != 0) {
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = &connection;
      CHECK(epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd(), &event) == 0);
    }
    RETURN_IF_ERROR(connection.OnReadable(absl::MakeSpan(room_)));
    RETURN_IF_ERROR(Flush(connection));
  }
  return absl::OkStatus();
}

}  // namespace renkei::bench
