// Events for open and resuming streams, and the hash chain of a group's
// entries.
#pragma once

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/domain/call.h"

namespace renkei::domain {

// Adds an event to a stream under this operation's commit number, which the
// first event of the operation takes from the network's dense count; wakes the
// stream once the commit is durable.
absl::Status AppendEvent(WriteCall& call, const storage::StreamId& stream,
                         const storage::v1::EventItem& item);
// The same for several, in their order; what is true of several messages is
// kept once. REQUIRES: items is not empty.
absl::Status AppendEvents(WriteCall& call, const storage::StreamId& stream,
                          absl::Span<const storage::v1::EventItem> items);

// The same of what the operation's own record tells of itself, by
// `call.commit`, which this sets: no row is written.
absl::Status JoinStream(WriteCall& call, const storage::StreamId& stream);

// Visits the items of a row as they were appended.
void VisitItems(const storage::v1::EventsRecord& events,
                absl::FunctionRef<void(const storage::v1::EventItem&)> visit);

// Extends the group's hash chain by `entry` (the record that changed,
// serialized) and notes it, as below. Every change of a group's rights or state
// calls this once with each record it wrote; a message extends the chain by
// itself (storage/group_head.h).
absl::Status ChainGroup(WriteCall& call, const GroupId& group,
                        absl::string_view entry);

// The operation moves the group's head: both hashes go into the audit event, of
// several moves the first one before and the last one after.
void NoteChain(WriteCall& call, const storage::v1::GroupHeadRecord& before,
               const storage::v1::GroupHeadRecord& after);

}  // namespace renkei::domain
