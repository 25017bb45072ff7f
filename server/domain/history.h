// How much of a group's past a newcomer sees.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "server/domain/call.h"

namespace renkei::domain {

// The first message that somebody who joins now with `history` sees; one past
// the latest if there is none yet.
absl::StatusOr<uint64_t> FirstVisible(const ReadCall& call,
                                      const GroupId& group,
                                      const storage::v1::History& history);

}  // namespace renkei::domain
