// The promises of the product, measured. Each function gives one line for every
// promise it measures.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/report.h"
#include "tests/bench/rig.h"
#include "tests/bench/rounds.h"

namespace renkei::bench {

using Figures = absl::StatusOr<std::vector<Figure>>;

Figures MeasureSends(Rig& rig, const Settings& settings);        // P1, P1c, P11
Figures MeasureFront(Rig& rig, const Settings& settings);        // P2
Figures MeasureAlone(Rig& rig, const Settings& settings);        // P4
Figures MeasureLists(Rig& rig, const Settings& settings);        // P5
Figures MeasureListeners(Rig& rig, const Settings& settings);    // P3, P12
Figures MeasureResume(Rig& rig, const Settings& settings);       // P6
Figures MeasureStorm(Rig& rig, const Settings& settings);        // P7
Figures MeasureIdleStreams(Rig& rig, const Settings& settings);  // P8
Figures MeasureAuditCost(Rig& rig, const Settings& settings);    // P10

// No promise: rates and latencies of sends from one to 256 in flight, and at
// half of the peak in an open loop. Prints them.
absl::Status PrintSweep(Rig& rig, const Settings& settings);

}  // namespace renkei::bench
