#include "server/domain/stream_sights.h"

#include "server/domain/authorize.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {

bool BringsText(const storage::v1::EventItem& item) {
  return item.kind() == storage::v1::EVENT_KIND_MESSAGE_CREATED ||
         item.kind() == storage::v1::EVENT_KIND_MESSAGE_REVISED ||
         item.kind() == storage::v1::EVENT_KIND_MESSAGE_CORRECTED;
}

absl::StatusOr<const Sight*> StreamSights::Of(const GroupId& group) {
  const auto known = sights_.find(group);
  if (known != sights_.end()) {
    return known->second ? &*known->second : nullptr;
  }
  std::optional<Sight>& sight = sights_[group];
  Target target;
  target.network = CallerOf(call_).network;
  target.group = group;
  if (!Authorize(call_, Action::kDeliver, target).ok()) {
    call_.authorizations.pop_back();
    return nullptr;
  }
  ASSIGN_OR_RETURN(sight, SightOf(call_, group));
  return &*sight;
}

}  // namespace renkei::domain
