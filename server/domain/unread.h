// What is unread in all groups of a person.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "server/domain/call.h"
#include "server/domain/message_facts.h"

namespace renkei::domain {

// Of a group at most so many messages are looked at, the newest.
inline constexpr uint64_t kUnreadLookedAtMax = 1'000;

struct UnreadCount {
  GroupId group;
  uint32_t unread = 0;
  uint32_t urgent = 0;  // of the unread ones
  uint32_t asked = 0;   // acknowledgements missing, displayed or not
  bool more = false;    // stopped at kUnreadLookedAtMax
};

// Groups of the caller in which something is unread or asked. Shows no text.
absl::StatusOr<std::vector<UnreadCount>> ListUnread(ReadCall& call,
                                                    const NetworkId& network,
                                                    MessageFacts& messages);

}  // namespace renkei::domain
