#include "tests/bench/rounds.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "storage/base/status_macros.h"
#include "tests/bench/load/load.h"
#include "tests/bench/process.h"

namespace renkei::bench {
namespace {

constexpr double kForeignShareMax = 0.08;  // of all processors
constexpr double kProbeQuotientMax = 2;

std::vector<double> Quotients(const Rounds& rounds, size_t leg,
                              size_t yardstick) {
  std::vector<double> quotients;
  for (size_t i = 0; i < rounds.legs[leg].size(); ++i) {
    quotients.push_back(rounds.legs[leg][i].value /
                        rounds.legs[yardstick][i].value);
  }
  return quotients;
}

void Keep(const std::vector<std::vector<LegResult>>& results, Rounds& rounds) {
  for (const std::vector<LegResult>& round : results) {
    for (size_t leg = 0; leg < round.size(); ++leg) {
      rounds.legs[leg].push_back(round[leg]);
    }
  }
}

}  // namespace

Watch::Watch(Machine machine)
    : machine_(std::move(machine)),
      begun_(absl::Now()),
      all_(MachineCpu()),
      ours_(Ours()) {
  Probe();
}

void Watch::Probe() {
  const absl::Duration probe = ProbeSync(machine_.directory);
  slowest_ = std::max(slowest_, probe);
  fastest_ = std::min(fastest_, probe);
}

bool Watch::disturbed() const {
  const absl::Duration all =
      (absl::Now() - begun_) * sysconf(_SC_NPROCESSORS_ONLN);
  const absl::Duration foreign = MachineCpu() - all_ - (Ours() - ours_);
  return foreign > all * kForeignShareMax ||
         slowest_ > fastest_ * kProbeQuotientMax;
}

absl::Duration Watch::Ours() const {
  return machine_.cpu() + ProcessCpu() + EndedChildrenCpu();
}

double MedianOf(std::vector<double> values) {
  if (values.empty()) {
    return 0;
  }
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle]
                                : (values[middle - 1] + values[middle]) / 2;
}

double Rounds::Median(size_t leg) const {
  std::vector<double> values;
  for (const LegResult& result : legs[leg]) {
    values.push_back(result.value);
  }
  return MedianOf(values);
}

double Rounds::MedianCpu(size_t leg) const {
  std::vector<double> values;
  for (const LegResult& result : legs[leg]) {
    values.push_back(result.cpu_us);
  }
  return MedianOf(values);
}

double Rounds::MedianCpuRatio(size_t leg, size_t yardstick) const {
  std::vector<double> quotients;
  for (size_t i = 0; i < legs[leg].size(); ++i) {
    quotients.push_back(legs[leg][i].cpu_us / legs[yardstick][i].cpu_us);
  }
  return MedianOf(std::move(quotients));
}

double Rounds::MedianRatio(size_t leg, size_t yardstick) const {
  return MedianOf(Quotients(*this, leg, yardstick));
}

double Rounds::Spread(size_t leg, size_t yardstick) const {
  const std::vector<double> quotients = Quotients(*this, leg, yardstick);
  const auto [low, high] =
      std::minmax_element(quotients.begin(), quotients.end());
  return quotients.empty() ? 0 : (*high - *low) / 2 / MedianOf(quotients);
}

absl::StatusOr<Rounds> RunRounds(const Machine& machine,
                                 const Settings& settings,
                                 const std::vector<Leg>& legs) {
  const auto wanted = static_cast<size_t>(settings.rounds);
  std::vector<std::vector<LegResult>> good;
  std::vector<std::vector<LegResult>> disturbed;
  while (good.size() < wanted && disturbed.size() < wanted) {
    Watch watch(machine);
    std::vector<LegResult> round;
    for (const Leg& leg : legs) {
      ASSIGN_OR_RETURN(const LegResult result, leg());
      round.push_back(result);
      watch.Probe();
    }
    (watch.disturbed() ? disturbed : good).push_back(std::move(round));
  }
  Rounds rounds;
  rounds.legs.resize(legs.size());
  rounds.disturbed = good.size() * 2 < wanted;
  Keep(good, rounds);
  if (rounds.disturbed) {
    Keep(disturbed, rounds);
  }
  return rounds;
}

}  // namespace renkei::bench
