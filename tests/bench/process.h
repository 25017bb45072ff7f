// Programs started and watched by the bench.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace renkei::bench {

// Ends the program when destroyed. Not thread-safe.
class Process {
 public:
  // Runs `command`; what it prints goes to the end of `log_path`.
  static absl::StatusOr<std::unique_ptr<Process>> Start(
      const std::vector<std::string>& command, const std::string& log_path);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  // Ends it at once, as a crash would.
  void Kill();
  // Of all threads so far, those of its children that run still included.
  absl::Duration Cpu() const;
  uint64_t ResidentBytes() const;

 private:
  explicit Process(pid_t pid) : pid_(pid) {}

  const pid_t pid_;
  bool ended_ = false;
};

// Runs `command` to its end and returns what it printed; Internal when it
// failed.
absl::StatusOr<std::string> RunToEnd(const std::vector<std::string>& command);

// CPU of the programs that RunToEnd ran and Process ended.
absl::Duration EndedChildrenCpu();

// CPU that all processes of the machine have used together.
absl::Duration MachineCpu();

// The median time of a small fdatasync in `directory` now.
absl::Duration ProbeSync(const std::string& directory);

}  // namespace renkei::bench
