// Legs run by turns on a machine that may be shared, and what remains of them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace renkei::bench {

// What a bench uses of the machine.
struct Machine {
  std::string directory;                // on the disk it writes to
  std::function<absl::Duration()> cpu;  // of all programs it runs, so far
};

struct Settings {
  int rounds = 7;
  absl::Duration leg = absl::Seconds(1.5);
  bool quick = false;
};

struct LegResult {
  double value = 0;   // operations a second, or microseconds
  double cpu_us = 0;  // of the server, for one operation
};
using Leg = std::function<absl::StatusOr<LegResult>()>;

struct Rounds {
  std::vector<std::vector<LegResult>> legs;  // by leg, then by round
  // Too few rounds were left alone by other users of the machine; all count.
  bool disturbed = false;

  double Median(size_t leg) const;
  double MedianCpu(size_t leg) const;
  double MedianCpuRatio(size_t leg, size_t yardstick) const;
  // Of the quotients of the two legs, round by round.
  double MedianRatio(size_t leg, size_t yardstick) const;
  // Half of the distance of the highest quotient from the lowest, as a part of
  // their median.
  double Spread(size_t leg, size_t yardstick) const;
};

// Watches what else goes on at the machine, from its making on. Not
// thread-safe.
class Watch {
 public:
  explicit Watch(Machine machine);

  // Looks how fast the disk is now.
  void Probe();
  // Did somebody else use the machine, or the disk change its pace?
  bool disturbed() const;

 private:
  absl::Duration Ours() const;

  const Machine machine_;
  const absl::Time begun_;
  const absl::Duration all_;
  const absl::Duration ours_;
  absl::Duration slowest_ = absl::ZeroDuration();
  absl::Duration fastest_ = absl::InfiniteDuration();
};

// Runs the legs in turn until `settings.rounds` rounds were undisturbed, with
// at most as many disturbed ones. A round is disturbed when somebody else used
// the machine, or the disk changed its pace.
absl::StatusOr<Rounds> RunRounds(const Machine& machine,
                                 const Settings& settings,
                                 const std::vector<Leg>& legs);

double MedianOf(std::vector<double> values);

}  // namespace renkei::bench
