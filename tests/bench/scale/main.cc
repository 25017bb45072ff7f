// renkei-scale: what a store of many messages costs. Run by scale.sh.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "storage/base/status_macros.h"
#include "tests/bench/arguments.h"
#include "tests/bench/report.h"
#include "tests/bench/rounds.h"
#include "tests/bench/scale/costs.h"
#include "tests/bench/scale/disk.h"
#include "tests/bench/scale/filled_store.h"

namespace renkei::bench {
namespace {

constexpr char kHelp[] =
    R"(usage: renkei-scale --bin DIR --work DIR [--messages N] [--quick] [--json]
  --messages  how many the large store gets, in a group for each thousand; 10000000
  --quick     200,000 messages, fewer and shorter rounds
  --json      one JSON line a figure, instead of the table
What is in the work folder already is used again, and filled up if messages are missing.
)";

constexpr uint64_t kSmallMessages = 100'000;
constexpr uint64_t kQuickMessages = 200'000;
constexpr uint64_t kMessagesOfGroup = 1000;
constexpr uint64_t kMissed = 1000;
constexpr size_t kDevice = 3;  // any person
constexpr int kStarts = 5;     // of each kind
constexpr uint64_t kLogWanted = 100'000'000;
constexpr uint64_t kLogEnough = 60'000'000;
constexpr absl::Duration kRestStep = absl::Seconds(2);
constexpr absl::Duration kRestCpu = absl::Milliseconds(100);  // in one step
constexpr absl::Duration kRestMax = absl::Minutes(10);

struct Wishes {
  RigOptions rig;
  Settings settings;
  uint64_t messages = 0;
  bool json = false;
};

absl::StatusOr<Wishes> ParseWishes(const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(const Arguments arguments,
                   Arguments::Parse(words, {"--bin", "--work", "--messages"},
                                    {"--quick", "--json"}));
  Wishes wishes;
  wishes.rig.bin = arguments.ValueOf("--bin");
  wishes.rig.directory = arguments.ValueOf("--work");
  wishes.json = arguments.Has("--json");
  wishes.settings.quick = arguments.Has("--quick");
  if (wishes.settings.quick) {
    wishes.settings.rounds = 3;
    wishes.settings.leg = absl::Milliseconds(700);
  }
  ASSIGN_OR_RETURN(
      const double messages,
      arguments.NumberOf("--messages",
                         wishes.settings.quick ? kQuickMessages : 10'000'000));
  wishes.messages = static_cast<uint64_t>(messages);
  return wishes.rig.bin.empty() || wishes.rig.directory.empty() ||
                 wishes.messages < kSmallMessages
             ? absl::InvalidArgumentError("--bin, --work, --messages")
             : absl::StatusOr<Wishes>(wishes);
}

absl::StatusOr<FilledStore> MakeStore(const Wishes& wishes,
                                      const std::string& name,
                                      uint64_t messages) {
  const RegionSize size{.groups = messages / kMessagesOfGroup};
  absl::FPrintF(stderr, "%s store: %d messages in %d groups\n", name, messages,
                size.groups);
  ASSIGN_OR_RETURN(FilledStore store, MakeFilledStore(wishes.rig, name, size));
  RETURN_IF_ERROR(store.FillUpTo(messages));
  return store;
}

// ---- P9: the same calls on both ----

// A store that was filled at its peak goes on merging tables on both cores,
// which no region leaves behind: calls are measured when that is done.
void AwaitRest(absl::string_view name, const Process& server) {
  const absl::Time begun = absl::Now();
  absl::Duration used = server.Cpu();
  absl::Duration before;
  do {
    before = used;
    absl::SleepFor(kRestStep);
    used = server.Cpu();
  } while (used - before > kRestCpu && absl::Now() - begun < kRestMax);
  absl::FPrintF(stderr, "the %s store %s after %.0f s\n", name,
                used - before > kRestCpu ? "still merges tables" : "rests",
                absl::ToDoubleSeconds(absl::Now() - begun));
}

constexpr absl::string_view kCallFigures[] = {"scale.send", "scale.list",
                                              "scale.unread"};

// Time against time, CPU against CPU: the worse of the two is the ratio.
Figure CostFigure(absl::string_view name, const Rounds& rounds, size_t small,
                  size_t large) {
  Figure figure = FigureOf(name, rounds, large, small);
  const double cpu = rounds.MedianCpuRatio(large, small);
  absl::FPrintF(stderr,
                "%s: %.0f us for %.0f us (%.2f), CPU %.1f us for %.1f us "
                "(%.2f)\n",
                name, figure.value, figure.yardstick, figure.ratio,
                figure.cpu_us, rounds.MedianCpu(small), cpu);
  figure.ratio = std::max(figure.ratio, cpu);
  return figure;
}

absl::StatusOr<std::vector<Figure>> MeasureCosts(const Wishes& wishes,
                                                 const FilledStore& small,
                                                 const FilledStore& large) {
  std::vector<std::unique_ptr<RegionCalls>> calls;
  std::vector<std::unique_ptr<AwayDevice>> devices;
  for (const FilledStore* store : {&small, &large}) {
    ASSIGN_OR_RETURN(calls.emplace_back(),
                     RegionCalls::Make(*store->product, *store->region));
    RETURN_IF_ERROR(calls.back()->MeetAllOnce());
    ASSIGN_OR_RETURN(
        devices.emplace_back(),
        AwayDevice::Make(*store->product, *store->region, kDevice));
  }
  AwaitRest("small", small.product->process());
  AwaitRest("large", large.product->process());
  std::vector<Leg> legs;
  for (const Kind kind : kKinds) {
    ASSIGN_OR_RETURN(const double rate,
                     calls[1]->FindRate(kind, wishes.settings.leg));
    for (const auto& of_store : calls) {
      legs.push_back([&of_store, kind, rate, &wishes] {
        return of_store->Run(kind, rate, wishes.settings.leg);
      });
    }
  }
  for (const auto& device : devices) {
    legs.push_back([&device] { return device->MissAndResume(kMissed); });
  }
  const Machine machine{wishes.rig.directory, [&] {
                          return small.product->process().Cpu() +
                                 large.product->process().Cpu();
                        }};
  ASSIGN_OR_RETURN(const Rounds rounds,
                   RunRounds(machine, wishes.settings, legs));
  std::vector<Figure> figures;
  for (const Kind kind : kKinds) {
    const auto i = static_cast<size_t>(kind);
    figures.push_back(CostFigure(kCallFigures[i], rounds, 2 * i, 2 * i + 1));
  }
  figures.push_back(
      CostFigure("scale.resume", rounds, legs.size() - 2, legs.size() - 1));
  return figures;
}

// ---- P9b: starting ----

// The promise is about the value itself.
Figure FigureOfValue(absl::string_view name, const Rounds& rounds) {
  std::vector<double> values;
  for (const LegResult& result : rounds.legs[0]) {
    values.push_back(result.value);
  }
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  Figure figure;
  figure.promise = &PromiseOf(name);
  figure.value = rounds.Median(0);
  figure.yardstick = 1;
  figure.ratio = figure.value;
  figure.spread = (*high - *low) / 2 / figure.value;
  figure.disturbed = rounds.disturbed;
  return figure;
}

absl::StatusOr<Figure> MeasureStarts(const Wishes& wishes,
                                     const FilledStore& store,
                                     absl::string_view name, const Leg& start) {
  const Machine machine{wishes.rig.directory,
                        [&store] { return store.product->Cpu(); }};
  Settings settings;
  settings.rounds = kStarts;
  ASSIGN_OR_RETURN(const Rounds rounds, RunRounds(machine, settings, {start}));
  return FigureOfValue(name, rounds);
}

absl::StatusOr<double> TimeStart(const FilledStore& store) {
  RETURN_IF_ERROR(ForgetFilesBelow(store.product->folder()));
  const absl::Time begun = absl::Now();
  RETURN_IF_ERROR(store.product->Serve());
  return absl::ToDoubleSeconds(absl::Now() - begun);
}

absl::StatusOr<Figure> MeasureOpen(const Wishes& wishes,
                                   const FilledStore& store) {
  return MeasureStarts(wishes, store, "open.seconds",
                       [&store]() -> absl::StatusOr<LegResult> {
                         store.product->Stop();
                         ASSIGN_OR_RETURN(const double took, TimeStart(store));
                         return LegResult{took, 0};
                       });
}

// Sends until the log is long, then ends the server without warning.
absl::StatusOr<uint64_t> LeaveLog(const FilledStore& store,
                                  absl::Duration step) {
  const std::string database = store.product->folder() + "/messages";
  ASSIGN_OR_RETURN(const auto calls,
                   RegionCalls::Make(*store.product, *store.region));
  uint64_t bytes = LogBytesIn(database);
  uint64_t before = 0;
  // The store cuts its log at some length: then it grows again.
  while (bytes < kLogWanted && (bytes < kLogEnough || bytes > before)) {
    before = bytes;
    RETURN_IF_ERROR(calls->FindRate(Kind::kSend, step).status());
    bytes = LogBytesIn(database);
  }
  store.product->process().Kill();
  return LogBytesIn(database);
}

absl::StatusOr<Figure> MeasureRecovery(const Wishes& wishes,
                                       const FilledStore& store) {
  return MeasureStarts(
      wishes, store, "recovery.seconds_per_100mb",
      [&store]() -> absl::StatusOr<LegResult> {
        ASSIGN_OR_RETURN(const uint64_t bytes,
                         LeaveLog(store, absl::Milliseconds(300)));
        ASSIGN_OR_RETURN(const double took, TimeStart(store));
        absl::FPrintF(stderr, "recovered %.0f MB of WAL in %.2f s\n",
                      static_cast<double>(bytes) / 1e6, took);
        return LegResult{took * 1e8 / static_cast<double>(bytes), 0};
      });
}

// ---- P9b: the disk ----

absl::StatusOr<Figure> MeasureDisk(const FilledStore& store) {
  ASSIGN_OR_RETURN(const uint64_t messages, store.CountMessages());
  const auto each = [messages](uint64_t bytes) {
    return static_cast<double>(bytes) / static_cast<double>(messages);
  };
  const std::string database = store.product->folder() + "/messages";
  ASSIGN_OR_RETURN(const std::vector<TableBytes> tables,
                   MeasureTables(database));
  absl::FPrintF(stderr, "bytes for one of %d messages, by table:\n", messages);
  for (const TableBytes& table : tables) {
    if (each(table.bytes) >= 0.1) {
      absl::FPrintF(stderr, "  %-9s %-18s %8.1f\n", table.family, table.table,
                    each(table.bytes));
    }
  }
  absl::FPrintF(stderr, "  %-28s %8.1f\n", "write-ahead log",
                each(LogBytesIn(database)));
  Rounds once;
  once.legs = {{LegResult{each(BytesBelow(database)), 0}}};
  return FigureOfValue("disk.bytes_per_message", once);
}

absl::Status Run(const Wishes& wishes) {
  std::filesystem::create_directories(wishes.rig.directory);
  ASSIGN_OR_RETURN(const FilledStore small,
                   MakeStore(wishes, "small", kSmallMessages));
  ASSIGN_OR_RETURN(const FilledStore large,
                   MakeStore(wishes, "large", wishes.messages));
  RETURN_IF_ERROR(large.Serve());
  large.product->Stop();
  std::vector<Figure> figures;
  ASSIGN_OR_RETURN(const Figure disk, MeasureDisk(large));
  RETURN_IF_ERROR(small.Serve());
  RETURN_IF_ERROR(large.Serve());
  ASSIGN_OR_RETURN(figures, MeasureCosts(wishes, small, large));
  small.product->Stop();
  ASSIGN_OR_RETURN(figures.emplace_back(), MeasureOpen(wishes, large));
  ASSIGN_OR_RETURN(figures.emplace_back(), MeasureRecovery(wishes, large));
  figures.push_back(disk);
  PrintFigures(figures, wishes.json);
  return absl::OkStatus();
}

int Main(const std::vector<std::string>& words) {
  return RunProgram("renkei-scale", kHelp, ParseWishes(words), Run);
}

}  // namespace
}  // namespace renkei::bench

int main(int count, char** arguments) {
  return renkei::bench::Main({arguments + 1, arguments + count});
}
