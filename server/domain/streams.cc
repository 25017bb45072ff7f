#include "server/domain/streams.h"

#include <utility>

#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::v1::EventItem;

NetworkId NetworkOf(const WriteCall& call) {
  return call.caller ? call.caller->network : call.note.network;
}

absl::Status TakeCommitNumber(WriteCall& call, const NetworkId& network) {
  ASSIGN_OR_RETURN(auto found, call.tx.Find(storage::kNetworkHeads, {network}));
  storage::v1::NetworkHeadRecord head =
      found ? *std::move(found) : storage::v1::NetworkHeadRecord();
  call.commit = head.last_commit() + 1;
  head.set_last_commit(call.commit);
  return call.tx.Put(storage::kNetworkHeads, {network}, std::move(head));
}

// Of whatever message.
bool SaysTheSame(const EventItem& a, const EventItem& b) {
  return a.kind() == b.kind() && a.group() == b.group() &&
         a.person() == b.person() && a.lane() == b.lane() &&
         a.invitation() == b.invitation() && a.notice() == b.notice() &&
         a.session() == b.session();
}

// Adds items to a row.
class RowBuilder {
 public:
  explicit RowBuilder(storage::v1::EventsRecord& events) : events_(events) {}

  void Add(const EventItem& item) {
    if (last_ != nullptr && item.sequence() > sequence_ && sequence_ != 0 &&
        SaysTheSame(*last_, item)) {
      last_->add_further(item.sequence() - sequence_);
    } else {
      last_ = events_.add_items();
      *last_ = item;
    }
    sequence_ = item.sequence();
  }

 private:
  storage::v1::EventsRecord& events_;
  EventItem* last_ = nullptr;
  uint64_t sequence_ = 0;  // the last one of last_
};

}  // namespace

absl::Status AppendEvent(WriteCall& call, const storage::StreamId& stream,
                         const storage::v1::EventItem& item) {
  return AppendEvents(call, stream, absl::MakeConstSpan(&item, 1));
}

absl::Status JoinStream(WriteCall& call, const storage::StreamId& stream) {
  const NetworkId network = NetworkOf(call);
  if (call.commit == 0) {
    RETURN_IF_ERROR(TakeCommitNumber(call, network));
  }
  call.wakes.push_back({network, stream, call.commit});
  return absl::OkStatus();
}

absl::Status AppendEvents(WriteCall& call, const storage::StreamId& stream,
                          absl::Span<const storage::v1::EventItem> items) {
  const NetworkId network = NetworkOf(call);
  storage::v1::EventsRecord events;
  if (call.commit == 0) {
    RETURN_IF_ERROR(TakeCommitNumber(call, network));
  } else {
    ASSIGN_OR_RETURN(auto found, call.tx.Find(storage::kEvents,
                                              {network, stream, call.commit}));
    if (found) {
      events = *std::move(found);
    }
  }
  if (events.items().empty()) {
    call.wakes.push_back({network, stream, call.commit});
  }
  events.set_at_micros(absl::ToUnixMicros(call.now));
  RowBuilder row(events);
  for (const EventItem& item : items) {
    row.Add(item);
  }
  return call.tx.Put(storage::kEvents, {network, stream, call.commit},
                     std::move(events));
}

void VisitItems(const storage::v1::EventsRecord& events,
                absl::FunctionRef<void(const EventItem&)> visit) {
  for (const EventItem& item : events.items()) {
    if (item.further().empty()) {
      visit(item);
      continue;
    }
    EventItem each = item;
    each.clear_further();
    visit(each);
    for (const uint64_t distance : item.further()) {
      each.set_sequence(each.sequence() + distance);
      visit(each);
    }
  }
}

void NoteChain(WriteCall& call, const storage::v1::GroupHeadRecord& before,
               const storage::v1::GroupHeadRecord& after) {
  if (call.note.group_head_hash.empty()) {
    call.note.previous_group_head_hash = before.head_hash();
  }
  call.note.group_head_hash = after.head_hash();
}

absl::Status ChainGroup(WriteCall& call, const GroupId& group,
                        absl::string_view entry) {
  const storage::GroupKey key{CallerOf(call).network, group};
  ASSIGN_OR_RETURN(auto found, call.tx.Find(storage::kGroupHeads, key));
  const storage::v1::GroupHeadRecord before =
      found ? *std::move(found) : storage::v1::GroupHeadRecord();
  storage::v1::GroupHeadRecord after = before;
  after.set_head_hash(storage::ChainHash(before.head_hash(), entry));
  NoteChain(call, before, after);
  return call.tx.Put(storage::kGroupHeads, key, std::move(after));
}

}  // namespace renkei::domain
