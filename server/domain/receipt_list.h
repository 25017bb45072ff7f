// Receipts as they are shown: the facts, and whose they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "server/domain/receipts.h"

namespace renkei::domain {

struct Receipt {
  storage::MessageKey message;
  PersonId person;
  storage::v1::Signature signature;  // of today
  AffiliationId affiliation;
  bool acknowledgement_asked = false;
  ReceiptFacts facts;
};

// The receipt of one reader, who is or was a member; NotFound otherwise. For
// callers who may see the message.
absl::StatusOr<Receipt> ReceiptOf(const ReadCall& call,
                                  const storage::MessageKey& key,
                                  const storage::v1::MessageRecord& message,
                                  const PersonId& reader);

struct ReceiptPage {
  std::vector<Receipt> receipts;
  std::optional<PersonId> next;  // to go on after; nullopt: the end
};

// One for each member who may see the message but its author, and for former
// members of whom there are facts; those after person `after`, `limit` at most.
// Members of the message's lane.
absl::StatusOr<ReceiptPage> ListReceipts(ReadCall& call,
                                         const storage::MessageKey& key,
                                         const std::optional<PersonId>& after,
                                         size_t limit);

}  // namespace renkei::domain
