// Which events of an audit log are about whom: for each whole block of events
// one row a subject, with their numbers. Made behind the commits and from the
// log alone: what is in no block yet is looked through event by event.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/schema.h"
#include "storage/store.h"

namespace renkei::domain {

// On disk: never change.
inline constexpr uint64_t kIndexBlockEvents = 4096;

struct IndexSubject {
  storage::AuditIndexKind kind;
  storage::SubjectId subject;

  friend auto operator<=>(const IndexSubject&, const IndexSubject&) = default;
};

// The subject under which all events of a type stand.
IndexSubject TypeSubject(uint32_t type);

// The numbers [from, until) of events, in order or backward.
struct EventRange {
  uint64_t from = 0;
  uint64_t until = 0;
  bool oldest_first = false;
};

// Calls `visit` with the numbers within `range` of the events about `subject`
// (nullopt: of all events), and of all that are in no block yet, in the order
// of the range, until it returns false.
absl::Status VisitEventsAbout(const storage::Snapshot& view,
                              const NetworkId& network,
                              const std::optional<IndexSubject>& subject,
                              const EventRange& range,
                              absl::FunctionRef<bool(uint64_t index)> visit);

// The rows of one block, not written yet: offsets in the block by subject.
using IndexBlock =
    std::vector<std::pair<IndexSubject, storage::v1::AuditPostingsRecord>>;

// The network's next block, nullopt when the log does not fill it yet.
struct NextIndexBlock {
  uint64_t number = 0;
  IndexBlock rows;
};
absl::StatusOr<std::optional<NextIndexBlock>> ReadNextIndexBlock(
    const storage::Snapshot& view, const NetworkId& network);

// Rows of a block may be written in several transactions: they count from the
// one on that closes it. Aborted when it is not the network's next.
absl::Status PutIndexRow(storage::Transaction& tx, const NetworkId& network,
                         uint64_t block, const IndexBlock::value_type& row);
absl::Status CloseIndexBlock(storage::Transaction& tx, const NetworkId& network,
                             uint64_t block);

}  // namespace renkei::domain
