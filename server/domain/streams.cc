#include "server/domain/streams.h"

#include <utility>

#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"

namespace renkei::domain {
namespace {

absl::Status TakeCommitNumber(WriteCall& call, const NetworkId& network) {
  ASSIGN_OR_RETURN(auto found, call.tx.Find(storage::kNetworkHeads, {network}));
  storage::v1::NetworkHeadRecord head =
      found ? *std::move(found) : storage::v1::NetworkHeadRecord();
  call.commit = head.last_commit() + 1;
  head.set_last_commit(call.commit);
  return call.tx.Put(storage::kNetworkHeads, {network}, std::move(head));
}

}  // namespace

absl::Status AppendEvent(WriteCall& call, const storage::StreamId& stream,
                         const storage::v1::EventItem& item) {
  return AppendEvents(call, stream, absl::MakeConstSpan(&item, 1));
}

absl::Status AppendEvents(WriteCall& call, const storage::StreamId& stream,
                          absl::Span<const storage::v1::EventItem> items) {
  const NetworkId network =
      call.caller ? call.caller->network : call.note.network;
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
  for (const storage::v1::EventItem& item : items) {
    *events.add_items() = item;
  }
  return call.tx.Put(storage::kEvents, {network, stream, call.commit},
                     std::move(events));
}

absl::Status ChainGroup(WriteCall& call, storage::v1::GroupHeadRecord& head,
                        absl::string_view entry) {
  const Hash32 entry_hash = crypto::Sha256(entry);
  const Hash32 next = crypto::Sha256({head.head_hash(), entry_hash.bytes()});
  if (call.note.group_head_hash.empty()) {
    call.note.previous_group_head_hash = head.head_hash();
  }
  head.set_head_hash(std::string(next.bytes()));
  call.note.group_head_hash = head.head_hash();
  return absl::OkStatus();
}

absl::Status ChainGroup(WriteCall& call, const GroupId& group,
                        absl::string_view entry) {
  const storage::GroupKey key{CallerOf(call).network, group};
  ASSIGN_OR_RETURN(auto found, call.tx.Find(storage::kGroupHeads, key));
  storage::v1::GroupHeadRecord head =
      found ? *std::move(found) : storage::v1::GroupHeadRecord();
  RETURN_IF_ERROR(ChainGroup(call, head, entry));
  return call.tx.Put(storage::kGroupHeads, key, std::move(head));
}

}  // namespace renkei::domain
