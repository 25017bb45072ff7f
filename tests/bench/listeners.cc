#include "tests/bench/listeners.h"

#include <atomic>
#include <thread>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "storage/base/status_macros.h"

namespace renkei::bench {
namespace {

constexpr size_t kStreamsPerConnection = 8;
constexpr absl::Duration kPatience = absl::Seconds(60);

// Sends while a second thread hears what comes of it; how many were sent.
absl::StatusOr<uint64_t> SendWhileListening(CallLeg& send, Audience& audience,
                                            Process& server,
                                            absl::Duration duration) {
  absl::Status heard;
  std::atomic<bool> sending{true};
  std::thread listener([&] {
    while (heard.ok() && sending) {
      heard = audience.RunOnce(absl::Milliseconds(20));
    }
  });
  const absl::Status sent = send.Run({&server}, duration).status();
  sending = false;
  listener.join();
  RETURN_IF_ERROR(sent);
  RETURN_IF_ERROR(heard);
  // Those that were answered after the time are not in the latencies.
  return send.measured().latency.count() + send.in_flight();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Audience>> Audience::Gather(
    const Endpoint& endpoint, absl::Span<const CareGroup> groups,
    size_t listeners) {
  auto audience = std::unique_ptr<Audience>(new Audience(listeners));
  Http2Connection* connection = nullptr;
  for (const CareGroup& group : groups) {
    for (size_t i = 1; i <= listeners; ++i) {
      if (audience->streams_.size() % kStreamsPerConnection == 0) {
        ASSIGN_OR_RETURN(connection, audience->loop_.Connect(endpoint));
      }
      RETURN_IF_ERROR(
          audience->streams_.Open(group.members[i], *connection, ""));
    }
  }
  RETURN_IF_ERROR(audience->streams_.AwaitCaughtUp(kPatience));
  return audience;
}

absl::StatusOr<LegResult> SendAndDeliver(CallLeg& send, Audience& audience,
                                         Process& server,
                                         absl::Duration duration) {
  SyncStreams& streams = audience.streams();
  const uint64_t before = streams.messages();
  const absl::Duration cpu = server.Cpu();
  const absl::Time begun = absl::Now();
  ASSIGN_OR_RETURN(const uint64_t sends,
                   SendWhileListening(send, audience, server, duration));
  RETURN_IF_ERROR(
      streams.AwaitMessages(before + sends * audience.listeners(), kPatience));
  const double took = absl::ToDoubleSeconds(absl::Now() - begun);
  return LegResult{static_cast<double>(sends) / took,
                   absl::ToDoubleMicroseconds(server.Cpu() - cpu) /
                       static_cast<double>(sends)};
}

absl::StatusOr<Resumed> Resume(const Endpoint& endpoint, const Person& person,
                               std::string& cursor) {
  EventLoop loop;
  SyncStreams stream(loop);
  ASSIGN_OR_RETURN(Http2Connection * connection, loop.Connect(endpoint));
  const absl::Time begun = absl::Now();
  RETURN_IF_ERROR(stream.Open(person, *connection, cursor));
  RETURN_IF_ERROR(stream.AwaitCaughtUp(kPatience));
  cursor = stream.cursor(0);
  return Resumed{absl::Now() - begun, stream.messages()};
}

absl::StatusOr<absl::Duration> TimeResume(const Endpoint& endpoint,
                                          const Person& person,
                                          uint64_t messages,
                                          std::string& cursor) {
  ASSIGN_OR_RETURN(const Resumed resumed, Resume(endpoint, person, cursor));
  return resumed.messages == messages
             ? absl::StatusOr<absl::Duration>(resumed.took)
             : absl::InternalError(
                   absl::StrFormat("%d messages came instead of %d",
                                   resumed.messages, messages));
}

}  // namespace renkei::bench
