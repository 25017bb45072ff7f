// renkei-profile: where the server's CPU goes. Run by profile.sh.
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "storage/base/status_macros.h"
#include "tests/bench/arguments.h"
#include "tests/bench/listeners.h"
#include "tests/bench/profile/table.h"

namespace renkei::bench {
namespace {

constexpr char kHelp[] =
    R"(usage: renkei-profile --bin DIR --source DIR --work DIR [--seconds N] [--only LEG] [--callgrind]
  --seconds    how long each leg is looked at; 5
  --only       send, list or stream
  --callgrind  count instructions, even where perf may be used
)";

constexpr char kPerf[] = "/usr/bin/perf";
constexpr char kValgrind[] = "/usr/bin/valgrind";
constexpr char kControl[] = "/usr/bin/callgrind_control";
constexpr char kAnnotate[] = "/usr/bin/callgrind_annotate";
constexpr size_t kInFlight = 64;
constexpr size_t kGroups = 16;
constexpr size_t kListeners = 8;
constexpr size_t kPage = 50;
// Under valgrind everything takes fifty times as long.
constexpr uint64_t kWarmSends = 2000;
constexpr uint64_t kWarmSendsByHand = kGroups * (kPage + 10);

struct Wishes {
  RigOptions rig;
  double seconds = 0;
  std::string only;
  bool callgrind = false;
};

absl::StatusOr<Wishes> ParseWishes(const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(
      const Arguments arguments,
      Arguments::Parse(words,
                       {"--bin", "--source", "--work", "--only", "--seconds"},
                       {"--callgrind"}));
  Wishes wishes;
  wishes.rig.bin = arguments.ValueOf("--bin");
  wishes.rig.source = arguments.ValueOf("--source");
  wishes.rig.directory = arguments.ValueOf("--work");
  wishes.only = arguments.ValueOf("--only");
  wishes.callgrind = arguments.Has("--callgrind");
  ASSIGN_OR_RETURN(wishes.seconds, arguments.NumberOf("--seconds", 5));
  return wishes.rig.bin.empty() || wishes.rig.directory.empty()
             ? absl::InvalidArgumentError("--bin and --work are required")
             : absl::StatusOr<Wishes>(wishes);
}

using Run = std::function<absl::StatusOr<LegResult>(absl::Duration)>;

// Looks at a running server while `run` loads it; the samples point into
// `text`.
class Looker {
 public:
  Looker(const Wishes& wishes, Process& server)
      : directory_(wishes.rig.directory),
        duration_(absl::Seconds(wishes.seconds)),
        callgrind_(wishes.callgrind),
        server_(server) {}

  absl::StatusOr<Profile> Look(const std::string& leg, const Run& run,
                               std::string& text) const {
    return callgrind_ ? LookWithCallgrind(leg, run, text)
                      : LookWithPerf(leg, run, text);
  }

 private:
  absl::StatusOr<Profile> LookWithPerf(const std::string& leg, const Run& run,
                                       std::string& text) const {
    const std::string file = absl::StrCat(directory_, "/", leg, ".perf");
    ASSIGN_OR_RETURN(std::unique_ptr<Process> perf,
                     Process::Start({kPerf, "record", "-e", "cpu-clock", "-F",
                                     "499", "--call-graph", "dwarf,16384", "-p",
                                     absl::StrCat(server_.pid()), "-o", file},
                                    directory_ + "/perf.log"));
    absl::SleepFor(absl::Milliseconds(500));
    ASSIGN_OR_RETURN(const LegResult result, run(duration_));
    perf.reset();
    // Inlined functions would take minutes.
    ASSIGN_OR_RETURN(text, RunToEnd({kPerf, "script", "-i", file, "-F",
                                     "ip,sym,dso", "--no-inline"}));
    return Profile{leg, result.cpu_us, ParsePerf(text)};
  }

  absl::StatusOr<Profile> LookWithCallgrind(const std::string& leg,
                                            const Run& run,
                                            std::string& text) const {
    const std::string pid = absl::StrCat(server_.pid());
    RETURN_IF_ERROR(RunToEnd({kControl, "-i", "on", pid}).status());
    RETURN_IF_ERROR(RunToEnd({kControl, "--zero", pid}).status());
    ASSIGN_OR_RETURN(const LegResult result, run(duration_));
    RETURN_IF_ERROR(
        RunToEnd({kControl, absl::StrCat("--dump=", leg), pid}).status());
    RETURN_IF_ERROR(RunToEnd({kControl, "-i", "off", pid}).status());
    ASSIGN_OR_RETURN(const std::string file, NewestDump());
    ASSIGN_OR_RETURN(
        text, RunToEnd({kAnnotate, "--threshold=100", "--auto=no", file}));
    return Profile{leg, result.cpu_us, ParseCallgrind(text)};
  }

  absl::StatusOr<std::string> NewestDump() const {
    std::string newest;
    std::filesystem::file_time_type time;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      const std::string name = entry.path().filename().string();
      if (name.rfind("callgrind.out.", 0) == 0 &&
          (newest.empty() || entry.last_write_time() > time)) {
        newest = entry.path().string();
        time = entry.last_write_time();
      }
    }
    return newest.empty() ? absl::NotFoundError("callgrind wrote nothing")
                          : absl::StatusOr<std::string>(newest);
  }

  const std::string directory_;
  const absl::Duration duration_;
  const bool callgrind_;
  Process& server_;
};

// perf is there and allowed to look.
bool MayUsePerf(const std::string& directory) {
  return RunToEnd({kPerf, "record", "-q", "-e", "cpu-clock", "-o",
                   directory + "/try.perf", "--", "/bin/true"})
      .ok();
}

std::vector<std::string> CallgrindOn(const std::string& directory) {
  return {
      kValgrind, "--tool=callgrind", "--instr-atstart=no", "-q",
      absl::StrCat("--callgrind-out-file=", directory, "/callgrind.out.%p")};
}

struct NamedRun {
  std::string leg;
  Run run;
};

absl::Status LookAtAll(const Wishes& wishes, Product& product) {
  const auto groups = absl::MakeConstSpan(product.groups());
  Process& server = product.process();
  ASSIGN_OR_RETURN(
      const auto send,
      CallLeg::Make(product.endpoint(), SendCalls(groups, 2), kInFlight));
  ASSIGN_OR_RETURN(const auto list,
                   CallLeg::Make(product.endpoint(),
                                 ListCalls(groups, 2, kPage), kInFlight));
  ASSIGN_OR_RETURN(
      const auto heard,
      CallLeg::Make(product.endpoint(),
                    SendCalls(groups.subspan(0, kGroups / 2), 1), kInFlight));
  RETURN_IF_ERROR(
      send->RunCount(wishes.callgrind ? kWarmSendsByHand : kWarmSends * kGroups)
          .status());
  std::unique_ptr<Audience> audience;
  const NamedRun runs[] = {
      {"send",
       [&](absl::Duration duration) { return send->Run({&server}, duration); }},
      {"list",
       [&](absl::Duration duration) { return list->Run({&server}, duration); }},
      {"stream", [&](absl::Duration duration) -> absl::StatusOr<LegResult> {
         return SendAndDeliver(*heard, *audience, server, duration);
       }}};
  const Looker looker(wishes, server);
  std::vector<Profile> profiles;
  std::vector<std::string> texts(std::size(runs));
  for (size_t i = 0; i < std::size(runs); ++i) {
    if (runs[i].leg.find(wishes.only) == std::string::npos) {
      continue;
    }
    absl::FPrintF(stderr, "looking at: %s\n", runs[i].leg);
    if (runs[i].leg == "stream") {
      ASSIGN_OR_RETURN(
          audience,
          Audience::Gather(product.endpoint(), groups.subspan(0, kGroups / 2),
                           kListeners));
    }
    ASSIGN_OR_RETURN(Profile profile,
                     looker.Look(runs[i].leg, runs[i].run, texts[i]));
    profiles.push_back(std::move(profile));
  }
  PrintProfiles(profiles);
  return absl::OkStatus();
}

absl::Status Profiled(Wishes wishes) {
  const std::string& directory = wishes.rig.directory;
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
  if (!wishes.callgrind && !MayUsePerf(directory)) {
    absl::FPrintF(stderr,
                  "perf may not look here: callgrind counts instructions\n");
    wishes.callgrind = true;
  }
  if (wishes.callgrind) {
    wishes.rig.serve_under = CallgrindOn(directory);
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<Product> product,
                   Product::Start(wishes.rig, "product", "renkeid",
                                  {kGroups, kListeners + 1}));
  absl::PrintF("%s\n\n",
               wishes.callgrind
                   ? "Instructions counted by callgrind; the kernel is not "
                     "seen, times are those under valgrind."
                   : "Samples of perf (cpu-clock); the server's CPU includes "
                     "what perf itself costs it.");
  return LookAtAll(wishes, *product);
}

int Main(const std::vector<std::string>& words) {
  return RunProgram("renkei-profile", kHelp, ParseWishes(words), Profiled);
}

}  // namespace
}  // namespace renkei::bench

int main(int count, char** arguments) {
  return renkei::bench::Main({arguments + 1, arguments + count});
}
