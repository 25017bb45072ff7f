// What becomes of memberships when the affiliation behind them changes.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "server/domain/call.h"

namespace renkei::domain {

// How the affiliation changed.
enum class AffiliationTurn : uint8_t { kRests, kResumes, kEnds };

// In every group where the person is a member by `affiliation`: the readers of
// its lane change and its access version rises, so that open streams decide
// anew; group and person are told, and an audit event of each group written.
// What ends for good is kept so.
absl::Status CarryToGroups(WriteCall& call, const PersonId& person,
                           const storage::v1::Affiliation& affiliation,
                           AffiliationTurn turn);

}  // namespace renkei::domain
