#include "server/domain/event_tails.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

// What one read takes from the store at most.
constexpr size_t kRowsMax = 256;
// With its allocations and its place.
constexpr size_t kEventBytes = 256;

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
  const NetworkId& network = place.group.network;
  const storage::StreamId stream = storage::StreamOf(place.group.group);
  const size_t before = tail.events.size();
  size_t rows = 0;
  uint64_t to = place.head;
  RETURN_IF_ERROR(view.Scan(
      storage::kEvents,
      storage::KeysBetween(storage::kEvents,
                           storage::EventsKey{network, stream, tail.to + 1},
                           storage::EventsKey{network, stream, place.head + 1}),
      storage::Direction::kForward,
      [&](const storage::EventsKey& key,
          const storage::v1::EventsRecord& events) {
        if (++rows > kRowsMax) {
          to = key.commit - 1;
          return false;
        }
        for (const storage::v1::EventItem& item : events.items()) {
          tail.events.push_back(std::make_shared<StreamEvent>(StreamEvent{
              key.commit, events.at_micros(), item, nullptr, false}));
        }
        return true;
      }));
  tail.to = to;
  if (tail.events.size() == before) {
    return absl::OkStatus();
  }
  bytes_ += kEventBytes * (tail.events.size() - before);
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
  const storage::MessageKey first = key_of(events.front()->item.sequence());
  const storage::MessageKey end = key_of(events.back()->item.sequence() + 1);
  std::map<uint64_t, uint32_t> replies;
  RETURN_IF_ERROR(view.Scan(storage::kThreads,
                            storage::KeysBetween(storage::kThreads, first, end),
                            storage::Direction::kForward,
                            [&](const storage::MessageKey& key,
                                const storage::v1::ThreadRecord& thread) {
                              replies[key.sequence] = thread.reply_count();
                              return true;
                            }));
  auto next = events.begin();
  RETURN_IF_ERROR(view.Scan(
      storage::kMessages, storage::KeysBetween(storage::kMessages, first, end),
      storage::Direction::kForward,
      [&](const storage::MessageKey& key,
          const storage::v1::MessageRecord& record) {
        while (next != events.end() &&
               (*next)->item.sequence() < key.sequence) {
          ++next;
        }
        for (; next != events.end() && (*next)->item.sequence() == key.sequence;
             ++next) {
          const auto found = replies.find(key.sequence);
          Fill(key, record, found == replies.end() ? 0 : found->second, **next);
        }
        return next != events.end();
      }));
  const auto tail = tails_.find(group.group);
  for (const std::shared_ptr<StreamEvent>& event : events) {
    event->loaded = true;
    if (tail != tails_.end()) {
      tail->second.loaded.push_back(event);
    }
  }
  return absl::OkStatus();
}

void EventTails::Fill(const storage::MessageKey& key,
                      const storage::v1::MessageRecord& record,
                      uint32_t replies, StreamEvent& event) {
  auto posting = std::make_shared<Posting>();
  posting->record = record;
  posting->encoded = encode_(key, record, replies, event.at_micros);
  bytes_ += 2 * posting->encoded.size();
  event.posting = std::move(posting);
}

}  // namespace renkei::domain
