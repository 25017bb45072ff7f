// renkei-growth: how what calls cost grows with messages, groups, members and
// streams, as numbers and as a picture. Run by run.sh --growth.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "storage/base/status_macros.h"
#include "tests/bench/arguments.h"
#include "tests/bench/listeners.h"
#include "tests/bench/scale/chart.h"
#include "tests/bench/scale/costs.h"
#include "tests/bench/scale/filled_store.h"

namespace renkei::bench {
namespace {

constexpr char kHelp[] =
    R"(usage: renkei-growth --bin DIR --work DIR --svg FILE [--quick]
  --svg    where the picture goes
  --quick  smaller stores
)";

constexpr double kSendsPerSecond = 2000;
constexpr double kListsPerSecond = 500;
constexpr double kUnreadPerSecond = 500;
constexpr uint64_t kMissed = 1000;
constexpr size_t kDevice = 3;
constexpr size_t kInFlight = 64;
constexpr int kTimes = 3;
constexpr absl::Duration kLeg = absl::Milliseconds(1500);
constexpr char kCpu[] = "server CPU, µs";

struct Wishes {
  RigOptions rig;
  std::string svg;
  bool quick = false;
};

absl::StatusOr<Wishes> ParseWishes(const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(
      const Arguments arguments,
      Arguments::Parse(words, {"--bin", "--work", "--svg"}, {"--quick"}));
  Wishes wishes;
  wishes.rig.bin = arguments.ValueOf("--bin");
  wishes.rig.directory = arguments.ValueOf("--work");
  wishes.svg = arguments.ValueOf("--svg");
  wishes.quick = arguments.Has("--quick");
  return wishes.rig.bin.empty() || wishes.rig.directory.empty() ||
                 wishes.svg.empty()
             ? absl::InvalidArgumentError("--bin, --work, --svg")
             : absl::StatusOr<Wishes>(wishes);
}

absl::StatusOr<double> MedianCpuOf(
    const std::function<absl::StatusOr<LegResult>()>& run) {
  std::vector<double> values;
  for (int i = 0; i < kTimes; ++i) {
    ASSIGN_OR_RETURN(const LegResult result, run());
    values.push_back(result.cpu_us);
  }
  return MedianOf(std::move(values));
}

// Adds a point at `x` to the lines of a send, a page, the unread counts and a
// missed message.
absl::Status AddCosts(const FilledStore& store, double x, Panel& panel) {
  ASSIGN_OR_RETURN(const auto calls,
                   RegionCalls::Make(*store.product, *store.region));
  ASSIGN_OR_RETURN(const auto device,
                   AwayDevice::Make(*store.product, *store.region, kDevice));
  if (panel.series.empty()) {
    panel.series = {{"send", {}},
                    {"list 50", {}},
                    {"unread, 10 groups", {}},
                    {"resume, each", {}}};
  }
  constexpr double kRates[] = {kSendsPerSecond, kListsPerSecond,
                               kUnreadPerSecond};
  for (const Kind kind : kKinds) {
    const auto i = static_cast<size_t>(kind);
    ASSIGN_OR_RETURN(const double cpu, MedianCpuOf([&] {
                       return calls->Run(kind, kRates[i], kLeg);
                     }));
    panel.series[i].points.emplace_back(x, cpu);
  }
  ASSIGN_OR_RETURN(const double resume,
                   MedianCpuOf([&] { return device->MissAndResume(kMissed); }));
  panel.series[kKinds.size()].points.emplace_back(
      x, resume / static_cast<double>(kMissed));
  absl::FPrintF(stderr,
                "%s %g: send %.1f, list %.1f, unread %.1f, resume "
                "%.2f us\n",
                panel.x_label, x, panel.series[0].points.back().second,
                panel.series[1].points.back().second,
                panel.series[2].points.back().second,
                panel.series[3].points.back().second);
  return absl::OkStatus();
}

absl::StatusOr<Panel> GrowMessages(const Wishes& wishes) {
  Panel panel{"Messages, in 100 groups of 6", "messages", kCpu, {}};
  ASSIGN_OR_RETURN(const FilledStore store,
                   MakeFilledStore(wishes.rig, "messages", {.groups = 100}));
  for (const uint64_t messages :
       {10'000, 30'000, 100'000, 300'000, 1'000'000}) {
    if (wishes.quick && messages > 100'000) {
      break;
    }
    RETURN_IF_ERROR(store.FillUpTo(messages));
    RETURN_IF_ERROR(store.Serve());
    RETURN_IF_ERROR(AddCosts(store, static_cast<double>(messages), panel));
    store.product->Stop();
  }
  return panel;
}

absl::StatusOr<Panel> GrowGroups(const Wishes& wishes) {
  Panel panel{"Groups of 6, 100 messages in each", "groups", kCpu, {}};
  for (const uint64_t groups : {100, 300, 1'000, 3'000, 10'000}) {
    if (wishes.quick && groups > 1'000) {
      break;
    }
    ASSIGN_OR_RETURN(
        const FilledStore store,
        MakeFilledStore(wishes.rig, absl::StrCat("groups-", groups),
                        {.groups = groups}));
    RETURN_IF_ERROR(store.FillUpTo(groups * 100));
    RETURN_IF_ERROR(store.Serve());
    RETURN_IF_ERROR(AddCosts(store, static_cast<double>(groups), panel));
  }
  return panel;
}

absl::StatusOr<Panel> GrowMembers(const Wishes& wishes) {
  Panel panel{"Members of each of 20 groups", "members", kCpu, {}};
  for (const size_t members : {3, 10, 30, 100}) {
    ASSIGN_OR_RETURN(
        const FilledStore store,
        MakeFilledStore(wishes.rig, absl::StrCat("members-", members),
                        {.groups = 20, .members = members}));
    RETURN_IF_ERROR(store.FillUpTo(4'000));
    RETURN_IF_ERROR(store.Serve());
    RETURN_IF_ERROR(AddCosts(store, static_cast<double>(members), panel));
  }
  return panel;
}

absl::StatusOr<Panel> GrowStreams(const Wishes& wishes) {
  constexpr size_t kGroups = 8;
  Panel panel{"Sync streams that hear each message",
              "streams a group",
              kCpu,
              {{"a send with all", {}}, {"each delivery", {}}}};
  ASSIGN_OR_RETURN(
      const FilledStore store,
      MakeFilledStore(
          wishes.rig, "streams",
          {.groups = kGroups, .members = 65, .groups_of_person = 1}));
  RETURN_IF_ERROR(store.Serve());
  std::vector<CareGroup> groups;
  for (size_t i = 0; i < kGroups; ++i) {
    groups.push_back(store.region->AsClient(i, 0));
  }
  ASSIGN_OR_RETURN(const auto send,
                   CallLeg::Make(store.product->endpoint(),
                                 SendCalls(groups, 1), kInFlight));
  RETURN_IF_ERROR(send->Run({&store.product->process()}, kLeg).status());
  for (const size_t listeners : {1, 2, 4, 8, 16, 32, 64}) {
    ASSIGN_OR_RETURN(
        const auto audience,
        Audience::Gather(store.product->endpoint(), groups, listeners));
    ASSIGN_OR_RETURN(const double cpu, MedianCpuOf([&] {
                       return SendAndDeliver(*send, *audience,
                                             store.product->process(), kLeg);
                     }));
    const auto x = static_cast<double>(listeners);
    panel.series[0].points.emplace_back(x, cpu);
    panel.series[1].points.emplace_back(x, cpu / x);
    absl::FPrintF(stderr, "streams a group %g: send %.1f us\n", x, cpu);
  }
  return panel;
}

absl::Status Run(const Wishes& wishes) {
  std::filesystem::remove_all(wishes.rig.directory);
  std::filesystem::create_directories(wishes.rig.directory);
  std::vector<Panel> panels;
  for (const auto& grow :
       {GrowMessages, GrowGroups, GrowMembers, GrowStreams}) {
    ASSIGN_OR_RETURN(panels.emplace_back(), grow(wishes));
  }
  std::ofstream file(wishes.svg);
  file << DrawPanels(
      absl::StrFormat("Server CPU for one call, median of %d; 300-byte "
                      "messages, every safeguard on",
                      kTimes),
      panels);
  return file.good() ? absl::OkStatus()
                     : absl::UnavailableError(
                           absl::StrCat("cannot write ", wishes.svg));
}

int Main(const std::vector<std::string>& words) {
  return RunProgram("renkei-growth", kHelp, ParseWishes(words), Run);
}

}  // namespace
}  // namespace renkei::bench

int main(int count, char** arguments) {
  return renkei::bench::Main({arguments + 1, arguments + count});
}
