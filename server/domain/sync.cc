#include "server/domain/sync.h"

#include <algorithm>
#include <map>
#include <utility>

#include "server/domain/audit.h"
#include "server/domain/authorize.h"
#include "server/domain/receipts.h"
#include "server/domain/session_notices.h"
#include "server/domain/stream_sights.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::v1::EventItem;

// What one read hands out at most, so that a stream's memory is bounded.
constexpr size_t kWindowItemsMax = 256;
constexpr size_t kWindowBytesMax = 256 * 1024;

// What a member is told twice, as a member and as the person concerned.
bool SameNews(const Delivery& a, const Delivery& b) {
  return a.commit == b.commit && a.group == b.group &&
         a.item.kind() == b.item.kind() && a.item.person() == b.item.person() &&
         a.item.invitation() == b.item.invitation() &&
         a.item.sequence() == b.item.sequence();
}

// Reads the streams and brings their events into one order.
class Window {
 public:
  Window(ReadCall& call, const SyncQuery& query, uint64_t head)
      : call_(call), query_(query), bound_(head) {}

  absl::Status ReadStream(const storage::StreamId& stream,
                          const GroupId& group) {
    size_t rows = 0;
    const storage::KeyRange range = storage::KeysBetween(
        storage::kEvents,
        storage::EventsKey{query_.network, stream, query_.after + 1},
        storage::EventsKey{query_.network, stream, bound_ + 1});
    return call_.view.Scan(storage::kEvents, range,
                           storage::Direction::kForward,
                           [&](const storage::EventsKey& key,
                               const storage::v1::EventsRecord& events) {
                             if (++rows > kWindowItemsMax) {
                               bound_ = std::min(bound_, key.commit - 1);
                               return false;
                             }
                             Add(key.commit, group, events);
                             return true;
                           });
  }

  // The items up to the bound, in order.
  std::vector<Delivery> Take() {
    std::stable_sort(items_.begin(), items_.end(),
                     [](const Delivery& a, const Delivery& b) {
                       return a.commit < b.commit;
                     });
    while (!items_.empty() && items_.back().commit > bound_) {
      items_.pop_back();
    }
    return std::move(items_);
  }

  uint64_t bound() const { return bound_; }

 private:
  void Add(uint64_t commit, const GroupId& group,
           const storage::v1::EventsRecord& events) {
    for (const EventItem& item : events.items()) {
      Delivery delivery;
      delivery.commit = commit;
      delivery.at_micros = events.at_micros();
      delivery.group =
          group.IsZero() ? GroupId::FromBytes(item.group()).value_or(GroupId())
                         : group;
      delivery.item = item;
      items_.push_back(std::move(delivery));
    }
  }

  ReadCall& call_;
  const SyncQuery& query_;
  uint64_t bound_;
  std::vector<Delivery> items_;
};

// What goes into the audit event of one group's window.
struct Disclosed {
  std::vector<MessageRevision> messages;  // all that are handed out
  std::vector<MessageRevision>
      from_others;  // those that the reader did not write
  AuditNote note;
};

// About the person, who need not be a member to know it: a session notice, an
// invitation, the own membership.
bool IsPersonal(const Delivery& delivery) {
  switch (delivery.item.kind()) {
    case storage::v1::EVENT_KIND_INVITATION_CHANGED:
    case storage::v1::EVENT_KIND_MEMBER_JOINED:
    case storage::v1::EVENT_KIND_MEMBER_LEFT:
    case storage::v1::EVENT_KIND_MEMBER_REMOVED:
      return !delivery.item.group().empty();  // of the person's own stream
    case storage::v1::EVENT_KIND_SESSION_NOTICE:
      return true;
    default:
      return false;
  }
}

// Fills in what the item is about; false when the rights of today hide it.
absl::StatusOr<bool> Complete(ReadCall& call, StreamSights& sights,
                              Delivery& delivery,
                              std::map<GroupId, Disclosed>& disclosed) {
  if (IsPersonal(delivery)) {
    return !IsOwnSignIn(CallerOf(call), delivery.item);
  }
  ASSIGN_OR_RETURN(const Sight* sight, sights.Of(delivery.group));
  if (sight == nullptr) {
    return false;
  }
  if (!BringsText(delivery.item)) {
    return true;
  }
  const Caller& caller = CallerOf(call);
  const uint64_t sequence = delivery.item.sequence();
  ASSIGN_OR_RETURN(auto message,
                   call.view.Find(storage::kMessages,
                                  {caller.network, delivery.group, sequence}));
  if (!message || message->state() != storage::v1::MESSAGE_STATE_ACTIVE ||
      !sight->Sees(sequence, *message)) {
    return false;
  }
  Disclosed& window = disclosed[delivery.group];
  if (window.messages.empty()) {
    window.note = sights.NoteOf(delivery.group);
  }
  window.messages.push_back({sequence, message->revision()});
  if (!sight->Wrote(*message)) {
    window.from_others.push_back({sequence, message->revision()});
  }
  delivery.message = *std::move(message);
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

bool ChangesGroups(const Delivery& delivery) {
  switch (delivery.item.kind()) {
    case storage::v1::EVENT_KIND_MEMBER_JOINED:
    case storage::v1::EVENT_KIND_MEMBER_LEFT:
    case storage::v1::EVENT_KIND_MEMBER_REMOVED:
    case storage::v1::EVENT_KIND_INVITATION_CHANGED:
    case storage::v1::EVENT_KIND_GROUP_CHANGED:
      return !delivery.item.group().empty();
    default:
      return false;
  }
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
                                          const SyncQuery& query) {
  Target target;
  target.network = query.network;
  RETURN_IF_ERROR(Authorize(call, Action::kSync, target));
  ASSIGN_OR_RETURN(const uint64_t head, LastCommit(call));
  Window window(call, query, head);
  RETURN_IF_ERROR(
      window.ReadStream(storage::StreamOf(CallerOf(call).person), GroupId()));
  for (const GroupId& group : query.groups) {
    RETURN_IF_ERROR(window.ReadStream(storage::StreamOf(group), group));
  }

  Deliveries deliveries;
  StreamSights sights(call);
  std::map<GroupId, Disclosed> disclosed;
  size_t bytes = 0;
  deliveries.through = std::max(query.after, window.bound());
  for (Delivery& delivery : window.Take()) {
    const bool full =
        deliveries.items.size() >= kWindowItemsMax || bytes >= kWindowBytesMax;
    // A commit is never split: the place after it covers all of it.
    if (full && !deliveries.items.empty() &&
        deliveries.items.back().commit != delivery.commit) {
      deliveries.through = delivery.commit - 1;
      break;
    }
    deliveries.groups_changed =
        deliveries.groups_changed || ChangesGroups(delivery);
    ASSIGN_OR_RETURN(const bool visible,
                     Complete(call, sights, delivery, disclosed));
    bool told = false;
    for (auto earlier = deliveries.items.rbegin();
         earlier != deliveries.items.rend() &&
         earlier->commit == delivery.commit;
         ++earlier) {
      told = told || SameNews(*earlier, delivery);
    }
    if (visible && !told) {
      bytes += delivery.message ? delivery.message->body().size() : 0;
      deliveries.items.push_back(std::move(delivery));
    }
  }
  deliveries.more = deliveries.through < head;
  NoteWindows(call, std::move(disclosed));
  return deliveries;
}

}  // namespace renkei::domain
