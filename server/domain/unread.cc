#include "server/domain/unread.h"

#include <utility>

#include "server/domain/authorize.h"
#include "server/domain/messages.h"
#include "server/domain/read_floor.h"
#include "server/domain/sight.h"
#include "server/domain/standing.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::v1::MessageRecord;
using storage::v1::PersonGroupRecord;

constexpr size_t kWalkedAtOnce = 64;

struct OwnGroup {
  GroupId group;
  PersonGroupRecord kept;
};

absl::StatusOr<std::vector<OwnGroup>> ActiveGroups(const ReadCall& call) {
  const Caller& caller = CallerOf(call);
  std::vector<OwnGroup> groups;
  RETURN_IF_ERROR(call.view.Scan(
      storage::kPersonGroups,
      storage::KeysUnder(storage::kPersonGroups, caller.network, caller.person),
      storage::Direction::kForward,
      [&](const storage::PersonGroupKey& key, PersonGroupRecord& kept) {
        if (kept.active()) {
          groups.push_back({key.group, std::move(kept)});
        }
        return true;
      }));
  return groups;
}

void Add(Attention attention, const MessageRecord& message,
         UnreadCount& count) {
  const bool unread =
      attention == Attention::kUnread || attention == Attention::kUnreadAsked;
  const bool asked =
      attention == Attention::kAsked || attention == Attention::kUnreadAsked;
  count.unread += unread ? 1 : 0;
  count.urgent += unread && message.priority() == kPriorityUrgent ? 1 : 0;
  count.asked += asked ? 1 : 0;
}

// The newest first, so that what is left out is old.
absl::Status CountAbove(const ReadCall& call, const Sight& sight,
                        uint64_t floor, UnreadCount& count) {
  ReceiptReader receipts(call.view, sight.network, sight.group, sight.person);
  absl::Status found = absl::OkStatus();
  uint64_t looked_at = 0;
  RETURN_IF_ERROR(WalkMessages(
      call.view,
      {.group = {sight.network, sight.group},
       .first = floor + 1,
       .direction = storage::Direction::kBackward,
       .expected = kWalkedAtOnce},
      [&](uint64_t sequence, const SharedMessage& message) {
        if (looked_at == kUnreadLookedAtMax) {
          count.more = true;
          return false;
        }
        ++looked_at;
        const absl::StatusOr<ReceiptFacts> facts = receipts.Find(sequence);
        if (!facts.ok()) {
          found = facts.status();
          return false;
        }
        Add(AttentionTo(sight, sequence, *message, *facts), *message, count);
        return true;
      }));
  return found;
}

absl::StatusOr<UnreadCount> Count(const ReadCall& call, const OwnGroup& own) {
  UnreadCount count;
  count.group = own.group;
  ASSIGN_OR_RETURN(const Sight sight, SightOf(call, own.group));
  if (!InForce(*sight.membership, *sight.record, call.now)) {
    return count;
  }
  ASSIGN_OR_RETURN(const auto head, call.view.Find(storage::kGroupHeads,
                                                   {sight.network, own.group}));
  const ReadFloor floor = FloorOf(sight, own.kept);
  count.asked = static_cast<uint32_t>(floor.asked.size());
  if (head && head->last_sequence() > floor.read_through) {
    RETURN_IF_ERROR(CountAbove(call, sight, floor.read_through, count));
  }
  return count;
}

}  // namespace

absl::StatusOr<std::vector<UnreadCount>> ListUnread(ReadCall& call,
                                                    const NetworkId& network) {
  RETURN_IF_ERROR(Authorize(call, Action::kListUnread, {.network = network}));
  ASSIGN_OR_RETURN(const std::vector<OwnGroup> groups, ActiveGroups(call));
  std::vector<UnreadCount> counts;
  for (const OwnGroup& own : groups) {
    ASSIGN_OR_RETURN(const UnreadCount count, Count(call, own));
    if (count.unread != 0 || count.asked != 0 || count.more) {
      counts.push_back(count);
    }
  }
  return counts;
}

}  // namespace renkei::domain
