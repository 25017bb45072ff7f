// Brings the indexes of all audit logs up to date.
#pragma once

#include <cstddef>

#include "absl/status/statusor.h"
#include "storage/store.h"

namespace renkei::jobs {

// Indexes the whole blocks of events that are in no index yet, of every log, at
// most `blocks_max` of one. Waits until that is durable. Returns how many there
// were.
absl::StatusOr<size_t> IndexAuditLogs(storage::Store& store, size_t blocks_max);

}  // namespace renkei::jobs
