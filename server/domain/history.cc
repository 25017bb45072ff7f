#include "server/domain/history.h"

#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

// Messages are numbered from 1 without gaps, and their times never go back.
absl::StatusOr<uint64_t> FirstAtOrAfter(const ReadCall& call,
                                        const GroupId& group, int64_t micros,
                                        uint64_t last) {
  uint64_t low = 1;
  uint64_t high = last + 1;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    ASSIGN_OR_RETURN(const auto message,
                     call.view.Get(storage::kMessages,
                                   {CallerOf(call).network, group, middle}));
    if (message.created_at_micros() < micros) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

absl::StatusOr<uint64_t> FirstVisible(const ReadCall& call,
                                      const GroupId& group,
                                      const storage::v1::History& history) {
  ASSIGN_OR_RETURN(
      const auto head,
      call.view.Find(storage::kGroupHeads, {CallerOf(call).network, group}));
  const uint64_t last = head ? head->last_sequence() : 0;
  switch (history.scope()) {
    case storage::v1::HISTORY_SCOPE_ALL:
      return 1;
    case storage::v1::HISTORY_SCOPE_SINCE:
      return FirstAtOrAfter(call, group, history.since_micros(), last);
    default:
      return last + 1;
  }
}

}  // namespace renkei::domain
