// The polling threads of a test process.
#pragma once

#include "server/rpc/polling_threads.h"

namespace renkei::testing {

// gRPC's threads are shared by all servers and clients of a process, and may
// outlive them. One polls, as on a machine of two cores.
inline rpc::PollingThreads& PollingThreadsOfProcess() {
  static auto& threads = *new rpc::PollingThreads(1, absl::Milliseconds(5));
  return threads;
}

}  // namespace renkei::testing
