// What streams carry, in the API's terms.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "renkei/v1/sync.pb.h"
#include "server/domain/call.h"
#include "server/domain/sync.h"

namespace renkei::rpc {

// The caller's groups as frames of a snapshot, without cursors; empty when
// there is none.
absl::StatusOr<std::vector<v1::SyncFrame>> SnapshotOfGroups(
    domain::ReadCall& call);

// Adds the change that `delivery` is; nothing when it stands for nothing that a
// client could see.
absl::Status AddChange(const domain::ReadCall& call,
                       const domain::Delivery& delivery, v1::Event& event);

}  // namespace renkei::rpc
