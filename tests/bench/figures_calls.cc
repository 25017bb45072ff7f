// Unary calls: sends, lists, through the front and alone.
#include <algorithm>
#include <cstdio>

#include "absl/strings/str_format.h"
#include "storage/base/status_macros.h"
#include "tests/bench/figures.h"
#include "tests/bench/legs.h"

namespace renkei::bench {
namespace {

constexpr size_t kInFlight = 64;
constexpr size_t kManyGroups = 16;
constexpr size_t kSenders = 2;  // of each group
constexpr size_t kPage = 50;
// What one SendMessage writes, sealed: message, event, kept answer, audit event
// and its indexes, group head. Measured by core-bench as bytes written.
constexpr size_t kCommitBytes = 1600;

absl::Span<const CareGroup> FirstGroups(Rig& rig, size_t count) {
  const std::vector<CareGroup>& groups = rig.product().groups();
  return absl::MakeConstSpan(groups).subspan(0, std::min(count, groups.size()));
}

Leg CallsOn(CallLeg& leg, std::vector<Process*> servers,
            absl::Duration duration) {
  return [&leg, servers = std::move(servers), duration] {
    return leg.Run(servers, duration);
  };
}

Leg MedianLatencyOf(CallLeg& leg, Process& server, absl::Duration duration) {
  return [&leg, &server, duration]() -> absl::StatusOr<LegResult> {
    ASSIGN_OR_RETURN(LegResult result, leg.Run({&server}, duration));
    result.value =
        absl::ToDoubleMicroseconds(leg.measured().latency.Quantile(0.5));
    return result;
  };
}

Leg CommitRate(Rig& rig, absl::Duration duration) {
  return [&rig, duration]() -> absl::StatusOr<LegResult> {
    ASSIGN_OR_RETURN(const Rig::Commits commits,
                     rig.RunCommits(kInFlight, kCommitBytes, duration));
    return LegResult{commits.per_second, commits.cpu_us};
  };
}

}  // namespace

Figures MeasureSends(Rig& rig, const Settings& settings) {
  ASSIGN_OR_RETURN(const Sizes sizes, SizesOfSend(rig.product()));
  ASSIGN_OR_RETURN(
      const auto echo,
      CallLeg::Make(rig.yardstick(), EchoCalls(sizes.request, sizes.answer),
                    kInFlight));
  ASSIGN_OR_RETURN(
      const auto send,
      CallLeg::Make(rig.product().endpoint(),
                    SendCalls(FirstGroups(rig, kManyGroups), kSenders),
                    kInFlight));
  ASSIGN_OR_RETURN(
      const auto hot,
      CallLeg::Make(rig.product().endpoint(),
                    SendCalls(FirstGroups(rig, 1), kSenders), kInFlight));
  Process& product = rig.product().process();
  RETURN_IF_ERROR(send->Run({&product}, settings.leg).status());  // warm-up
  ASSIGN_OR_RETURN(
      const Rounds rounds,
      RunRounds(rig.machine(), settings,
                {CallsOn(*echo, {&rig.yardstick_process()}, settings.leg),
                 CallsOn(*send, {&product}, settings.leg),
                 CommitRate(rig, settings.leg),
                 CallsOn(*hot, {&product}, settings.leg)}));
  absl::FPrintF(stderr, "driver: %.1f us CPU for one send\n",
                absl::ToDoubleMicroseconds(send->measured().driver_cpu) /
                    static_cast<double>(send->measured().answered));
  absl::FPrintF(stderr, "echo: %.1f us of server CPU; batch: %.1f us\n",
                rounds.MedianCpu(0), rounds.MedianCpu(2));
  return std::vector<Figure>{FigureOf("send.vs_echo", rounds, 1, 0),
                             FigureOf("send.vs_commit", rounds, 1, 2),
                             FigureOf("hot_group.vs_many", rounds, 3, 1)};
}

Figures MeasureFront(Rig& rig, const Settings& settings) {
  ASSIGN_OR_RETURN(const Sizes sizes, SizesOfSend(rig.product()));
  // Each device that has a call in flight has a connection of its own.
  ASSIGN_OR_RETURN(
      const auto echo,
      CallLeg::Make(rig.echo_front(), EchoCalls(sizes.request, sizes.answer),
                    kInFlight, kInFlight));
  ASSIGN_OR_RETURN(
      const auto send,
      CallLeg::Make(rig.front(),
                    SendCalls(FirstGroups(rig, kManyGroups), kSenders),
                    kInFlight, kInFlight));
  ASSIGN_OR_RETURN(
      const Rounds rounds,
      RunRounds(
          rig.machine(), settings,
          {CallsOn(*echo, {&rig.yardstick_process()}, settings.leg),
           CallsOn(*send, {&rig.product().process(), &rig.front_process()},
                   settings.leg)}));
  return std::vector<Figure>{
      FigureOf("send.front_vs_echo_front", rounds, 1, 0)};
}

Figures MeasureAlone(Rig& rig, const Settings& settings) {
  ASSIGN_OR_RETURN(const Sizes sizes, SizesOfSend(rig.product()));
  ASSIGN_OR_RETURN(const auto echo,
                   CallLeg::Make(rig.yardstick(),
                                 EchoCalls(sizes.request, sizes.answer), 1));
  ASSIGN_OR_RETURN(
      const auto send,
      CallLeg::Make(rig.product().endpoint(),
                    SendCalls(FirstGroups(rig, kManyGroups), kSenders), 1));
  const absl::Duration leg = settings.leg / 2;
  const Leg echo_and_commits = [&]() -> absl::StatusOr<LegResult> {
    ASSIGN_OR_RETURN(LegResult result,
                     MedianLatencyOf(*echo, rig.yardstick_process(), leg)());
    ASSIGN_OR_RETURN(const Rig::Commits commits,
                     rig.RunCommits(1, kCommitBytes, leg));
    result.value += 2 * commits.p50_us;
    return result;
  };
  ASSIGN_OR_RETURN(
      const Rounds rounds,
      RunRounds(rig.machine(), settings,
                {echo_and_commits,
                 MedianLatencyOf(*send, rig.product().process(), leg)}));
  return std::vector<Figure>{FigureOf("send.alone", rounds, 1, 0)};
}

Figures MeasureLists(Rig& rig, const Settings& settings) {
  const absl::Span<const CareGroup> groups = FirstGroups(rig, kManyGroups);
  // Something to list.
  ASSIGN_OR_RETURN(const auto send,
                   CallLeg::Make(rig.product().endpoint(), SendCalls(groups, 1),
                                 groups.size()));
  Process& product = rig.product().process();
  RETURN_IF_ERROR(send->RunCount(groups.size() * (kPage + 10)).status());
  ASSIGN_OR_RETURN(
      const auto list,
      CallLeg::Make(rig.product().endpoint(),
                    ListCalls(groups, kSenders, kPage), kInFlight));
  RETURN_IF_ERROR(list->Run({&product}, absl::Seconds(1)).status());
  ASSIGN_OR_RETURN(
      const auto echo,
      CallLeg::Make(rig.yardstick(), EchoCalls(100, list->AnswerBytes()),
                    kInFlight));
  ASSIGN_OR_RETURN(
      const Rounds rounds,
      RunRounds(rig.machine(), settings,
                {CallsOn(*echo, {&rig.yardstick_process()}, settings.leg),
                 CallsOn(*list, {&product}, settings.leg)}));
  return std::vector<Figure>{FigureOf("list50.vs_echo", rounds, 1, 0)};
}

absl::Status PrintSweep(Rig& rig, const Settings& settings) {
  double peak = 0;
  for (const size_t in_flight : {1, 8, 64, 256}) {
    ASSIGN_OR_RETURN(
        const auto send,
        CallLeg::Make(rig.product().endpoint(),
                      SendCalls(FirstGroups(rig, kManyGroups), kSenders),
                      in_flight));
    ASSIGN_OR_RETURN(const LegResult result,
                     send->Run({&rig.product().process()}, settings.leg));
    peak = std::max(peak, result.value);
    absl::FPrintF(
        stderr,
        "sends, %3d in flight: %7.0f/s, p50 %6.0f us, p99 %6.0f us, p99.9 "
        "%6.0f us, server CPU %.1f us each\n",
        in_flight, result.value,
        absl::ToDoubleMicroseconds(send->measured().latency.Quantile(0.5)),
        absl::ToDoubleMicroseconds(send->measured().latency.Quantile(0.99)),
        absl::ToDoubleMicroseconds(send->measured().latency.Quantile(0.999)),
        result.cpu_us);
  }
  ASSIGN_OR_RETURN(
      const auto send,
      CallLeg::Make(rig.product().endpoint(),
                    SendCalls(FirstGroups(rig, kManyGroups), kSenders),
                    kInFlight));
  ASSIGN_OR_RETURN(const Measured open,
                   send->RunOpen(peak / 2, settings.leg * 2));
  absl::FPrintF(
      stderr,
      "sends at half the peak, %.0f/s: p50 %.0f us, p99 %.0f us, p99.9 %.0f "
      "us (corrected for coordinated omission)\n",
      peak / 2, absl::ToDoubleMicroseconds(open.latency.Quantile(0.5)),
      absl::ToDoubleMicroseconds(open.latency.Quantile(0.99)),
      absl::ToDoubleMicroseconds(open.latency.Quantile(0.999)));
  return absl::OkStatus();
}

}  // namespace renkei::bench
