// What the door checks and says about every call, reads and writes alike.
#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/domain/call.h"
#include "server/domain/door.h"

namespace renkei::domain {

bool WritesEvent(const Request& request);

// DEADLINE_EXCEEDED when the call's deadline has passed.
absl::Status LateOrOk(const Request& request, absl::Time now);

// Closed by default: an operation that never asked, or asked for something
// else, has no right to an answer.
absl::Status AskedFirst(const ReadCall& call, const Request& request);

// The store's own refusals, in the API's terms.
absl::Status FromStore(const absl::Status& status);

}  // namespace renkei::domain
