#include "server/domain/event_tails.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "server/domain/streams.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

// What one read takes from the store at most.
constexpr size_t kRowsMax = 256;
// With its allocations and its place.
constexpr size_t kEventBytes = 256;

std::shared_ptr<StreamEvent> NewEvent(uint64_t commit, int64_t at_micros,
                                      storage::v1::EventItem item) {
  return std::make_shared<StreamEvent>(
      StreamEvent{commit, at_micros, std::move(item), nullptr, false});
}

// What happened in a group after a commit: its rows, and the messages, which
// tell themselves when they came.
class Reading {
 public:
  Reading(const storage::Snapshot& view, const EventTails::Place& place,
          uint64_t after)
      : view_(view), place_(place), after_(after), through_(place.head) {}

  absl::Status ReadRows() {
    const NetworkId& network = place_.group.network;
    const storage::StreamId stream = storage::StreamOf(place_.group.group);
    size_t rows = 0;
    return view_.Scan(
        storage::kEvents,
        storage::KeysBetween(
            storage::kEvents, storage::EventsKey{network, stream, after_ + 1},
            storage::EventsKey{network, stream, place_.head + 1}),
        storage::Direction::kForward,
        [&](const storage::EventsKey& key,
            const storage::v1::EventsRecord& row) {
          if (++rows > kRowsMax) {
            through_ = key.commit - 1;
            return false;
          }
          VisitItems(row, [&](const storage::v1::EventItem& item) {
            // Stores of before have a row for each message, too.
            if (item.kind() != storage::v1::EVENT_KIND_MESSAGE_CREATED) {
              events_.push_back(NewEvent(key.commit, row.at_micros(), item));
            }
          });
          return true;
        });
  }

  // REQUIRES: ReadRows was called.
  absl::Status ReadMessages() {
    ASSIGN_OR_RETURN(const uint64_t first,
                     FirstAfterCommit(view_, place_.group, after_));
    size_t messages = 0;
    return WalkMessages(
        view_, {.group = place_.group, .first = first, .expected = kRowsMax},
        [&](uint64_t sequence, const SharedMessage& message) {
          if (message->commit() > through_) {
            return false;
          }
          if (++messages > kRowsMax) {
            through_ = message->commit() - 1;
            return false;
          }
          storage::v1::EventItem item;
          item.set_kind(storage::v1::EVENT_KIND_MESSAGE_CREATED);
          item.set_sequence(sequence);
          item.set_person(message->author());
          item.set_lane(message->lane());
          events_.push_back(NewEvent(message->commit(),
                                     message->created_at_micros(),
                                     std::move(item)));
          return true;
        });
  }

  // Everything up to this commit was read.
  uint64_t through() const { return through_; }

  // In order.
  std::vector<std::shared_ptr<StreamEvent>> Take() {
    std::stable_sort(
        events_.begin(), events_.end(),
        [](const auto& a, const auto& b) { return a->commit < b->commit; });
    while (!events_.empty() && events_.back()->commit > through_) {
      events_.pop_back();
    }
    return std::move(events_);
  }

 private:
  const storage::Snapshot& view_;
  const EventTails::Place& place_;
  const uint64_t after_;
  uint64_t through_;
  std::vector<std::shared_ptr<StreamEvent>> events_;
};

}  // namespace

EventTails::Part EventTails::PartOf(const Tail& tail, uint64_t after) {
  const auto first = std::upper_bound(
      tail.events.begin(), tail.events.end(), after,
      [](uint64_t place, const auto& event) { return place < event->commit; });
  auto end = first + std::min<ptrdiff_t>(tail.events.end() - first, kRowsMax);
  // A commit is never split.
  while (end != tail.events.end() && end != first &&
         (*end)->commit == (*std::prev(end))->commit) {
    ++end;
  }
  return {{first, end},
          end == tail.events.end() ? tail.to : (*end)->commit - 1};
}

absl::StatusOr<EventTails::Part> EventTails::Read(const storage::Snapshot& view,
                                                  const Place& place) {
  if (bytes_ > kBytesMax) {
    tails_.clear();
    bytes_ = 0;
  }
  const auto kept = tails_.find(place.group.group);
  if (kept != tails_.end() && kept->second.from <= place.after) {
    RETURN_IF_ERROR(Extend(view, place, kept->second));
    if (place.after <= kept->second.to) {
      return PartOf(kept->second, place.after);
    }
  }
  Tail fresh;
  fresh.from = place.after;
  fresh.to = place.after;
  RETURN_IF_ERROR(Extend(view, place, fresh));
  Part part = PartOf(fresh, place.after);
  // Somebody far behind does not take away what the others share.
  if (kept == tails_.end() || kept->second.to <= fresh.to) {
    tails_.insert_or_assign(place.group.group, std::move(fresh));
  }
  return part;
}

absl::Status EventTails::Extend(const storage::Snapshot& view,
                                const Place& place, Tail& tail) {
  if (tail.to >= place.head) {
    return absl::OkStatus();
  }
  Reading reading(view, place, tail.to);
  RETURN_IF_ERROR(reading.ReadRows());
  RETURN_IF_ERROR(reading.ReadMessages());
  tail.to = reading.through();
  const auto events = reading.Take();
  if (events.empty()) {
    return absl::OkStatus();
  }
  tail.events.insert(tail.events.end(), events.begin(), events.end());
  bytes_ += kEventBytes * events.size();
  for (const std::shared_ptr<StreamEvent>& event : tail.loaded) {
    event->posting.reset();
    event->loaded = false;
  }
  tail.loaded.clear();
  return absl::OkStatus();
}

absl::Status EventTails::Load(
    const storage::Snapshot& view, const storage::GroupKey& group,
    absl::Span<const std::shared_ptr<StreamEvent>> events) {
  if (events.empty()) {
    return absl::OkStatus();
  }
  const auto key_of = [&group](uint64_t sequence) {
    return storage::MessageKey{group.network, group.group, sequence};
  };
  std::map<uint64_t, uint32_t> replies;
  RETURN_IF_ERROR(view.Scan(
      storage::kThreads,
      storage::KeysBetween(storage::kThreads,
                           key_of(events.front()->item.sequence()),
                           key_of(events.back()->item.sequence() + 1)),
      storage::Direction::kForward,
      [&](const storage::MessageKey& key,
          const storage::v1::ThreadRecord& thread) {
        replies[key.sequence] = thread.reply_count();
        return true;
      }));
  const auto tail = tails_.find(group.group);
  for (const std::shared_ptr<StreamEvent>& event : events) {
    const storage::MessageKey key = key_of(event->item.sequence());
    ASSIGN_OR_RETURN(SharedMessage message,
                     view.FindShared(storage::kMessages, key));
    if (message) {
      const auto found = replies.find(key.sequence);
      Fill(key, std::move(message), found == replies.end() ? 0 : found->second,
           *event);
    }
    event->loaded = true;
    if (tail != tails_.end()) {
      tail->second.loaded.push_back(event);
    }
  }
  return absl::OkStatus();
}

void EventTails::Fill(const storage::MessageKey& key, SharedMessage message,
                      uint32_t replies, StreamEvent& event) {
  auto posting = std::make_shared<Posting>();
  posting->encoded = encode_(key, message, replies, event.at_micros);
  posting->message = std::move(message);
  bytes_ += 2 * posting->encoded.size();
  event.posting = std::move(posting);
}

}  // namespace renkei::domain
