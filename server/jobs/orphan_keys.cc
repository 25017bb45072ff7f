#include "server/jobs/orphan_keys.h"

#include <vector>

#include "storage/base/status_macros.h"
#include "storage/schema.h"

namespace renkei::jobs {

absl::StatusOr<size_t> SweepOrphanGroupKeys(const storage::Store& store,
                                            storage::KeyStore& keys,
                                            absl::Time now,
                                            absl::Duration older_than) {
  const std::vector<storage::LivingGroupKey> candidates = keys.ListGroupKeys();
  const storage::Snapshot view = store.Read();
  std::vector<crypto::KeyScope> orphans;
  for (const storage::LivingGroupKey& candidate : candidates) {
    if (now - candidate.created_at < older_than) {
      continue;
    }
    ASSIGN_OR_RETURN(const auto group,
                     view.Find(storage::kGroups, {candidate.scope.network,
                                                  candidate.scope.group}));
    if (!group) {
      orphans.push_back(candidate.scope);
    }
  }
  if (!orphans.empty()) {
    RETURN_IF_ERROR(keys.DestroyGroupKeys(orphans, now));
  }
  return orphans.size();
}

}  // namespace renkei::jobs
