#include "server/domain/sync.h"

#include <algorithm>
#include <map>
#include <utility>

#include "server/domain/audit.h"
#include "server/domain/authorize.h"
#include "server/domain/receipts.h"
#include "server/domain/session_notices.h"
#include "server/domain/stream_sights.h"
#include "server/domain/streams.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::v1::EventItem;

// What one read hands out at most, so that a stream's memory is bounded.
constexpr size_t kWindowItemsMax = 256;
constexpr size_t kWindowBytesMax = 256 * 1024;
constexpr size_t kLoadedAtOnce = 64;

// What a member is told twice, as a member and as the person concerned.
bool SameNews(const Delivery& a, const Delivery& b) {
  const EventItem& one = a.event->item;
  const EventItem& other = b.event->item;
  return a.event->commit == b.event->commit && a.group == b.group &&
         one.kind() == other.kind() && one.person() == other.person() &&
         one.invitation() == other.invitation() &&
         one.sequence() == other.sequence();
}

bool ChangesGroups(const EventItem& item) {
  switch (item.kind()) {
    case storage::v1::EVENT_KIND_MEMBER_JOINED:
    case storage::v1::EVENT_KIND_MEMBER_LEFT:
    case storage::v1::EVENT_KIND_MEMBER_REMOVED:
    case storage::v1::EVENT_KIND_INVITATION_CHANGED:
    case storage::v1::EVENT_KIND_GROUP_CHANGED:
      return !item.group().empty();  // of the person's own stream
    default:
      return false;
  }
}

// Reads the streams and brings their events into one order.
class Window {
 public:
  Window(ReadCall& call, const SyncQuery& query, EventTails& tails,
         uint64_t head)
      : call_(call),
        query_(query),
        tails_(tails),
        head_(head),
        bound_(std::min(query.bound, head)) {}

  // Ends before the first commit that changes the person's groups unknown to
  // the query, and says so.
  absl::StatusOr<bool> ReadOwn() {
    size_t rows = 0;
    bool groups_changed = false;
    const storage::StreamId own = storage::StreamOf(CallerOf(call_).person);
    RETURN_IF_ERROR(call_.view.Scan(
        storage::kEvents,
        storage::KeysBetween(
            storage::kEvents,
            storage::EventsKey{query_.network, own, query_.after + 1},
            storage::EventsKey{query_.network, own, bound_ + 1}),
        storage::Direction::kForward,
        [&](const storage::EventsKey& key,
            const storage::v1::EventsRecord& events) {
          groups_changed = key.commit > query_.groups_as_of &&
                           std::any_of(events.items().begin(),
                                       events.items().end(), ChangesGroups);
          if (groups_changed || ++rows > kWindowItemsMax) {
            bound_ = key.commit - 1;
            return false;
          }
          AddOwn(key.commit, events);
          return true;
        }));
    return groups_changed;
  }

  absl::Status ReadGroup(const GroupId& group) {
    ASSIGN_OR_RETURN(
        EventTails::Part part,
        tails_.Read(call_.view,
                    {{query_.network, group}, query_.after, head_}));
    bound_ = std::min(bound_, part.through);
    for (std::shared_ptr<StreamEvent>& event : part.events) {
      items_.push_back({group, std::move(event)});
    }
    return absl::OkStatus();
  }

  struct Item {
    GroupId group;
    std::shared_ptr<StreamEvent> event;
  };

  // The items up to the bound, in order.
  std::vector<Item> Take() {
    std::stable_sort(items_.begin(), items_.end(),
                     [](const Item& a, const Item& b) {
                       return a.event->commit < b.event->commit;
                     });
    while (!items_.empty() && items_.back().event->commit > bound_) {
      items_.pop_back();
    }
    return std::move(items_);
  }

  uint64_t bound() const { return bound_; }

 private:
  void AddOwn(uint64_t commit, const storage::v1::EventsRecord& events) {
    VisitItems(events, [&](const EventItem& item) {
      items_.push_back(
          {GroupId::FromBytes(item.group()).value_or(GroupId()),
           std::make_shared<StreamEvent>(
               StreamEvent{commit, events.at_micros(), item, nullptr, false})});
    });
  }

  ReadCall& call_;
  const SyncQuery& query_;
  EventTails& tails_;
  const uint64_t head_;
  uint64_t bound_;
  std::vector<Item> items_;
};

// Loads what `items` begin with that is about messages of one group, if the
// first is not loaded yet.
absl::Status Load(const ReadCall& call, EventTails& tails,
                  absl::Span<const Window::Item> items) {
  if (items.front().event->loaded) {
    return absl::OkStatus();
  }
  std::vector<std::shared_ptr<StreamEvent>> events;
  for (const Window::Item& item : items) {
    const bool joins = item.group == items.front().group &&
                       BringsText(item.event->item) && !item.event->loaded;
    const uint64_t sequence = item.event->item.sequence();
    if (joins && events.size() < kLoadedAtOnce &&
        (events.empty() || sequence == events.back()->item.sequence() + 1)) {
      events.push_back(item.event);
    }
  }
  return tails.Load(call.view, {CallerOf(call).network, items.front().group},
                    events);
}

// What goes into the audit event of one group's window.
struct Disclosed {
  std::vector<MessageRevision> messages;  // all that are handed out
  std::vector<MessageRevision>
      from_others;  // those that the reader did not write
  AuditNote note;
};

// About the person, who need not be a member to know it: a session notice, an
// invitation, the own membership.
bool IsPersonal(const EventItem& item) {
  switch (item.kind()) {
    case storage::v1::EVENT_KIND_INVITATION_CHANGED:
    case storage::v1::EVENT_KIND_MEMBER_JOINED:
    case storage::v1::EVENT_KIND_MEMBER_LEFT:
    case storage::v1::EVENT_KIND_MEMBER_REMOVED:
      return !item.group().empty();  // of the person's own stream
    case storage::v1::EVENT_KIND_SESSION_NOTICE:
      return true;
    default:
      return false;
  }
}

// Does the reader get the item? `posting` must be loaded if it brings a text,
// and is noted as disclosed.
absl::StatusOr<bool> Shows(ReadCall& call, StreamSights& sights,
                           const Window::Item& item,
                           std::map<GroupId, Disclosed>& disclosed) {
  if (IsPersonal(item.event->item)) {
    return !IsOwnSignIn(CallerOf(call), item.event->item);
  }
  ASSIGN_OR_RETURN(const Sight* sight, sights.Of(item.group));
  if (sight == nullptr) {
    return false;
  }
  if (!BringsText(item.event->item)) {
    return true;
  }
  const Posting* posting = item.event->posting.get();
  const uint64_t sequence = item.event->item.sequence();
  if (posting == nullptr ||
      posting->message->state() != storage::v1::MESSAGE_STATE_ACTIVE ||
      !sight->Sees(sequence, *posting->message)) {
    return false;
  }
  Disclosed& window = disclosed[item.group];
  if (window.messages.empty()) {
    window.note = sights.NoteOf(item.group);
  }
  window.messages.push_back({sequence, posting->message->revision()});
  if (!sight->Wrote(*posting->message)) {
    window.from_others.push_back({sequence, posting->message->revision()});
  }
  return true;
}

void FillRange(const std::vector<MessageRevision>& messages, AuditNote& note) {
  const auto [first, last] = std::minmax_element(
      messages.begin(), messages.end(),
      [](const MessageRevision& a, const MessageRevision& b) {
        return a.sequence < b.sequence;
      });
  note.first_message = first->sequence;
  note.last_message = last->sequence;
  note.messages = static_cast<uint32_t>(messages.size());
}

// The first group's window is the event of the call itself; the others' stand
// beside it in the same commit.
void NoteWindows(ReadCall& call, std::map<GroupId, Disclosed> disclosed) {
  if (disclosed.empty()) {
    call.note.type = static_cast<uint32_t>(AuditType::kNone);
    return;
  }
  for (auto& [group, window] : disclosed) {
    FillRange(window.messages, window.note);
    window.note.type = static_cast<uint32_t>(AuditType::kStreamDelivered);
  }
  call.note = disclosed.begin()->second.note;
  call.with_audit =
      [disclosed = std::move(disclosed)](WriteCall& write) -> absl::Status {
    const AuditNote own = write.note;
    for (const auto& [group, window] : disclosed) {
      RETURN_IF_ERROR(RecordDisclosed(write, group, CallerOf(write).person,
                                      window.from_others));
      if (group != own.group) {
        write.note = window.note;
        RETURN_IF_ERROR(AppendAuditAs(write, AuditType::kStreamDelivered,
                                      absl::OkStatus()));
      }
    }
    write.note = own;
    return absl::OkStatus();
  };
}

bool IsTold(const std::vector<Delivery>& items, const Delivery& delivery) {
  for (auto earlier = items.rbegin();
       earlier != items.rend() &&
       earlier->event->commit == delivery.event->commit;
       ++earlier) {
    if (SameNews(*earlier, delivery)) {
      return true;
    }
  }
  return false;
}

// As many as a window takes.
absl::Status FillItems(ReadCall& call, EventTails& tails,
                       const std::vector<Window::Item>& items,
                       Deliveries& deliveries) {
  StreamSights sights(call);
  std::map<GroupId, Disclosed> disclosed;
  size_t bytes = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    const Window::Item& item = items[i];
    const bool full =
        deliveries.items.size() >= kWindowItemsMax || bytes >= kWindowBytesMax;
    // A commit is never split: the place after it covers all of it.
    if (full && items[i - 1].event->commit != item.event->commit) {
      deliveries.through = item.event->commit - 1;
      break;
    }
    if (BringsText(item.event->item)) {
      // For who sees nothing of the group no text of it is loaded.
      ASSIGN_OR_RETURN(const Sight* sight, sights.Of(item.group));
      RETURN_IF_ERROR(
          sight == nullptr
              ? absl::OkStatus()
              : Load(call, tails, absl::MakeConstSpan(items).subspan(i)));
    }
    ASSIGN_OR_RETURN(const bool shown, Shows(call, sights, item, disclosed));
    const Delivery delivery{item.group, item.event, item.event->posting};
    if (shown && !IsTold(deliveries.items, delivery)) {
      bytes += delivery.posting ? delivery.posting->encoded.size() : 0;
      deliveries.items.push_back(delivery);
    }
  }
  NoteWindows(call, std::move(disclosed));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<GroupId>> GroupsOfCaller(const ReadCall& call) {
  std::vector<GroupId> groups;
  const Caller& caller = CallerOf(call);
  RETURN_IF_ERROR(call.view.Scan(
      storage::kPersonGroups,
      storage::KeysUnder(storage::kPersonGroups, caller.network, caller.person),
      storage::Direction::kForward,
      [&](const storage::PersonGroupKey& key,
          const storage::v1::PersonGroupRecord&) {
        groups.push_back(key.group);
        return true;
      }));
  return groups;
}

absl::StatusOr<uint64_t> LastCommit(const ReadCall& call) {
  ASSIGN_OR_RETURN(const auto head, call.view.Find(storage::kNetworkHeads,
                                                   {CallerOf(call).network}));
  return head ? head->last_commit() : 0;
}

absl::StatusOr<Deliveries> ReadDeliveries(ReadCall& call,
                                          const SyncQuery& query,
                                          EventTails& tails) {
  Target target;
  target.network = query.network;
  RETURN_IF_ERROR(Authorize(call, Action::kSync, target));
  ASSIGN_OR_RETURN(const uint64_t head, LastCommit(call));
  Deliveries deliveries;
  Window window(call, query, tails, head);
  if (query.own) {
    ASSIGN_OR_RETURN(const bool groups_changed, window.ReadOwn());
    if (groups_changed) {
      ASSIGN_OR_RETURN(deliveries.groups, GroupsOfCaller(call));
      deliveries.groups_as_of = head;
    }
  }
  for (const GroupId& group : query.groups) {
    RETURN_IF_ERROR(window.ReadGroup(group));
  }
  deliveries.through = std::max(query.after, window.bound());
  RETURN_IF_ERROR(FillItems(call, tails, window.Take(), deliveries));
  deliveries.more = deliveries.through < std::min(query.bound, head);
  return deliveries;
}

}  // namespace renkei::domain
