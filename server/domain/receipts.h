// Receipts: what is known of one person and one message. Facts with their
// times; none is ever taken back.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/domain/call.h"

namespace renkei::domain {

struct MessageRevision {
  uint64_t sequence = 0;
  uint32_t revision = 1;
};

// Times in microseconds, 0: not yet. Of the latest revision of which something
// is known.
struct ReceiptFacts {
  uint32_t revision = 1;
  int64_t disclosed_at_micros = 0;
  int64_t delivered_at_micros = 0;
  int64_t displayed_at_micros = 0;
  int64_t acknowledged_at_micros = 0;

  bool Any() const {
    return (disclosed_at_micros | delivered_at_micros | displayed_at_micros |
            acknowledged_at_micros) != 0;
  }
};

enum class Fact : uint8_t { kDisclosed, kDelivered, kDisplayed, kAcknowledged };

// One person's facts in one group, read block by block. Not thread-safe; must
// not outlive `view`.
class ReceiptReader {
 public:
  ReceiptReader(const storage::Snapshot& view, const NetworkId& network,
                const GroupId& group, const PersonId& person)
      : view_(view), key_{network, group, person, 0} {}

  absl::StatusOr<ReceiptFacts> Find(uint64_t sequence);

 private:
  const storage::Snapshot& view_;
  storage::ReceiptBlockKey key_;
  // That of key_, once there was one to look for.
  std::optional<storage::RecordRef<storage::v1::ReceiptBlockRecord>> block_;
};

// Those that were not disclosed to `person` before, in that revision or a later
// one. `messages` may be in any order.
absl::StatusOr<std::vector<MessageRevision>> Undisclosed(
    const ReadCall& call, const GroupId& group, const PersonId& person,
    absl::Span<const MessageRevision> messages);

// Notes that something became true now of `person` and each of `messages`,
// where it was not true before; answers for which that is so, in ascending
// order. REQUIRES: `person` wrote none of them.
absl::StatusOr<std::vector<MessageRevision>> RecordFact(
    WriteCall& call, const GroupId& group, const PersonId& person, Fact fact,
    std::vector<MessageRevision> messages);

// The server sends the text now: belongs into the commit of the audit event.
absl::Status RecordDisclosed(WriteCall& call, const GroupId& group,
                             const PersonId& person,
                             absl::Span<const MessageRevision> messages);
// A device of `person` confirmed that it has them.
absl::Status RecordDelivered(WriteCall& call, const GroupId& group,
                             const PersonId& person,
                             absl::Span<const MessageRevision> messages);

}  // namespace renkei::domain
