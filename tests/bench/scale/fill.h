// Fills a region with messages that were sent and read, through the door of
// the domain and the store, as the server uses them.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/bench/scale/region.h"

namespace renkei::bench {

// What is in the store.
absl::StatusOr<uint64_t> CountMessages(const storage::Store& store,
                                       const Region& region);

// Sends until `messages` are there, 300 bytes each, by members at random. All
// members of a group list each page of 50 once the next is full, and mark as
// displayed what the others wrote. Says on stderr how far it is.
absl::Status Fill(server::OpenedStore& opened, const Region& region,
                  uint64_t messages);

}  // namespace renkei::bench
