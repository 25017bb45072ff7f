// A group's messages one after another.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/schema.h"
#include "storage/store.h"

namespace renkei::domain {

using SharedMessage = storage::RecordRef<storage::v1::MessageRecord>;

struct MessageWalk {
  storage::GroupKey group;
  uint64_t first = 1;  // both included; beyond the group's last is nothing
  uint64_t last = UINT64_MAX;
  storage::Direction direction = storage::Direction::kForward;
  size_t expected = 0;  // about so many will be visited; at least 1
};

using VisitMessage =
    absl::FunctionRef<bool(uint64_t sequence, const SharedMessage& message)>;

// Visits the messages in the order of their sequences, or backward, until
// `visit` returns false. DataLoss as of a scan.
absl::Status WalkMessages(const storage::Snapshot& view, MessageWalk walk,
                          VisitMessage visit);

// The first message that a later commit than `commit` brought; one past the
// last if none did. Soon found if it is one of the last.
absl::StatusOr<uint64_t> FirstAfterCommit(const storage::Snapshot& view,
                                          const storage::GroupKey& group,
                                          uint64_t commit);

}  // namespace renkei::domain
