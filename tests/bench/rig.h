// Everything that is measured, running: the product, its front, the yardsticks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/bench/process.h"
#include "tests/bench/product/care_groups.h"
#include "tests/bench/rounds.h"

namespace renkei::bench {

struct RigOptions {
  std::string bin;        // where the programs are
  std::string source;     // the root of the sources: the front's rules
  std::string directory;  // made anew; everything is kept there
  std::vector<std::string> serve_under;  // a program that runs renkeid
};

// A `renkeid`, or a variant of it, with a network of its own.
class Product {
 public:
  // An empty network that nobody serves yet; or the one that was made in this
  // folder before.
  static absl::StatusOr<std::unique_ptr<Product>> Make(
      const RigOptions& options, const std::string& name,
      const std::string& program);
  // A new one that is served, with groups.
  static absl::StatusOr<std::unique_ptr<Product>> Start(
      const RigOptions& options, const std::string& name,
      const std::string& program, const Census& census);

  const Endpoint& endpoint() const { return endpoint_; }
  // REQUIRES: it is served.
  Process& process() const { return *process_; }
  // Of the program that serves it; zero when none does.
  absl::Duration Cpu() const {
    return process_ == nullptr ? absl::ZeroDuration() : process_->Cpu();
  }
  std::vector<CareGroup>& groups() { return groups_; }
  // Where it keeps everything, and its configuration there.
  const std::string& folder() const { return folder_; }
  std::string config_path() const { return folder_ + "/config.textproto"; }

  // Starts the program; until it serves.
  absl::Status Serve();
  // Ends it cleanly.
  void Stop() { process_.reset(); }
  absl::Status Restart();
  absl::Status RefreshTokens() { return RefreshAll(endpoint_, groups_); }

 private:
  Product() = default;
  // Of the network office.
  std::string PasswordPath() const { return folder_ + "/office.password"; }

  std::string folder_;
  std::vector<std::string> serve_;
  Endpoint endpoint_;
  std::unique_ptr<Process> process_;
  std::vector<CareGroup> groups_;
};

class Rig {
 public:
  static absl::StatusOr<std::unique_ptr<Rig>> Start(const RigOptions& options,
                                                    const Census& census);

  const RigOptions& options() const { return options_; }
  Product& product() { return *product_; }
  // TLS 1.3 before the product, before the echo.
  const Endpoint& front() const { return front_endpoint_; }
  const Endpoint& echo_front() const { return echo_front_endpoint_; }
  Process& front_process() { return *front_; }
  const Endpoint& yardstick() const { return yardstick_endpoint_; }
  Process& yardstick_process() { return *yardstick_; }
  absl::Status RestartYardstick();

  // The bare batch: `pending` operations of `bytes` each.
  struct Commits {
    double per_second = 0;
    double cpu_us = 0;
    double p50_us = 0;
  };
  absl::StatusOr<Commits> RunCommits(size_t pending, size_t bytes,
                                     absl::Duration duration) const;

  Machine machine() const;

 private:
  explicit Rig(const RigOptions& options) : options_(options) {}
  absl::StatusOr<std::unique_ptr<Process>> StartFront(const std::string& name,
                                                      const Endpoint& backend,
                                                      Endpoint& front);

  const RigOptions options_;
  std::unique_ptr<Process> yardstick_;
  Endpoint yardstick_endpoint_;
  std::unique_ptr<Product> product_;
  std::unique_ptr<Process> front_;
  Endpoint front_endpoint_;
  std::unique_ptr<Process> echo_front_;
  Endpoint echo_front_endpoint_;
};

}  // namespace renkei::bench
