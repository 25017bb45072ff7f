// Sessions whose time is over.
#pragma once

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/crypto/key_ring.h"
#include "storage/store.h"

namespace renkei::jobs {

// A session is refused from the moment its time is over; this writes it down
// and tidies up. Ends the sessions of every network that were idle too long or
// reached their longest lifetime, with their events, and forgets those that
// ended long ago. Waits until that is durable. Returns how many there were.
absl::StatusOr<size_t> SweepSessions(storage::Store& store,
                                     const crypto::KeyRing& keys,
                                     absl::Time now);

}  // namespace renkei::jobs
