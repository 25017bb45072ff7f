// Devices that hold a Sync stream, read as leanly as can be.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/bench/load/event_loop.h"
#include "tests/bench/product/people.h"

namespace renkei::bench {

// Not thread-safe.
class SyncStreams : public CallListener {
 public:
  explicit SyncStreams(EventLoop& loop) : loop_(loop) {}

  // Opens a stream of `person` on `connection`, from where the last one of the
  // same `person` ended; the number of the stream.
  absl::Status Open(const Person& person, Http2Connection& connection,
                    const std::string& cursor);

  // Runs the loop until each stream has caught up.
  absl::Status AwaitCaughtUp(absl::Duration patience);
  // Until so many messages came in all, over all streams.
  absl::Status AwaitMessages(uint64_t messages, absl::Duration patience);

  uint64_t messages() const { return messages_; }
  uint64_t frames() const { return frames_; }
  size_t caught_up() const { return caught_up_; }
  size_t size() const { return cursors_.size(); }
  // Where stream `number`, by order of opening, is.
  const std::string& cursor(size_t number) const { return cursors_[number]; }
  bool ended() const { return ended_ > 0; }

  void OnMessage(uint64_t tag, absl::string_view frame) override;
  void OnEnd(uint64_t tag, int status, absl::string_view text) override;

 private:
  absl::Status RunUntil(const std::function<bool()>& done,
                        absl::Duration patience);

  EventLoop& loop_;
  std::vector<std::string> cursors_;
  uint64_t messages_ = 0;
  uint64_t frames_ = 0;
  size_t caught_up_ = 0;
  size_t ended_ = 0;
  std::string why_ended_;
};

}  // namespace renkei::bench
