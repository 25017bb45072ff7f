// watch: follows the groups as things happen.
#include <csignal>
#include <thread>

#include "absl/strings/str_cat.h"
#include "client/command.h"
#include "client/describe.h"
#include "client/sync_loop.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

// Stops the loop at the first SIGINT or SIGTERM. A thread waits for them,
// because nothing of what stopping needs may be done in a signal handler.
// SIGUSR1 ends that thread. All must be blocked in all other threads.
class StopOnSignal {
 public:
  explicit StopOnSignal(SyncLoop& loop)
      : thread_([&loop] {
          sigset_t signals = StopSignals();
          int signal = 0;
          sigwait(&signals, &signal);
          loop.Stop();
        }) {}
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;
  ~StopOnSignal() {
    pthread_kill(thread_.native_handle(), SIGUSR1);
    thread_.join();
  }

  static sigset_t StopSignals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGUSR1);
    return signals;
  }

 private:
  std::thread thread_;
};

absl::Status Watch(Invocation& in) {
  const sigset_t signals = StopOnSignal::StopSignals();
  CHECK(pthread_sigmask(SIG_BLOCK, &signals, nullptr) == 0);
  ASSIGN_OR_RETURN(Client* const client, in.Connect());
  ASSIGN_OR_RETURN(const int frames_max, in.arguments().Number("frames", 0));
  const View view = in.NamingView();
  SyncLoop loop(*client, in.arguments().Get("cursor"));
  const StopOnSignal stop(loop);
  int frames = 0;
  return loop.Run([&](const v1::SyncFrame& frame) -> absl::Status {
    RETURN_IF_ERROR(in.output().Show(frame, Describe(frame, view)));
    if (++frames == frames_max) {
      loop.Stop();
    }
    return absl::OkStatus();
  });
}

constexpr Option kOptions[] = {
    {"cursor",
     "CURSOR",
     {"前回の最後の cursor から続ける",
      "go on after this cursor (see --json)"}},
    {"frames", "N", {"N フレームで終わる", "end after this many frames"}},
};

constexpr Command kCommands[] = {
    {"watch",
     "",
     0,
     0,
     {"新着を受け取り続ける", "follow one's groups as things happen"},
     kOptions,
     Watch},
};

}  // namespace

absl::Span<const Command> WatchCommands() { return kCommands; }

}  // namespace renkei::client
