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
  const auto earlier = known_.find(group);
  if (earlier != known_.end()) {
    return earlier->second.sight ? &*earlier->second.sight : nullptr;
  }
  Known& known = known_[group];
  Target target;
  target.network = CallerOf(call_).network;
  target.group = group;
  if (!Authorize(call_, Action::kDeliver, target).ok()) {
    call_.authorizations.pop_back();
    return nullptr;
  }
  known.note = call_.note;
  ASSIGN_OR_RETURN(known.sight, SightOf(call_, group));
  return &*known.sight;
}

}  // namespace renkei::domain
