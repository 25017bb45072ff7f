// renkei-bench: what is promised about speed, measured. Run by run.sh.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "storage/base/status_macros.h"
#include "tests/bench/arguments.h"
#include "tests/bench/figures.h"

namespace renkei::bench {
namespace {

constexpr char kHelp[] =
    R"(usage: renkei-bench --bin DIR --source DIR --work DIR [--quick] [--json] [--only WORD] [--runs N]
  --bin     where renkeid and the yardsticks are
  --source  the root of the sources
  --work    a folder to be made anew for everything that is kept; on the disk to be measured
  --quick   fewer and shorter rounds, fewer devices
  --json    one JSON line a figure, instead of the table
  --only    only the measurements whose name has this in it: sends, front, alone, lists, listeners, resume, storm, idle,
            audit, sweep
  --runs    measure everything so often and give the line with the median ratio
)";

// Tokens live for ten minutes.
constexpr absl::Duration kTokensGoodFor = absl::Minutes(5);
constexpr size_t kMembers = 9;  // one sends, eight listen

struct Wishes {
  RigOptions rig;
  Settings settings;
  bool json = false;
  std::string only;
  int runs = 1;
};

absl::StatusOr<Wishes> ParseWishes(const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(
      const Arguments arguments,
      Arguments::Parse(words,
                       {"--bin", "--source", "--work", "--only", "--runs"},
                       {"--quick", "--json"}));
  Wishes wishes;
  wishes.rig.bin = arguments.ValueOf("--bin");
  wishes.rig.source = arguments.ValueOf("--source");
  wishes.rig.directory = arguments.ValueOf("--work");
  wishes.only = arguments.ValueOf("--only");
  wishes.json = arguments.Has("--json");
  ASSIGN_OR_RETURN(const double runs, arguments.NumberOf("--runs", 1));
  wishes.runs = static_cast<int>(runs);
  if (arguments.Has("--quick")) {
    wishes.settings.quick = true;
    wishes.settings.rounds = 3;
    wishes.settings.leg = absl::Milliseconds(700);
  }
  return wishes.rig.bin.empty() || wishes.rig.source.empty() ||
                 wishes.rig.directory.empty()
             ? absl::InvalidArgumentError(
                   "--bin, --source and --work are required")
             : absl::StatusOr<Wishes>(wishes);
}

struct Measurement {
  absl::string_view name;
  Figures (*run)(Rig&, const Settings&);
};

// Idle streams come first: they want a fresh server.
constexpr Measurement kMeasurements[] = {
    {"idle", MeasureIdleStreams}, {"sends", MeasureSends},
    {"front", MeasureFront},      {"alone", MeasureAlone},
    {"lists", MeasureLists},      {"listeners", MeasureListeners},
    {"resume", MeasureResume},    {"storm", MeasureStorm},
    {"audit", MeasureAuditCost},
};

bool IsWanted(const Wishes& wishes, absl::string_view name) {
  return name.find(wishes.only) != absl::string_view::npos;
}

// What cannot be measured is left out and named; `all` tells whether nothing
// was.
absl::StatusOr<std::vector<Figure>> MeasureAll(const Wishes& wishes, Rig& rig,
                                               bool& all) {
  absl::Time refreshed = absl::InfinitePast();
  std::vector<Figure> figures;
  for (const Measurement& measurement : kMeasurements) {
    if (!IsWanted(wishes, measurement.name)) {
      continue;
    }
    if (absl::Now() - refreshed > kTokensGoodFor) {
      refreshed = absl::Now();
      RETURN_IF_ERROR(rig.product().RefreshTokens());
    }
    absl::FPrintF(stderr, "measuring: %s\n", measurement.name);
    const Figures measured = measurement.run(rig, wishes.settings);
    if (measured.ok()) {
      figures.insert(figures.end(), measured->begin(), measured->end());
    } else {
      all = false;
      absl::FPrintF(stderr, "left out: %s: %s\n", measurement.name,
                    measured.status().message());
    }
  }
  if (IsWanted(wishes, "sweep")) {
    RETURN_IF_ERROR(rig.product().RefreshTokens());
    RETURN_IF_ERROR(PrintSweep(rig, wishes.settings));
  }
  return figures;
}

absl::Status Run(const Wishes& wishes) {
  std::filesystem::remove_all(wishes.rig.directory);
  const Census census{wishes.settings.quick ? size_t{24} : size_t{125},
                      kMembers};
  absl::FPrintF(stderr, "setting up %d groups of %d\n", census.groups,
                census.members);
  ASSIGN_OR_RETURN(const std::unique_ptr<Rig> rig,
                   Rig::Start(wishes.rig, census));
  bool all = true;
  std::vector<Figure> figures;
  for (int run = 0; run < wishes.runs; ++run) {
    ASSIGN_OR_RETURN(const std::vector<Figure> more,
                     MeasureAll(wishes, *rig, all));
    figures.insert(figures.end(), more.begin(), more.end());
  }
  figures = MedianFigures(std::move(figures));
  PrintFigures(figures, wishes.json);
  return all ? absl::OkStatus()
             : absl::UnavailableError("not every figure could be measured");
}

int Main(const std::vector<std::string>& words) {
  return RunProgram("renkei-bench", kHelp, ParseWishes(words), Run);
}

}  // namespace
}  // namespace renkei::bench

int main(int count, char** arguments) {
  return renkei::bench::Main({arguments + 1, arguments + count});
}
