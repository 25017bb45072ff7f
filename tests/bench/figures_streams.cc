// Sends that are listened to, and streams that catch up or idle.
#include <algorithm>
#include <cstdio>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "storage/base/status_macros.h"
#include "tests/bench/figures.h"
#include "tests/bench/legs.h"
#include "tests/bench/listeners.h"
#include "tests/bench/product/sync_streams.h"
#include "tests/bench/yardsticks/yardstick.pb.h"

namespace renkei::bench {
namespace {

constexpr size_t kInFlight = 64;
constexpr size_t kListeners = 8;  // of each group; the first member sends
constexpr size_t kListenedGroups = 8;
constexpr uint64_t kMissedByOne = 1000;
constexpr uint64_t kMissedInStorm = 100;
constexpr double kStormRate = 1000;
constexpr absl::Duration kPatience = absl::Seconds(60);

// The groups by turns: who listens, who does not, who sends through the storm.
absl::Span<const CareGroup> Groups(Rig& rig, size_t from, size_t count) {
  return absl::MakeConstSpan(rig.product().groups()).subspan(from, count);
}

double Micros(absl::Duration duration) {
  return absl::ToDoubleMicroseconds(duration);
}

absl::Status SendSome(Rig& rig, absl::Span<const CareGroup> groups,
                      uint64_t each) {
  ASSIGN_OR_RETURN(const std::unique_ptr<CallLeg> send,
                   CallLeg::Make(rig.product().endpoint(), SendCalls(groups, 1),
                                 std::min<size_t>(kInFlight, groups.size())));
  return send->RunCount(each * groups.size()).status();
}

}  // namespace

Figures MeasureListeners(Rig& rig, const Settings& settings) {
  ASSIGN_OR_RETURN(const Sizes sizes, SizesOfSend(rig.product()));
  const Endpoint& endpoint = rig.product().endpoint();
  Process& product = rig.product().process();
  const auto listened = Groups(rig, 0, kListenedGroups);
  ASSIGN_OR_RETURN(const auto audience,
                   Audience::Gather(endpoint, listened, kListeners));
  ASSIGN_OR_RETURN(const auto send8,
                   CallLeg::Make(endpoint, SendCalls(listened, 1), kInFlight));
  ASSIGN_OR_RETURN(
      const auto send,
      CallLeg::Make(endpoint,
                    SendCalls(Groups(rig, kListenedGroups, kListenedGroups), 1),
                    kInFlight));
  ASSIGN_OR_RETURN(
      const auto echo,
      CallLeg::Make(rig.yardstick(), EchoCalls(sizes.request, sizes.answer),
                    kInFlight));
  ASSIGN_OR_RETURN(
      const Rounds rounds,
      RunRounds(
          rig.machine(), settings,
          {[&] { return echo->Run({&rig.yardstick_process()}, settings.leg); },
           [&] { return send->Run({&product}, settings.leg); },
           [&] {
             return SendAndDeliver(*send8, *audience, product, settings.leg);
           }}));
  absl::FPrintF(stderr, "streams: %d messages in %d frames\n",
                audience->streams().messages(), audience->streams().frames());
  Figure cpu = FigureOf("send8.cpu_vs_echo", rounds, 2, 0);
  cpu.value = rounds.MedianCpu(2);
  cpu.yardstick = rounds.MedianCpu(0);
  cpu.ratio = rounds.MedianCpuRatio(2, 0);
  return std::vector<Figure>{FigureOf("send8.vs_send", rounds, 2, 1), cpu};
}

Figures MeasureResume(Rig& rig, const Settings& settings) {
  const Endpoint& endpoint = rig.product().endpoint();
  const auto group = Groups(rig, 0, 1);
  const Person& device = group[0].members[1];
  std::string cursor;
  RETURN_IF_ERROR(TimeResume(endpoint, device, 0, cursor).status());
  ASSIGN_OR_RETURN(const auto list,
                   CallLeg::Make(endpoint, ListCalls(group, 1, 50), 1));
  Process& product = rig.product().process();
  const Leg list_time = [&]() -> absl::StatusOr<LegResult> {
    ASSIGN_OR_RETURN(LegResult result, list->Run({&product}, settings.leg / 3));
    result.value = Micros(list->measured().latency.Quantile(0.5));
    return result;
  };
  const Leg resume_time = [&]() -> absl::StatusOr<LegResult> {
    RETURN_IF_ERROR(SendSome(rig, group, kMissedByOne));
    const absl::Duration cpu = product.Cpu();
    ASSIGN_OR_RETURN(const absl::Duration took,
                     TimeResume(endpoint, device, kMissedByOne, cursor));
    return LegResult{Micros(took), Micros(product.Cpu() - cpu)};
  };
  ASSIGN_OR_RETURN(const Rounds rounds, RunRounds(rig.machine(), settings,
                                                  {list_time, resume_time}));
  return std::vector<Figure>{FigureOf("resume1000.vs_list50", rounds, 1, 0)};
}

Figures MeasureStorm(Rig& rig, const Settings& settings) {
  const Endpoint& endpoint = rig.product().endpoint();
  const size_t storming = rig.product().groups().size() - kListenedGroups;
  const auto groups = Groups(rig, kListenedGroups, storming);
  std::vector<std::string> cursors;
  {
    ASSIGN_OR_RETURN(const auto away,
                     Audience::Gather(endpoint, groups, kListeners));
    for (size_t i = 0; i < away->streams().size(); ++i) {
      cursors.push_back(away->streams().cursor(i));
    }
  }
  RETURN_IF_ERROR(SendSome(rig, groups, kMissedInStorm));
  ASSIGN_OR_RETURN(
      const auto send,
      CallLeg::Make(endpoint, SendCalls(Groups(rig, 0, kListenedGroups), 1),
                    kListenedGroups));
  const absl::Duration calm = settings.leg * 3;
  Watch watch(rig.machine());
  ASSIGN_OR_RETURN(const Measured before, send->RunOpen(kStormRate, calm));

  absl::Status came;
  absl::Duration took;
  EventLoop loop;
  SyncStreams streams(loop);  // of devices that stay: hanging up is no storm
  std::thread storm([&] {
    const absl::Time begun = absl::Now();
    came = [&]() -> absl::Status {
      for (size_t i = 0; i < cursors.size(); ++i) {
        const Person& person =
            groups[i / kListeners].members[1 + i % kListeners];
        ASSIGN_OR_RETURN(Http2Connection * connection, loop.Connect(endpoint));
        RETURN_IF_ERROR(streams.Open(person, *connection, cursors[i]));
        RETURN_IF_ERROR(loop.RunOnce(absl::ZeroDuration()));
      }
      RETURN_IF_ERROR(streams.AwaitCaughtUp(kPatience));
      took = absl::Now() - begun;
      return streams.messages() >= kMissedInStorm * cursors.size()
                 ? absl::OkStatus()
                 : absl::InternalError("messages are missing after the storm");
    }();
  });
  const absl::StatusOr<Measured> during = send->RunOpen(kStormRate, calm);
  storm.join();
  RETURN_IF_ERROR(during.status());
  RETURN_IF_ERROR(came);
  watch.Probe();
  absl::FPrintF(stderr, "storm: %d devices had all of their %d after %.0f ms\n",
                cursors.size(), kMissedInStorm,
                absl::ToDoubleMilliseconds(took));
  Figure figure;
  figure.promise = &PromiseOf("storm.p99");
  figure.value = Micros(during->latency.Quantile(0.99));
  figure.yardstick = Micros(before.latency.Quantile(0.99));
  figure.ratio = figure.value / figure.yardstick;
  figure.disturbed = watch.disturbed();
  return std::vector<Figure>{figure};
}

namespace {

// What a process has once its allocators gave back what opening took.
uint64_t SettledBytes(Process& process) {
  constexpr int kSecondsMax = 15;
  uint64_t bytes = process.ResidentBytes();
  for (int second = 0; second < kSecondsMax; ++second) {
    absl::SleepFor(absl::Seconds(1));
    const uint64_t later = process.ResidentBytes();
    if (second >= 2 && later + later / 500 >= bytes) {
      return later;
    }
    bytes = later;
  }
  return bytes;
}

}  // namespace

Figures MeasureIdleStreams(Rig& rig, const Settings&) {
  // From a fresh start, so that no memory of earlier work is used again.
  RETURN_IF_ERROR(rig.product().Restart());
  RETURN_IF_ERROR(rig.RestartYardstick());
  const auto grown = [](Process& process,
                        const auto& open) -> absl::StatusOr<double> {
    const uint64_t before = SettledBytes(process);
    ASSIGN_OR_RETURN(const size_t streams, open());
    return static_cast<double>(SettledBytes(process) - before) /
           static_cast<double>(streams);
  };
  EventLoop bare_loop;
  SyncStreams bare(bare_loop);
  const CallHeaders push{"/renkei.bench.Yardstick/Push", ""};
  const size_t count = rig.product().groups().size() * kListeners;
  ASSIGN_OR_RETURN(
      const double bare_bytes,
      grown(rig.yardstick_process(), [&]() -> absl::StatusOr<size_t> {
        for (size_t i = 0; i < count; ++i) {
          ASSIGN_OR_RETURN(Http2Connection * connection,
                           bare_loop.Connect(rig.yardstick()));
          connection->Start(push, PushRequest().SerializeAsString(), 0, bare);
          RETURN_IF_ERROR(bare_loop.Flush(*connection));
        }
        RETURN_IF_ERROR(bare_loop.RunOnce(absl::Milliseconds(200)));
        return count;
      }));
  EventLoop loop;
  SyncStreams streams(loop);
  ASSIGN_OR_RETURN(
      const double bytes,
      grown(rig.product().process(), [&]() -> absl::StatusOr<size_t> {
        for (const CareGroup& group : rig.product().groups()) {
          for (size_t i = 1; i <= kListeners; ++i) {
            ASSIGN_OR_RETURN(Http2Connection * connection,
                             loop.Connect(rig.product().endpoint()));
            RETURN_IF_ERROR(streams.Open(group.members[i], *connection, ""));
          }
        }
        RETURN_IF_ERROR(streams.AwaitCaughtUp(kPatience));
        return streams.size();
      }));
  Figure figure;
  figure.promise = &PromiseOf("idle_stream.vs_bare");
  figure.value = bytes;
  figure.yardstick = bare_bytes;
  figure.ratio = bytes / bare_bytes;
  return std::vector<Figure>{figure};
}

}  // namespace renkei::bench
