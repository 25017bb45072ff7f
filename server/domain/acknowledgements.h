// What readers say of messages: that they were on the screen, and that they are
// understood (了解). Their authors are told.
#pragma once

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/receipt_list.h"

namespace renkei::domain {

inline constexpr size_t kMarkedMax = 200;

// Acknowledges `revision` of a message, which must be its latest; counts as
// displayed too. The first time counts, and the answer is the receipt either
// way. FAILED_PRECONDITION: REVISION_OUTDATED, or STATE_WRONG for the author.
absl::StatusOr<Receipt> AcknowledgeMessage(WriteCall& call,
                                           const storage::MessageKey& key,
                                           uint32_t revision);

// Notes that messages of one group were on the screen; the first time counts.
// The caller's own and outdated revisions are passed over. One unknown message
// refuses the whole call. REQUIRES: 1 to kMarkedMax.
absl::Status MarkDisplayed(WriteCall& call, const storage::GroupKey& group,
                           const std::vector<MessageRevision>& messages);

}  // namespace renkei::domain
