#include "tests/bench/load/load.h"

#include <algorithm>
#include <ctime>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "storage/base/status_macros.h"

namespace renkei::bench {
namespace {

// A call that takes longer than this after the end is lost.
constexpr absl::Duration kPatience = absl::Seconds(30);

// The monotonic clock, as nanoseconds: absl::Now() costs a calibration.
int64_t Nanos() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * int64_t{1000000000} + now.tv_nsec;
}

class Calls : public CallListener {
 public:
  Calls(EventLoop& loop, const NextCall& next, int64_t until)
      : loop_(loop), next_(next), until_(until) {}

  void OnMessage(uint64_t, absl::string_view message) override {
    measured_.answer_bytes += message.size();
  }

  void OnEnd(uint64_t tag, int status, absl::string_view text) override {
    const UnderWay call = under_way_[tag];
    free_.push_back(tag);
    const int64_t now = Nanos();
    if (status != 0 && measured_.refused++ == 0) {
      measured_.first_refusal = absl::StrCat("status ", status, ": ", text);
    }
    if (now >= until_) {
      return;
    }
    if (status == 0) {
      ++measured_.answered;
    }
    measured_.latency.Add(absl::Nanoseconds(now - call.due));
    if (calls_left_ > 0) {
      --calls_left_;
      Start(call.slot, now);
    }
  }

  // At most `count` calls, while there is time.
  absl::Status RunClosed(size_t in_flight, uint64_t count) {
    const size_t at_first = std::min<uint64_t>(in_flight, count);
    calls_left_ = count - at_first;
    for (size_t slot = 0; slot < at_first; ++slot) {
      RETURN_IF_ERROR(loop_.Flush(Start(slot, Nanos())));
    }
    return Wait();
  }

  absl::Status RunOpen(double per_second) {
    const double step = 1e9 / per_second;
    const int64_t begun = Nanos();
    for (size_t slot = 0;; ++slot) {
      const int64_t due =
          begun + static_cast<int64_t>(step * static_cast<double>(slot));
      if (due >= until_) {
        break;
      }
      for (int64_t now = Nanos(); now < due; now = Nanos()) {
        RETURN_IF_ERROR(loop_.RunOnce(absl::Nanoseconds(due - now)));
      }
      RETURN_IF_ERROR(loop_.Flush(Start(slot, due)));
    }
    return Wait();
  }

  Measured& measured() { return measured_; }

 private:
  struct UnderWay {
    size_t slot;
    int64_t due;
  };

  Http2Connection& Start(size_t slot, int64_t due) {
    if (free_.empty()) {
      free_.push_back(under_way_.size());
      under_way_.emplace_back();
    }
    const uint64_t tag = free_.back();
    free_.pop_back();
    under_way_[tag] = {slot, due};
    const Outgoing call = next_(slot);
    call.connection->Start(*call.headers, call.request, tag, *this);
    return *call.connection;
  }

  // Until every call has ended.
  absl::Status Wait() {
    const int64_t lost = until_ + absl::ToInt64Nanoseconds(kPatience);
    while (free_.size() < under_way_.size()) {
      RETURN_IF_ERROR(loop_.RunOnce(absl::Milliseconds(10)));
      if (Nanos() > lost) {
        return absl::DeadlineExceededError(absl::StrCat(
            under_way_.size() - free_.size(), " calls were never answered"));
      }
    }
    return absl::OkStatus();
  }

  EventLoop& loop_;
  const NextCall& next_;
  const int64_t until_;
  uint64_t calls_left_ = 0;          // that an answer may begin
  std::vector<UnderWay> under_way_;  // by tag
  std::vector<uint64_t> free_;       // tags
  Measured measured_;
};

template <typename Run>
absl::StatusOr<Measured> Measure(EventLoop& loop, const NextCall& next,
                                 absl::Duration duration, Run run) {
  Calls calls(loop, next, Nanos() + absl::ToInt64Nanoseconds(duration));
  const absl::Duration cpu = ProcessCpu();
  RETURN_IF_ERROR(run(calls));
  Measured measured = std::move(calls.measured());
  measured.driver_cpu = ProcessCpu() - cpu;
  measured.took = duration;
  if (measured.refused > 0) {
    return absl::InternalError(absl::StrCat(
        measured.refused,
        " calls were refused; the first: ", measured.first_refusal));
  }
  return measured;
}

}  // namespace

absl::StatusOr<Measured> RunClosedLoop(EventLoop& loop, const NextCall& next,
                                       size_t in_flight,
                                       absl::Duration duration) {
  return Measure(loop, next, duration, [in_flight](Calls& calls) {
    return calls.RunClosed(in_flight, std::numeric_limits<uint64_t>::max());
  });
}

absl::StatusOr<Measured> RunCounted(EventLoop& loop, const NextCall& next,
                                    size_t in_flight, uint64_t count) {
  return Measure(loop, next, kPatience, [in_flight, count](Calls& calls) {
    return calls.RunClosed(in_flight, count);
  });
}

absl::StatusOr<Measured> RunOpenLoop(EventLoop& loop, const NextCall& next,
                                     double per_second,
                                     absl::Duration duration) {
  return Measure(loop, next, duration, [per_second](Calls& calls) {
    return calls.RunOpen(per_second);
  });
}

absl::Duration ProcessCpu() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return absl::DurationFromTimespec(used);
}

}  // namespace renkei::bench
