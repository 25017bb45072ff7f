#include "server/metrics.h"

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "prometheus/counter.h"
#include "prometheus/exposer.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"

namespace renkei::server {
namespace {

class GaugeReader : public prometheus::Collectable {
 public:
  explicit GaugeReader(Gauges gauges) : gauges_(std::move(gauges)) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    std::vector<prometheus::MetricFamily> families = {
        Gauge("renkei_queued_writes", "Writes that are not answered yet.",
              gauges_.queued_writes()),
        Gauge("renkei_open_streams", "Open sync streams.",
              gauges_.open_streams()),
        Gauge("renkei_waiting_streams",
              "Sync streams whose client has not taken what was sent.",
              gauges_.waiting_streams()),
        Gauge("renkei_serving", "1 while the server answers calls.",
              gauges_.serving()),
        Gauge("renkei_clock_synchronised",
              "1 while the kernel says the clock is synchronised.",
              gauges_.clock_synchronised())};
    if (const std::optional<jobs::SpoolLag> lag = gauges_.audit_spool_lag()) {
      families.push_back(Gauge("renkei_audit_spool_events_behind",
                               "Audit events that are in no file yet.",
                               static_cast<double>(lag->events)));
      families.push_back(Gauge("renkei_audit_spool_seconds_behind",
                               "Age of the oldest of them.",
                               absl::ToDoubleSeconds(lag->age)));
      families.push_back(
          Gauge("renkei_audit_spool_waiting_bytes",
                "In files that the log shipper has not taken away.",
                static_cast<double>(lag->bytes_waiting)));
    }
    return families;
  }

 private:
  static prometheus::MetricFamily Gauge(const char* name, const char* help,
                                        double value) {
    prometheus::ClientMetric metric;
    metric.gauge.value = value;
    return {name, help, prometheus::MetricType::Gauge, {metric}};
  }

  const Gauges gauges_;
};

const prometheus::Histogram::BucketBoundaries kSeconds = {
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5};

}  // namespace

Metrics::Metrics(Gauges gauges)
    : registry_(std::make_shared<prometheus::Registry>()),
      gauges_(std::make_shared<GaugeReader>(std::move(gauges))),
      calls_(prometheus::BuildCounter()
                 .Name("renkei_calls_total")
                 .Help("Calls by method and code.")
                 .Register(*registry_)),
      seconds_(prometheus::BuildHistogram()
                   .Name("renkei_call_seconds")
                   .Help("Time from arrival to answer by method.")
                   .Register(*registry_)) {}

Metrics::~Metrics() = default;

absl::StatusOr<std::unique_ptr<Metrics>> Metrics::Start(uint32_t port,
                                                        Gauges gauges) {
  auto metrics = std::unique_ptr<Metrics>(new Metrics(std::move(gauges)));
  if (port == 0) {
    return metrics;
  }
  // The library throws when it cannot listen.
  try {
    metrics->exposer_ = std::make_unique<prometheus::Exposer>(
        absl::StrCat("127.0.0.1:", port), 1);
  } catch (const std::exception& failed) {
    return absl::UnavailableError(
        absl::StrCat("metrics_port ", port, ": ", failed.what()));
  }
  metrics->exposer_->RegisterCollectable(metrics->registry_);
  metrics->exposer_->RegisterCollectable(metrics->gauges_);
  return metrics;
}

void Metrics::Observe(const rpc::MethodRule& rule, grpc::StatusCode code,
                      absl::Duration elapsed) {
  const Observed observed = ObservedOf(rule, code);
  observed.calls->Increment();
  observed.seconds->Observe(absl::ToDoubleSeconds(elapsed));
}

Metrics::Observed Metrics::ObservedOf(const rpc::MethodRule& rule,
                                      grpc::StatusCode code) {
  const std::pair key(&rule, static_cast<int>(code));
  {
    ReaderLock lock(mutex_);
    if (const auto found = observed_.find(key); found != observed_.end()) {
      return found->second;
    }
  }
  const Observed observed{
      &calls_.Add({{"method", rule.name}, {"code", std::to_string(code)}}),
      &seconds_.Add({{"method", rule.name}}, kSeconds)};
  WriterLock lock(mutex_);
  observed_.emplace(key, observed);
  return observed;
}

}  // namespace renkei::server
