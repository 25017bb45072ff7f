// Prometheus metrics on a loopback port: counts and durations by method, never
// by person or patient.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/jobs/audit_spool.h"
#include "server/rpc/calls.h"
#include "storage/base/mutex.h"

namespace prometheus {
class Collectable;
class Exposer;
class Registry;
template <typename T>
class Family;
class Counter;
class Histogram;
}  // namespace prometheus

namespace renkei::server {

// What is read when somebody looks.
struct Gauges {
  std::function<double()> queued_writes;
  std::function<double()> open_streams;
  std::function<double()> waiting_streams;
  std::function<double()> serving;  // 1 or 0
  std::function<double()> clock_synchronised;
  std::function<std::optional<jobs::SpoolLag>()> audit_spool_lag;
};

// Thread-safe.
class Metrics {
 public:
  // `port` 0: nothing listens. Unavailable when the port is taken.
  static absl::StatusOr<std::unique_ptr<Metrics>> Start(uint32_t port,
                                                        Gauges gauges);
  ~Metrics();

  // `rule` must live as long as this.
  void Observe(const rpc::MethodRule& rule, grpc::StatusCode code,
               absl::Duration elapsed);

 private:
  explicit Metrics(Gauges gauges);

  // Finding them in the families costs more than the rest of Observe.
  struct Observed {
    prometheus::Counter* calls = nullptr;
    prometheus::Histogram* seconds = nullptr;
  };
  Observed ObservedOf(const rpc::MethodRule& rule, grpc::StatusCode code);

  std::shared_ptr<prometheus::Registry> registry_;
  std::shared_ptr<prometheus::Collectable> gauges_;
  prometheus::Family<prometheus::Counter>& calls_;
  prometheus::Family<prometheus::Histogram>& seconds_;
  std::unique_ptr<prometheus::Exposer> exposer_;

  SharedMutex mutex_;
  absl::flat_hash_map<std::pair<const rpc::MethodRule*, int>, Observed>
      observed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace renkei::server
