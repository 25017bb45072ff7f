// Data keys of groups that never came to be.
#pragma once

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/key_store.h"
#include "storage/store.h"

namespace renkei::jobs {

// A group's key is made before the operation that founds it is queued; when
// that fails, the key stays. Far longer than any operation may wait.
inline constexpr absl::Duration kOrphanAge = absl::Hours(1);

// Destroys the keys older than `older_than` whose group has no record. Returns
// how many there were.
absl::StatusOr<size_t> SweepOrphanGroupKeys(const storage::Store& store,
                                            storage::KeyStore& keys,
                                            absl::Time now,
                                            absl::Duration older_than);

}  // namespace renkei::jobs
