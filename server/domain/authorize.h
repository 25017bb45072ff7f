// Facts about a call out of the store, and the decision over them.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/call.h"
#include "server/domain/policy.h"
#include "server/domain/target.h"

namespace renkei::domain {

// Decides and remembers the decision in the call. OK, or UNAUTHENTICATED,
// PERMISSION_DENIED with the reason, FAILED_PRECONDITION (group state,
// consent), or NOT_FOUND when the actor may not even know that the target
// exists. Fills the audit note's patient, group, hosting facility and the
// actor's affiliation.
absl::Status Authorize(ReadCall& call, Action action, const Target& target);

// Fills the audit note for an account that nothing has proven yet, or whose
// session the server itself deals with. A leaver appears under the last
// affiliation.
void NoteActor(ReadCall& call, const storage::PersonKey& person,
               const storage::v1::PersonRecord& record);

// The facts Authorize decides over, as of the call's view.
absl::StatusOr<Facts> FactsAbout(ReadCall& call, const Target& target);

}  // namespace renkei::domain
