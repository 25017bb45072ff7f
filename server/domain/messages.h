// Posting a message: a new thread, or a reply.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/domain/call.h"
#include "server/domain/message_walk.h"

namespace renkei::domain {

inline constexpr size_t kBodyCodePointsMax = 20'000;
inline constexpr size_t kMentionsMax = 50;

// As renkei.v1.Priority numbers them.
inline constexpr uint32_t kPriorityNormal = 1;
inline constexpr uint32_t kPriorityUrgent = 2;

// The message that must be there first: none, one of the group, or the one that
// an earlier SendMessage of the caller posted.
using Predecessor = std::variant<std::monostate, uint64_t, RequestId>;

struct NewMessage {
  NetworkId network;
  GroupId group;
  std::optional<uint64_t>
      thread;  // the root to reply to; nullopt: a new thread
  storage::v1::Lane lane =
      storage::v1::LANE_UNSPECIFIED;  // unspecified on a
                                      // reply: the thread's
  uint32_t category = 0;              // numbers of renkei.v1.Category
  uint32_t priority = kPriorityNormal;
  std::string body;
  std::vector<storage::v1::Mention> mentions;
  std::optional<uint64_t> audience;  // whom the sender saw; nullopt: unchecked
  Predecessor after;
};

struct PostedMessage {
  storage::MessageKey key;
  SharedMessage record;
};

// What the request alone can tell: body, lane, number and professions of
// mentions.
// INVALID_ARGUMENT, FIELD_INVALID. Belongs before the queue.
absl::Status CheckForm(const NewMessage& message);

// Posts under the next number of the group, signed with what the author is
// today. Members of the lane, while the group is open with consent.
// REQUIRES: CheckForm(message).ok().
absl::StatusOr<PostedMessage> SendMessage(WriteCall& call,
                                          const NewMessage& message);

// What a retry of SendMessage needs to be answered the same: a reference, no
// text.
std::string KeepReference(const storage::MessageKey& posted);
// The message that `reference` stands for, as its author posted it; DataLoss if
// it is no reference. Notes it for the audit event. REQUIRES: the caller is the
// author.
absl::StatusOr<PostedMessage> RestorePosted(ReadCall& call,
                                            absl::string_view reference);

}  // namespace renkei::domain
