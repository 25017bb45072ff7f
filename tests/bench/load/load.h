// Loads a server with calls and measures what becomes of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/bench/load/event_loop.h"
#include "tests/bench/load/histogram.h"

namespace renkei::bench {

// One call to make. What it points to must last until the next is asked for.
struct Outgoing {
  Http2Connection* connection = nullptr;
  const CallHeaders* headers = nullptr;
  absl::string_view request;
};
// `slot` counts from 0 to below the number in flight, or up from 0 in an open
// loop; the calls of one slot must share a connection.
using NextCall = std::function<Outgoing(size_t slot)>;

struct Measured {
  uint64_t answered = 0;  // within the time, with status 0
  uint64_t refused = 0;
  std::string first_refusal;
  uint64_t answer_bytes = 0;
  absl::Duration took;
  absl::Duration driver_cpu;
  Histogram latency;

  double per_second() const {
    return static_cast<double>(answered) / absl::ToDoubleSeconds(took);
  }
};

// Keeps `in_flight` calls under way: each answer begins the next.
absl::StatusOr<Measured> RunClosedLoop(EventLoop& loop, const NextCall& next,
                                       size_t in_flight,
                                       absl::Duration duration);

// The same, until so many calls were made.
absl::StatusOr<Measured> RunCounted(EventLoop& loop, const NextCall& next,
                                    size_t in_flight, uint64_t count);

// Begins `per_second` calls a second whatever comes back. Latency counts from
// the moment a call was due, so that a server that stands still does not hide
// it (coordinated omission).
absl::StatusOr<Measured> RunOpenLoop(EventLoop& loop, const NextCall& next,
                                     double per_second,
                                     absl::Duration duration);

absl::Duration ProcessCpu();

}  // namespace renkei::bench
