#include "tests/bench/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace renkei::bench {

size_t Histogram::BucketOf(uint64_t nanos) {
  const int doubling =
      std::max(0, static_cast<int>(std::bit_width(nanos)) - 1 - kStepBits);
  return (static_cast<size_t>(doubling) << kStepBits) + (nanos >> doubling);
}

uint64_t Histogram::TopOf(size_t bucket) {
  const size_t steps = size_t{1} << kStepBits;
  if (bucket < 2 * steps) {
    return bucket;
  }
  const size_t doubling = (bucket >> kStepBits) - 1;
  const uint64_t step = bucket - (doubling << kStepBits);
  return ((step + 1) << doubling) - 1;
}

void Histogram::Add(absl::Duration value) {
  const int64_t nanos = std::max<int64_t>(0, absl::ToInt64Nanoseconds(value));
  const size_t bucket = BucketOf(static_cast<uint64_t>(nanos));
  ++buckets_[std::min(bucket, kBuckets - 1)];
  ++count_;
}

void Histogram::Merge(const Histogram& other) {
  for (size_t i = 0; i < kBuckets; ++i) {
    buckets_[i] += other.buckets_[i];
  }
  count_ += other.count_;
}

absl::Duration Histogram::Quantile(double fraction) const {
  const auto wanted =
      static_cast<uint64_t>(std::ceil(fraction * static_cast<double>(count_)));
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets && count_ > 0; ++i) {
    seen += buckets_[i];
    if (seen >= wanted) {
      return absl::Nanoseconds(TopOf(i));
    }
  }
  return absl::ZeroDuration();
}

}  // namespace renkei::bench
