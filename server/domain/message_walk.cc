#include "server/domain/message_walk.h"

#include <algorithm>
#include <vector>

#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::Direction;
using storage::MessageKey;

storage::KeyRange KeysOf(const storage::GroupKey& group, uint64_t first,
                         uint64_t last) {
  return storage::KeysBetween(storage::kMessages,
                              MessageKey{group.network, group.group, first},
                              MessageKey{group.network, group.group, last + 1});
}

// What is in memory needs no scan, as sequences have no gaps. Narrows the walk
// to what is left to visit, nothing once `visit` has had enough.
absl::Status WalkInMemory(const storage::Snapshot& view, MessageWalk& walk,
                          VisitMessage visit) {
  const bool forward = walk.direction == Direction::kForward;
  while (walk.first <= walk.last) {
    const uint64_t sequence = forward ? walk.first : walk.last;
    ASSIGN_OR_RETURN(
        const SharedMessage message,
        view.FindInMemory(storage::kMessages,
                          {walk.group.network, walk.group.group, sequence}));
    if (!message) {
      break;
    }
    if (!visit(sequence, message)) {
      walk.last = walk.first - 1;
      break;
    }
    walk.first += forward ? 1 : 0;
    walk.last -= forward ? 0 : 1;
  }
  return absl::OkStatus();
}

// The database goes backward at several times the cost of going forward: pieces
// are read forward and visited backward.
absl::Status ScanBackward(const storage::Snapshot& view, MessageWalk walk,
                          VisitMessage visit) {
  struct Read {
    uint64_t sequence;
    SharedMessage message;
  };
  std::vector<Read> piece;
  for (; walk.first <= walk.last; walk.last -= walk.expected) {
    walk.expected = std::min(walk.expected, walk.last - walk.first + 1);
    piece.clear();
    RETURN_IF_ERROR(view.ScanShared(
        storage::kMessages,
        KeysOf(walk.group, walk.last - walk.expected + 1, walk.last),
        Direction::kForward, [&](const MessageKey& key, SharedMessage message) {
          piece.push_back({key.sequence, std::move(message)});
          return true;
        }));
    for (auto read = piece.rbegin(); read != piece.rend(); ++read) {
      if (!visit(read->sequence, read->message)) {
        return absl::OkStatus();
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status WalkMessages(const storage::Snapshot& view, MessageWalk walk,
                          VisitMessage visit) {
  ASSIGN_OR_RETURN(const auto head,
                   view.FindShared(storage::kGroupHeads, walk.group));
  walk.last = std::min(walk.last, head ? head->last_sequence() : 0);
  RETURN_IF_ERROR(WalkInMemory(view, walk, visit));
  if (walk.first > walk.last) {
    return absl::OkStatus();
  }
  return walk.direction == Direction::kForward
             ? view.ScanShared(
                   storage::kMessages,
                   KeysOf(walk.group, walk.first, walk.last),
                   Direction::kForward,
                   [&](const MessageKey& key, const SharedMessage& message) {
                     return visit(key.sequence, message);
                   })
             : ScanBackward(view, walk, visit);
}

absl::StatusOr<uint64_t> FirstAfterCommit(const storage::Snapshot& view,
                                          const storage::GroupKey& group,
                                          uint64_t commit) {
  const auto is_after = [&](uint64_t sequence) -> absl::StatusOr<bool> {
    ASSIGN_OR_RETURN(const SharedMessage message,
                     view.FindShared(storage::kMessages,
                                     {group.network, group.group, sequence}));
    if (!message) {
      return absl::DataLossError(storage::kMessages.facts.name);
    }
    return message->commit() > commit;
  };
  ASSIGN_OR_RETURN(const auto head,
                   view.FindShared(storage::kGroupHeads, group));
  // All from `end` on are after it; all before `begin` are not.
  uint64_t end = (head ? head->last_sequence() : 0) + 1;
  uint64_t begin = 1;
  for (uint64_t step = 1; begin < end; step *= 2) {
    const uint64_t looked_at = end > step ? end - step : 1;
    ASSIGN_OR_RETURN(const bool after, is_after(looked_at));
    if (!after) {
      begin = looked_at + 1;
      break;
    }
    end = looked_at;
  }
  while (begin < end) {
    const uint64_t middle = begin + (end - begin) / 2;
    ASSIGN_OR_RETURN(const bool after, is_after(middle));
    (after ? end : begin) = after ? middle : middle + 1;
  }
  return begin;
}

}  // namespace renkei::domain
