#include "server/domain/sight.h"

#include <algorithm>
#include <utility>

#include "server/domain/refusal.h"
#include "server/domain/standing.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {

using storage::v1::MessageRecord;

absl::string_view Sight::profession() const {
  const storage::v1::Affiliation* affiliation =
      FindAffiliation(*record, membership->affiliation());
  return affiliation == nullptr ? absl::string_view()
                                : affiliation->profession();
}

uint64_t Sight::first_visible() const {
  return std::max<uint64_t>(membership->visible_from(), 1);
}

bool Sight::Sees(uint64_t sequence, const MessageRecord& message) const {
  return sequence >= first_visible() && InLane(*membership, message.lane());
}

bool Sight::Wrote(const MessageRecord& message) const {
  return message.author() == person.bytes();
}

bool Sight::IsAsked(const MessageRecord& message) const {
  return std::any_of(message.mentions().begin(), message.mentions().end(),
                     [this](const storage::v1::Mention& mention) {
                       return mention.person().empty()
                                  ? mention.profession() == profession()
                                  : mention.person() == person.bytes();
                     });
}

absl::StatusOr<Sight> SightOf(const ReadCall& call, const GroupId& group,
                              const PersonId& person) {
  const NetworkId& network = CallerOf(call).network;
  ASSIGN_OR_RETURN(auto record,
                   call.view.FindShared(storage::kPeople, {network, person}));
  ASSIGN_OR_RETURN(
      auto membership,
      call.view.FindShared(storage::kMemberships, {network, group, person}));
  if (!record || !membership) {
    return absl::NotFoundError("a member of the group");
  }
  return Sight{network, group, person, std::move(record),
               std::move(membership)};
}

absl::StatusOr<Sight> SightOf(const ReadCall& call, const GroupId& group) {
  return SightOf(call, group, CallerOf(call).person);
}

absl::StatusOr<SharedMessage> FindVisible(const ReadCall& call,
                                          const Sight& sight,
                                          uint64_t sequence) {
  ASSIGN_OR_RETURN(auto message, call.view.FindShared(
                                     storage::kMessages,
                                     {sight.network, sight.group, sequence}));
  if (!message || !sight.Sees(sequence, *message)) {
    return RefuseUnknown();
  }
  return message;
}

absl::StatusOr<VisibleThread> FindVisibleThread(const ReadCall& call,
                                                const Sight& sight,
                                                uint64_t root) {
  const storage::MessageKey key{sight.network, sight.group, root};
  ASSIGN_OR_RETURN(auto message, call.view.FindShared(storage::kMessages, key));
  if (!message || message->thread() != root ||
      !InLane(*sight.membership, message->lane())) {
    return RefuseUnknown();
  }
  ASSIGN_OR_RETURN(auto replies, call.view.Find(storage::kThreads, key));
  VisibleThread thread{std::move(message), {}};
  if (replies) {
    thread.replies = *std::move(replies);
  }
  const uint64_t latest = std::max(root, thread.replies.last_sequence());
  if (latest < sight.first_visible()) {
    return RefuseUnknown();
  }
  return thread;
}

}  // namespace renkei::domain
