// The first answers of request ids, kept so that a retry gets the same one.
#pragma once

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/call.h"

namespace renkei::domain {

// What the caller's earlier call with this id was answered; nullopt when there
// was none, it failed, or it is 30 days ago. REQUIRES: call.caller.
absl::StatusOr<std::optional<storage::v1::RequestRecord>> FindKeptAnswer(
    const ReadCall& call, const RequestId& id);

// Keeps `record`, dated now. REQUIRES: call.caller; FindKeptAnswer gave none.
absl::Status KeepAnswer(WriteCall& call, const RequestId& id,
                        storage::v1::RequestRecord record);

}  // namespace renkei::domain
