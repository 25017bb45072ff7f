// Reading messages: one, a lane's timeline, or a thread. What is shown is noted
// for the audit event and, the first time, as disclosed to the reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "server/domain/call.h"
#include "server/domain/message_walk.h"

namespace renkei::domain {

struct ShownMessage {
  uint64_t sequence = 0;
  SharedMessage record;
  uint32_t reply_count = 0;  // of a root; 0 on replies
};

struct TimelineQuery {
  NetworkId network;
  GroupId group;
  storage::v1::Lane lane = storage::v1::LANE_PROFESSIONAL;
  std::optional<uint64_t> thread;  // only this thread, by its root
  bool oldest_first = false;
  std::optional<uint64_t> start;  // included; nullopt: the newest or oldest
  size_t limit = 0;               // at least 1
};

struct TimelinePage {
  std::vector<ShownMessage> messages;
  std::optional<uint64_t> next;  // where the next page starts; nullopt: the end
};

// Members of the lane. What was posted before the reader's history begins is
// left out. The one NOT_FOUND for a thread of which nothing is in sight.
absl::StatusOr<TimelinePage> ListMessages(ReadCall& call,
                                          const TimelineQuery& query);

// Members of the message's lane.
absl::StatusOr<ShownMessage> GetMessage(ReadCall& call,
                                        const storage::MessageKey& key);

}  // namespace renkei::domain
