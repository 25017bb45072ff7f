// A histogram of durations in the manner of HdrHistogram: buckets that grow
// with the value, none wider than a hundredth of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace renkei::bench {

// Not thread-safe.
class Histogram {
 public:
  void Add(absl::Duration value);
  void Merge(const Histogram& other);

  uint64_t count() const { return count_; }
  // The value that `fraction` of all are not above, such as 0.99; zero when
  // there are none.
  absl::Duration Quantile(double fraction) const;

 private:
  static constexpr int kStepBits = 7;  // steps in each doubling
  static constexpr size_t kBuckets = size_t{64 - kStepBits} << kStepBits;

  static size_t BucketOf(uint64_t nanos);
  static uint64_t TopOf(size_t bucket);

  std::array<uint64_t, kBuckets> buckets_{};
  uint64_t count_ = 0;
};

}  // namespace renkei::bench
