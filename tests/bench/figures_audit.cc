// What the audit log costs: the product beside a build of it that keeps none.
#include <algorithm>

#include "storage/base/status_macros.h"
#include "tests/bench/figures.h"
#include "tests/bench/legs.h"

namespace renkei::bench {
namespace {

constexpr size_t kGroups = 16;
constexpr size_t kMembers = 2;
constexpr size_t kInFlight = 64;

struct Legs {
  std::unique_ptr<CallLeg> send;
  std::unique_ptr<CallLeg> list;
};

absl::StatusOr<Legs> LegsOn(Product& product) {
  const auto groups =
      absl::MakeConstSpan(product.groups())
          .subspan(0, std::min(kGroups, product.groups().size()));
  Legs legs;
  ASSIGN_OR_RETURN(
      legs.send, CallLeg::Make(product.endpoint(), SendCalls(groups, kMembers),
                               kInFlight));
  ASSIGN_OR_RETURN(legs.list,
                   CallLeg::Make(product.endpoint(),
                                 ListCalls(groups, kMembers, 50), kInFlight));
  RETURN_IF_ERROR(legs.send->RunCount(groups.size() * 60).status());
  RETURN_IF_ERROR(legs.list->RunCount(groups.size() * 4).status());
  return legs;
}

// CPU against CPU, at the same rate.
Figure CostOf(absl::string_view name, const Rounds& rounds, size_t with,
              size_t without) {
  Figure figure = FigureOf(name, rounds, with, without);
  figure.cpu_us = figure.value;
  return figure;
}

Leg CpuAtRate(CallLeg& leg, Process& server, double per_second,
              absl::Duration duration) {
  return [&leg, &server, per_second, duration]() -> absl::StatusOr<LegResult> {
    const absl::Duration cpu = server.Cpu();
    ASSIGN_OR_RETURN(const Measured measured,
                     leg.RunOpen(per_second, duration));
    return LegResult{absl::ToDoubleMicroseconds(server.Cpu() - cpu) /
                         static_cast<double>(measured.answered),
                     0};
  };
}

}  // namespace

Figures MeasureAuditCost(Rig& rig, const Settings& settings) {
  ASSIGN_OR_RETURN(
      const auto without,
      Product::Start(rig.options(), "without_audit", "renkeid-without-audit",
                     {kGroups, kMembers}));
  ASSIGN_OR_RETURN(const Legs audited, LegsOn(rig.product()));
  ASSIGN_OR_RETURN(const Legs bare, LegsOn(*without));
  Process& product = rig.product().process();
  // Half of what it can do, so that both keep the pace.
  ASSIGN_OR_RETURN(const LegResult send_peak,
                   audited.send->Run({&product}, settings.leg));
  ASSIGN_OR_RETURN(const LegResult list_peak,
                   audited.list->Run({&product}, settings.leg));
  const double sends = send_peak.value / 2;
  const double lists = list_peak.value / 2;
  ASSIGN_OR_RETURN(
      const Rounds rounds,
      RunRounds(rig.machine(), settings,
                {CpuAtRate(*bare.send, without->process(), sends, settings.leg),
                 CpuAtRate(*audited.send, product, sends, settings.leg),
                 CpuAtRate(*bare.list, without->process(), lists, settings.leg),
                 CpuAtRate(*audited.list, product, lists, settings.leg)}));
  return std::vector<Figure>{CostOf("audit_cost.send", rounds, 1, 0),
                             CostOf("audit_cost.list", rounds, 3, 2)};
}

}  // namespace renkei::bench
