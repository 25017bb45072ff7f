// Up to where a member has read everything: what is below need not be looked at
// again to count what is unread.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "server/domain/receipts.h"
#include "server/domain/sight.h"

namespace renkei::domain {

// What one message still wants of a member.
enum class Attention : uint8_t {
  kNone,         // out of sight, own, acknowledged, or read and nothing asked
  kAsked,        // displayed, but the acknowledgement it asks for is missing
  kUnread,       // neither displayed nor acknowledged
  kUnreadAsked,  // and asks for an acknowledgement
};
Attention AttentionTo(const Sight& sight, uint64_t sequence,
                      const storage::v1::MessageRecord& message,
                      const ReceiptFacts& facts);

struct ReadFloor {
  uint64_t read_through = 0;    // nothing is unread up to here
  std::vector<uint64_t> asked;  // up to read_through: Attention::kAsked
};

// The floor kept for this membership; the one before its history if none is.
ReadFloor FloorOf(const Sight& sight,
                  const storage::v1::PersonGroupRecord& kept);

using KnownMessages = absl::btree_map<uint64_t, SharedMessage>;

// Raises the floor over what is read by now, as far as one call may walk.
// `known` spares looking up messages again. To be called after every new fact
// of kDisplayed or kAcknowledged.
absl::Status RaiseFloor(WriteCall& call, const Sight& sight,
                        const KnownMessages& known);

}  // namespace renkei::domain
