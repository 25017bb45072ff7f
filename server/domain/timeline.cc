#include "server/domain/timeline.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "server/domain/authorize.h"
#include "server/domain/message_walk.h"
#include "server/domain/receipts.h"
#include "server/domain/sight.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::Direction;

struct Interval {
  uint64_t first = 1;
  uint64_t last = std::numeric_limits<uint64_t>::max() - 1;

  bool IsEmpty() const { return first > last; }
  bool Has(uint64_t sequence) const {
    return first <= sequence && sequence <= last;
  }
};

Direction DirectionOf(const TimelineQuery& query) {
  return query.oldest_first ? Direction::kForward : Direction::kBackward;
}

// The sequences that the page may come from.
Interval IntervalOf(const TimelineQuery& query, const Sight& sight) {
  Interval interval;
  interval.first = sight.first_visible();
  if (query.start && query.oldest_first) {
    interval.first = std::max(interval.first, *query.start);
  } else if (query.start) {
    interval.last = std::min(interval.last, *query.start);
  }
  return interval;
}

// Adds one message; false once the page is full and it is known where the next
// one starts.
bool Add(const TimelineQuery& query, uint64_t sequence, SharedMessage record,
         TimelinePage& page) {
  if (page.messages.size() == query.limit) {
    page.next = sequence;
    return false;
  }
  page.messages.push_back({sequence, std::move(record), 0});
  return true;
}

absl::StatusOr<TimelinePage> ReadLane(const ReadCall& call, const Sight& sight,
                                      const TimelineQuery& query) {
  const Interval interval = IntervalOf(query, sight);
  TimelinePage page;
  if (interval.IsEmpty()) {
    return page;
  }
  RETURN_IF_ERROR(
      WalkMessages(call.view,
                   {.group = {sight.network, sight.group},
                    .first = interval.first,
                    .last = interval.last,
                    .direction = DirectionOf(query),
                    .expected = query.limit + 1},
                   [&](uint64_t sequence, const SharedMessage& message) {
                     return message->lane() != query.lane ||
                            Add(query, sequence, message, page);
                   }));
  return page;
}

// The thread's sequences of the interval in the order of the query, at most one
// more than fit on the page.
absl::StatusOr<std::vector<uint64_t>> ThreadSequences(
    const ReadCall& call, const Sight& sight, const TimelineQuery& query) {
  const Interval interval = IntervalOf(query, sight);
  const uint64_t root = *query.thread;
  const bool with_root = interval.Has(root);
  std::vector<uint64_t> sequences;
  if (interval.IsEmpty()) {
    return sequences;
  }
  if (with_root && query.oldest_first) {
    sequences.push_back(root);
  }
  RETURN_IF_ERROR(call.view.Scan(
      storage::kThreadMessages,
      storage::KeysBetween(storage::kThreadMessages,
                           storage::ThreadMessageKey{sight.network, sight.group,
                                                     root, interval.first},
                           storage::ThreadMessageKey{sight.network, sight.group,
                                                     root, interval.last + 1}),
      DirectionOf(query),
      [&](const storage::ThreadMessageKey& key, const storage::v1::Mark&) {
        sequences.push_back(key.sequence);
        return sequences.size() <= query.limit;
      }));
  if (with_root && !query.oldest_first && sequences.size() <= query.limit) {
    sequences.push_back(root);
  }
  return sequences;
}

absl::StatusOr<TimelinePage> ReadThread(const ReadCall& call,
                                        const Sight& sight,
                                        const TimelineQuery& query) {
  ASSIGN_OR_RETURN(const VisibleThread thread,
                   FindVisibleThread(call, sight, *query.thread));
  ASSIGN_OR_RETURN(const std::vector<uint64_t> sequences,
                   ThreadSequences(call, sight, query));
  TimelinePage page;
  for (const uint64_t sequence : sequences) {
    ASSIGN_OR_RETURN(
        SharedMessage message,
        call.view.FindShared(storage::kMessages,
                             {sight.network, sight.group, sequence}));
    if (!message) {
      return absl::DataLossError(storage::kMessages.facts.name);
    }
    if (!Add(query, sequence, std::move(message), page)) {
      break;
    }
  }
  return page;
}

// Threads have a row from their first reply on: one scan finds those among the
// roots shown.
absl::Status CountReplies(const ReadCall& call, const Sight& sight,
                          std::vector<ShownMessage>& messages) {
  if (messages.empty()) {
    return absl::OkStatus();
  }
  const bool forward = messages.front().sequence <= messages.back().sequence;
  const auto find = [&](uint64_t sequence) {
    return std::lower_bound(messages.begin(), messages.end(), sequence,
                            [forward](const ShownMessage& shown, uint64_t at) {
                              return forward ? shown.sequence < at
                                             : shown.sequence > at;
                            });
  };
  const auto [first, last] =
      std::minmax(messages.front().sequence, messages.back().sequence);
  return call.view.Scan(
      storage::kThreads,
      storage::KeysBetween(
          storage::kThreads,
          storage::MessageKey{sight.network, sight.group, first},
          storage::MessageKey{sight.network, sight.group, last + 1}),
      Direction::kForward,
      [&](const storage::MessageKey& key,
          const storage::v1::ThreadRecord& thread) {
        const auto shown = find(key.sequence);
        if (shown != messages.end() && shown->sequence == key.sequence) {
          shown->reply_count = thread.reply_count();
        }
        return true;
      });
}

// What the audit event says was shown, and the receipts that go with it.
absl::Status NoteShown(ReadCall& call, const Sight& sight,
                       const std::vector<ShownMessage>& messages) {
  std::vector<MessageRevision> shown;
  for (const ShownMessage& message : messages) {
    if (!sight.Wrote(*message.record)) {
      shown.push_back({message.sequence, message.record->revision()});
    }
  }
  if (!messages.empty()) {
    const auto [first, last] =
        std::minmax(messages.front().sequence, messages.back().sequence);
    call.note.first_message = first;
    call.note.last_message = last;
    call.note.messages = static_cast<uint32_t>(messages.size());
  }
  // Most pages were shown before: then the commit has nothing to do.
  ASSIGN_OR_RETURN(shown, Undisclosed(call, sight.group, sight.person, shown));
  if (!shown.empty()) {
    call.with_audit = [group = sight.group, person = sight.person,
                       shown = std::move(shown)](WriteCall& write) {
      return RecordDisclosed(write, group, person, shown);
    };
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TimelinePage> ListMessages(ReadCall& call,
                                          const TimelineQuery& query) {
  RETURN_IF_ERROR(Authorize(
      call, Action::kListMessages,
      {.network = query.network, .group = query.group, .lane = query.lane}));
  ASSIGN_OR_RETURN(const Sight sight, SightOf(call, query.group));
  ASSIGN_OR_RETURN(TimelinePage page, query.thread
                                          ? ReadThread(call, sight, query)
                                          : ReadLane(call, sight, query));
  RETURN_IF_ERROR(CountReplies(call, sight, page.messages));
  RETURN_IF_ERROR(NoteShown(call, sight, page.messages));
  return page;
}

absl::StatusOr<ShownMessage> GetMessage(ReadCall& call,
                                        const storage::MessageKey& key) {
  RETURN_IF_ERROR(Authorize(call, Action::kGetMessage,
                            {.network = key.network, .group = key.group}));
  ASSIGN_OR_RETURN(const Sight sight, SightOf(call, key.group));
  ASSIGN_OR_RETURN(auto message, FindVisible(call, sight, key.sequence));
  std::vector<ShownMessage> shown;
  shown.push_back({key.sequence, std::move(message), 0});
  RETURN_IF_ERROR(CountReplies(call, sight, shown));
  RETURN_IF_ERROR(NoteShown(call, sight, shown));
  return std::move(shown.front());
}

}  // namespace renkei::domain
