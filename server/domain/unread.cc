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

struct Sequences {
  uint64_t first = 0;  // both included
  uint64_t last = 0;
};

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
absl::Status CountAll(const ReadCall& call, const Sight& sight,
                      const Sequences& looked_at, MessageFacts& messages,
                      UnreadCount& count) {
  ReceiptReader receipts(call.view, sight.network, sight.group, sight.person);
  absl::Status found = absl::OkStatus();
  RETURN_IF_ERROR(messages.WalkBackward(
      call.view, {sight.network, sight.group}, looked_at.first, looked_at.last,
      [&](uint64_t sequence, const MessageRecord& message) {
        const absl::StatusOr<ReceiptFacts> facts = receipts.Find(sequence);
        found = facts.status();
        if (facts.ok()) {
          Add(AttentionTo(sight, sequence, message, *facts), message, count);
        }
        return facts.ok();
      }));
  return found;
}

absl::StatusOr<UnreadCount> Count(const ReadCall& call, const OwnGroup& own,
                                  MessageFacts& messages) {
  UnreadCount count;
  count.group = own.group;
  ASSIGN_OR_RETURN(const Sight sight, SightOf(call, own.group));
  if (!InForce(*sight.membership, *sight.record, call.now)) {
    return count;
  }
  ASSIGN_OR_RETURN(
      const auto head,
      call.view.FindShared(storage::kGroupHeads, {sight.network, own.group}));
  const ReadFloor floor = FloorOf(sight, own.kept);
  count.asked = static_cast<uint32_t>(floor.asked.size());
  Sequences above{floor.read_through + 1, head ? head->last_sequence() : 0};
  if (above.first <= above.last) {
    count.more = above.last - above.first >= kUnreadLookedAtMax;
    if (count.more) {
      above.first = above.last - kUnreadLookedAtMax + 1;
    }
    RETURN_IF_ERROR(CountAll(call, sight, above, messages, count));
  }
  return count;
}

}  // namespace

absl::StatusOr<std::vector<UnreadCount>> ListUnread(ReadCall& call,
                                                    const NetworkId& network,
                                                    MessageFacts& messages) {
  RETURN_IF_ERROR(Authorize(call, Action::kListUnread, {.network = network}));
  ASSIGN_OR_RETURN(const std::vector<OwnGroup> groups, ActiveGroups(call));
  std::vector<UnreadCount> counts;
  for (const OwnGroup& own : groups) {
    ASSIGN_OR_RETURN(const UnreadCount count, Count(call, own, messages));
    if (count.unread != 0 || count.asked != 0 || count.more) {
      counts.push_back(count);
    }
  }
  return counts;
}

}  // namespace renkei::domain
