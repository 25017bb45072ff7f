// Members who listen to their groups while others send.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "tests/bench/legs.h"
#include "tests/bench/product/sync_streams.h"

namespace renkei::bench {

// `listeners` members of each group, from the second on, each with a stream
// that has caught up. Not thread-safe.
class Audience {
 public:
  static absl::StatusOr<std::unique_ptr<Audience>> Gather(
      const Endpoint& endpoint, absl::Span<const CareGroup> groups,
      size_t listeners);

  SyncStreams& streams() { return streams_; }
  // How many hear one message.
  size_t listeners() const { return listeners_; }

  // Reads what comes.
  absl::Status RunOnce(absl::Duration timeout) {
    return loop_.RunOnce(timeout);
  }

 private:
  explicit Audience(size_t listeners) : listeners_(listeners) {}

  const size_t listeners_;
  EventLoop loop_;
  SyncStreams streams_{loop_};
};

// Sends in a closed loop to the groups of `audience`; the leg ends when the
// last listener has the last message.
absl::StatusOr<LegResult> SendAndDeliver(CallLeg& send, Audience& audience,
                                         Process& server,
                                         absl::Duration duration);

struct Resumed {
  absl::Duration took;
  uint64_t messages = 0;  // that came
};
// A device that was away comes back at `cursor`, until it has caught up;
// `cursor` is then where it is.
absl::StatusOr<Resumed> Resume(const Endpoint& endpoint, const Person& person,
                               std::string& cursor);
// The same when so many messages must come.
absl::StatusOr<absl::Duration> TimeResume(const Endpoint& endpoint,
                                          const Person& person,
                                          uint64_t messages,
                                          std::string& cursor);

}  // namespace renkei::bench
