#include "tests/bench/legs.h"

#include <algorithm>

#include "renkei/v1/message.pb.h"
#include "storage/base/status_macros.h"

namespace renkei::bench {
namespace {

absl::Duration CpuOf(absl::Span<Process* const> servers) {
  absl::Duration cpu;
  for (const Process* server : servers) {
    cpu += server->Cpu();
  }
  return cpu;
}

}  // namespace

absl::StatusOr<std::unique_ptr<CallLeg>> CallLeg::Make(const Endpoint& endpoint,
                                                       CallCycle calls,
                                                       size_t in_flight,
                                                       size_t connections_max) {
  auto leg = std::unique_ptr<CallLeg>(new CallLeg(std::move(calls), in_flight));
  std::vector<Http2Connection*> connections;
  for (size_t i = 0; i < std::min(connections_max, in_flight); ++i) {
    ASSIGN_OR_RETURN(Http2Connection * connection,
                     leg->loop_.Connect(endpoint));
    connections.push_back(connection);
  }
  leg->calls_.Use(std::move(connections));
  return leg;
}

absl::StatusOr<LegResult> CallLeg::Run(absl::Span<Process* const> servers,
                                       absl::Duration duration) {
  const absl::Duration cpu = CpuOf(servers);
  ASSIGN_OR_RETURN(measured_, RunClosedLoop(loop_, calls_.AsNextCall(),
                                            in_flight_, duration));
  return LegResult{measured_.per_second(),
                   absl::ToDoubleMicroseconds(CpuOf(servers) - cpu) /
                       static_cast<double>(measured_.answered)};
}

absl::StatusOr<Measured> CallLeg::RunOpen(double per_second,
                                          absl::Duration duration) {
  return RunOpenLoop(loop_, calls_.AsNextCall(), per_second, duration);
}

absl::StatusOr<Measured> CallLeg::RunCount(uint64_t count) {
  return RunCounted(loop_, calls_.AsNextCall(), in_flight_, count);
}

absl::StatusOr<Sizes> SizesOfSend(Product& product) {
  const CareGroup& group = product.groups().front();
  ASSIGN_OR_RETURN(const std::unique_ptr<Caller> caller,
                   Caller::Connect(product.endpoint()));
  caller->set_access_token(group.members.front().access_token);
  v1::SendMessageRequest request;
  request.set_parent(group.name);
  request.set_lane(v1::LANE_PROFESSIONAL);
  request.set_category(v1::CATEGORY_DAILY_CARE);
  request.set_body(MessageBody());
  request.set_request_id(NewUuid());
  v1::SendMessageResponse answer;
  RETURN_IF_ERROR(caller->Call("MessageService/SendMessage", request, answer));
  return Sizes{request.ByteSizeLong(), answer.ByteSizeLong()};
}

Figure FigureOf(absl::string_view name, const Rounds& rounds, size_t leg,
                size_t yardstick) {
  Figure figure;
  figure.promise = &PromiseOf(name);
  figure.value = rounds.Median(leg);
  figure.yardstick = rounds.Median(yardstick);
  figure.ratio = rounds.MedianRatio(leg, yardstick);
  figure.spread = rounds.Spread(leg, yardstick);
  figure.cpu_us = rounds.MedianCpu(leg);
  figure.disturbed = rounds.disturbed;
  return figure;
}

}  // namespace renkei::bench
