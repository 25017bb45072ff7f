// What the core alone costs, without gRPC:
//   core-bench DIRECTORY send|list PENDING SECONDS [GROUPS]
// keeps so many calls in flight at the door and prints what came of it.
#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "server/domain/messages.h"
#include "server/domain/timeline.h"
#include "storage/base/check.h"
#include "tests/bench/core/care_network.h"

namespace renkei::bench {
namespace {

constexpr uint32_t kMessageSent = 300;
constexpr uint32_t kMessagesRead = 301;
constexpr size_t kMembers = 8;
constexpr int kPage = 50;

// 100 characters, 300 bytes.
constexpr absl::string_view kSentence =
    "本日の訪問時、血圧一三〇の八〇、体温三六度五分、食事は八割ほど召し上がり"
    "ました。右踵の発赤は縮小しており処置を継続します。";

std::string Body() {
  std::string body;
  while (body.size() < 300) {
    body.append(kSentence.data(), kSentence.size());
  }
  body.resize(300);
  return body;
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) +
           static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

uint64_t BytesWritten() {
  std::ifstream io("/proc/self/io");
  std::string name;
  uint64_t value = 0;
  while (io >> name >> value) {
    if (name == "wchar:") {
      return value;
    }
  }
  return 0;
}

// Keeps calls in flight: every answer begins the next.
class Load {
 public:
  Load(CareNetwork& network, bool lists) : network_(network), lists_(lists) {}

  void Run(size_t pending, absl::Duration duration) {
    until_ = absl::Now() + duration;
    in_flight_ = pending;
    for (size_t i = 0; i < pending; ++i) {
      Next(i);
    }
    while (in_flight_.load() > 0) {
      absl::SleepFor(absl::Milliseconds(5));
    }
  }

  uint64_t answered() const { return answered_; }

 private:
  void Next(size_t index) {
    const Team& team = network_.teams()[index % network_.teams().size()];
    const Member& member = team.members[index % team.members.size()];
    if (lists_) {
      List(index, team, member);
    } else {
      Send(index, team, member);
    }
  }

  void Send(size_t index, const Team& team, const Member& member) {
    struct Call {
      domain::NewMessage message;
      domain::PostedMessage posted;
    };
    auto call = std::make_shared<Call>();
    call->message.network = network_.network();
    call->message.group = team.group;
    call->message.lane = storage::v1::LANE_PROFESSIONAL;
    call->message.category = 1;
    call->message.body = body_;
    network_.door().Write(
        network_.RequestOf(member, domain::Action::kSendMessage, kMessageSent),
        [call](domain::WriteCall& write) -> absl::Status {
          auto posted = domain::SendMessage(write, call->message);
          if (posted.ok()) {
            call->posted = *std::move(posted);
          }
          return posted.status();
        },
        {[call] { return domain::KeepReference(call->posted.key); },
         [](domain::ReadCall&, const std::string&) {
           return absl::InternalError("replayed");
         }},
        [this, index](const absl::Status& answer) { Answered(index, answer); });
  }

  void List(size_t index, const Team& team, const Member& member) {
    domain::TimelineQuery query;
    query.network = network_.network();
    query.group = team.group;
    query.limit = kPage;
    network_.door().Read(
        network_.RequestOf(member, domain::Action::kListMessages,
                           kMessagesRead),
        [query](domain::ReadCall& read) {
          return domain::ListMessages(read, query).status();
        },
        [this, index](const absl::Status& answer) { Answered(index, answer); });
  }

  void Answered(size_t index, const absl::Status& answer) {
    CHECK_OK(answer);
    ++answered_;
    if (absl::Now() < until_) {
      Next(index + 64);
    } else {
      --in_flight_;
    }
  }

  CareNetwork& network_;
  const bool lists_;
  const std::string body_ = Body();
  absl::Time until_;
  std::atomic<size_t> in_flight_{0};
  std::atomic<uint64_t> answered_{0};
};

void Measure(CareNetwork& network, bool lists, size_t pending,
             absl::Duration duration) {
  Load load(network, lists);
  const double cpu = CpuSeconds();
  const uint64_t written = BytesWritten();
  const absl::Time begun = absl::Now();
  load.Run(pending, duration);
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begun);
  const auto calls = static_cast<double>(load.answered());
  std::printf("%s: %.0f/s, %.1f us CPU each, %.0f bytes written each\n",
              lists ? "list" : "send", calls / seconds,
              (CpuSeconds() - cpu) / calls * 1e6,
              static_cast<double>(BytesWritten() - written) / calls);
}

int Main(const std::vector<std::string>& arguments) {
  size_t pending = 64;
  double seconds = 3;
  size_t groups = 64;
  if (arguments.size() < 4 || !absl::SimpleAtoi(arguments[2], &pending) ||
      !absl::SimpleAtod(arguments[3], &seconds) ||
      (arguments.size() > 4 && !absl::SimpleAtoi(arguments[4], &groups))) {
    std::fputs(
        "usage: core-bench DIRECTORY send|list PENDING SECONDS [GROUPS]\n",
        stderr);
    return 2;
  }
  std::filesystem::create_directories(arguments[0] + "/store");
  CareNetwork network(arguments[0] + "/store", groups, kMembers);
  Measure(network, false, pending, absl::Seconds(1));  // warm-up
  const bool lists = arguments[1] == "list";
  for (int leg = 0; leg < 3; ++leg) {
    Measure(network, lists, pending, absl::Seconds(seconds));
  }
  return 0;
}

}  // namespace
}  // namespace renkei::bench

int main(int count, char** arguments) {
  return renkei::bench::Main({arguments + 1, arguments + count});
}
