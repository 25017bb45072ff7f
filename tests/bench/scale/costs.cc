#include "tests/bench/scale/costs.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "storage/base/status_macros.h"
#include "tests/bench/listeners.h"

namespace renkei::bench {
namespace {

constexpr size_t kInFlight = 64;
constexpr size_t kPage = 50;
constexpr size_t kMet = 4000;
constexpr unsigned kSeed = 7;  // the same ones each time

std::vector<CareGroup> GroupsMet(const Region& region) {
  std::mt19937_64 random(kSeed);
  std::vector<CareGroup> groups;
  for (size_t i = 0; i < kMet; ++i) {
    const size_t group = region.PickGroup(random);
    groups.push_back(region.AsClient(group, random() % region.size().members));
  }
  return groups;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RegionCalls>> RegionCalls::Make(
    const Product& product, const Region& region) {
  const std::vector<CareGroup> groups = GroupsMet(region);
  auto calls = std::unique_ptr<RegionCalls>(new RegionCalls(product));
  CallCycle cycles[] = {SendCalls(groups, 1), ListCalls(groups, 1, kPage),
                        UnreadCalls(groups)};
  for (const Kind kind : kKinds) {
    const auto i = static_cast<size_t>(kind);
    ASSIGN_OR_RETURN(
        calls->legs_[i],
        CallLeg::Make(product.endpoint(), std::move(cycles[i]), kInFlight));
  }
  return calls;
}

absl::Status RegionCalls::MeetAllOnce() {
  for (const Kind kind : kKinds) {
    RETURN_IF_ERROR(legs_[static_cast<size_t>(kind)]->RunCount(kMet).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<double> RegionCalls::FindRate(Kind kind,
                                             absl::Duration duration) {
  ASSIGN_OR_RETURN(const LegResult peak, legs_[static_cast<size_t>(kind)]->Run(
                                             {&product_.process()}, duration));
  return peak.value / 2;
}

absl::StatusOr<LegResult> RegionCalls::Run(Kind kind, double per_second,
                                           absl::Duration duration) {
  const absl::Duration cpu = product_.process().Cpu();
  ASSIGN_OR_RETURN(
      const Measured measured,
      legs_[static_cast<size_t>(kind)]->RunOpen(per_second, duration));
  return LegResult{absl::ToDoubleMicroseconds(measured.latency.Quantile(0.5)),
                   absl::ToDoubleMicroseconds(product_.process().Cpu() - cpu) /
                       static_cast<double>(measured.answered)};
}

absl::StatusOr<std::unique_ptr<AwayDevice>> AwayDevice::Make(
    const Product& product, const Region& region, size_t person) {
  std::vector<CareGroup> groups = region.GroupsOfPerson(person);
  std::vector<CareGroup> of_others = groups;
  for (CareGroup& group : of_others) {
    std::rotate(group.members.begin(), group.members.begin() + 1,
                group.members.end());
  }
  auto device =
      std::unique_ptr<AwayDevice>(new AwayDevice(product, std::move(groups)));
  ASSIGN_OR_RETURN(device->others_send_,
                   CallLeg::Make(product.endpoint(), SendCalls(of_others, 1),
                                 of_others.size()));
  return device;
}

absl::StatusOr<LegResult> AwayDevice::MissAndResume(uint64_t messages) {
  // Other loads send to these groups too: not what is to be measured.
  RETURN_IF_ERROR(
      Resume(product_.endpoint(), groups_.front().members.front(), cursor_)
          .status());
  RETURN_IF_ERROR(others_send_->RunCount(messages).status());
  const absl::Duration cpu = product_.process().Cpu();
  ASSIGN_OR_RETURN(
      const absl::Duration took,
      TimeResume(product_.endpoint(), groups_.front().members.front(), messages,
                 cursor_));
  return LegResult{absl::ToDoubleMicroseconds(took),
                   absl::ToDoubleMicroseconds(product_.process().Cpu() - cpu)};
}

}  // namespace renkei::bench
