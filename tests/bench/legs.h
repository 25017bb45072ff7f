// Legs that figures are made of: one kind of call on one endpoint.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "tests/bench/load/load.h"
#include "tests/bench/product/calls.h"
#include "tests/bench/report.h"
#include "tests/bench/rig.h"
#include "tests/bench/rounds.h"

namespace renkei::bench {

// Calls in a closed loop over connections of its own. Not thread-safe.
class CallLeg {
 public:
  // Over no more than `connections_max`: the front, which is who calls the
  // server, has few and many calls on each.
  static absl::StatusOr<std::unique_ptr<CallLeg>> Make(
      const Endpoint& endpoint, CallCycle calls, size_t in_flight,
      size_t connections_max = 8);

  // The rate, and the CPU of `servers` for one call.
  absl::StatusOr<LegResult> Run(absl::Span<Process* const> servers,
                                absl::Duration duration);
  absl::StatusOr<Measured> RunOpen(double per_second, absl::Duration duration);
  // So many calls, as fast as they go.
  absl::StatusOr<Measured> RunCount(uint64_t count);

  size_t in_flight() const { return in_flight_; }
  // Of the latest run.
  const Measured& measured() const { return measured_; }
  size_t AnswerBytes() const {
    return measured_.answered == 0
               ? 0
               : measured_.answer_bytes / measured_.answered;
  }

 private:
  CallLeg(CallCycle calls, size_t in_flight)
      : calls_(std::move(calls)), in_flight_(in_flight) {}

  EventLoop loop_;
  CallCycle calls_;
  const size_t in_flight_;
  Measured measured_;
};

// How many bytes one SendMessage takes each way; makes one.
struct Sizes {
  size_t request = 0;
  size_t answer = 0;
};
absl::StatusOr<Sizes> SizesOfSend(Product& product);

Figure FigureOf(absl::string_view name, const Rounds& rounds, size_t leg,
                size_t yardstick);

}  // namespace renkei::bench
