// Sweeping up: sessions that were idle too long or have reached their longest
// lifetime end with an event, and are forgotten a day later.
#pragma once

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/domain/call.h"
#include "storage/base/id.h"

namespace renkei::domain {

// At most `limit` sessions of the network that ExpireSessions has work with.
absl::StatusOr<std::vector<SessionId>> FindStaleSessions(
    const storage::Snapshot& view, const NetworkId& network, absl::Time now,
    size_t limit);

// Ends those that are due, each with SESSION_EXPIRED, and forgets those that
// are long over, with their tokens. Looks again whether they are. The server's
// own work: there is no caller.
absl::Status ExpireSessions(WriteCall& call, const NetworkId& network,
                            const std::vector<SessionId>& sessions);

}  // namespace renkei::domain
