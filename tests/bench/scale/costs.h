// What calls cost on a served region: of the server's CPU and of time, at a
// rate that it keeps with ease.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/legs.h"
#include "tests/bench/scale/region.h"

namespace renkei::bench {

enum class Kind : size_t { kSend, kList, kUnread };
inline constexpr std::array kKinds = {Kind::kSend, Kind::kList, Kind::kUnread};

// SendMessage, ListMessages of the newest 50 and ListUnread, in the groups and
// by the people that a load meets. Not thread-safe.
class RegionCalls {
 public:
  static absl::StatusOr<std::unique_ptr<RegionCalls>> Make(
      const Product& product, const Region& region);

  // Every call of each kind once: servers are up for weeks, and what is in
  // memory after a day is what is to be compared.
  absl::Status MeetAllOnce();

  // Half of what the server can do, at most.
  absl::StatusOr<double> FindRate(Kind kind, absl::Duration duration);
  // The median time as value.
  absl::StatusOr<LegResult> Run(Kind kind, double per_second,
                                absl::Duration duration);

 private:
  explicit RegionCalls(const Product& product) : product_(product) {}

  const Product& product_;
  std::array<std::unique_ptr<CallLeg>, kKinds.size()> legs_;
};

// A device of one person that goes away, misses messages of all groups, and
// comes back. Not thread-safe.
class AwayDevice {
 public:
  static absl::StatusOr<std::unique_ptr<AwayDevice>> Make(
      const Product& product, const Region& region, size_t person);

  // The time until it has all of so many, as value.
  absl::StatusOr<LegResult> MissAndResume(uint64_t messages);

 private:
  AwayDevice(const Product& product, std::vector<CareGroup> groups)
      : product_(product), groups_(std::move(groups)) {}

  const Product& product_;
  const std::vector<CareGroup> groups_;  // the device's person is the first
  std::unique_ptr<CallLeg> others_send_;
  std::string cursor_;
};

}  // namespace renkei::bench
