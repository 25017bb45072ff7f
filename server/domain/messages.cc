#include "server/domain/messages.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/domain/audience.h"
#include "server/domain/authorize.h"
#include "server/domain/kept_answers.h"
#include "server/domain/refusal.h"
#include "server/domain/sight.h"
#include "server/domain/signature.h"
#include "server/domain/standing.h"
#include "server/domain/streams.h"
#include "server/domain/text.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::v1::GroupHeadRecord;
using storage::v1::Lane;
using storage::v1::Mention;
using storage::v1::MessageRecord;

// The lane to post in. A reply stays in the lane of its thread.
absl::StatusOr<Lane> CheckLane(const NewMessage& message,
                               const std::optional<VisibleThread>& thread) {
  if (!thread) {
    return message.lane;
  }
  if (message.lane != storage::v1::LANE_UNSPECIFIED &&
      message.lane != thread->root->lane()) {
    return RefuseField("lane", "that of the thread, or unspecified");
  }
  return thread->root->lane();
}

absl::StatusOr<bool> IsMemberOf(const ReadCall& call, const Sight& sight,
                                const PersonId& person, Lane lane) {
  ASSIGN_OR_RETURN(const auto membership,
                   call.view.Find(storage::kMemberships,
                                  {sight.network, sight.group, person}));
  if (!membership || !InLane(*membership, lane)) {
    return false;
  }
  ASSIGN_OR_RETURN(const auto record,
                   call.view.Find(storage::kPeople, {sight.network, person}));
  return record && InForce(*membership, *record, call.now);
}

absl::Status CheckMentions(const ReadCall& call, const Sight& sight,
                           const NewMessage& message, Lane lane) {
  for (size_t i = 0; i < message.mentions.size(); ++i) {
    const auto person = PersonId::FromBytes(message.mentions[i].person());
    if (!person) {
      continue;
    }
    ASSIGN_OR_RETURN(const bool member, IsMemberOf(call, sight, *person, lane));
    if (!member) {
      return RefuseField(absl::StrCat("mentions[", i, "].person"),
                         "a member of the lane");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> IsPosted(const ReadCall& call, const Predecessor& after,
                              const GroupHeadRecord& head) {
  if (const auto* sequence = std::get_if<uint64_t>(&after)) {
    return *sequence >= 1 && *sequence <= head.last_sequence();
  }
  if (const auto* request = std::get_if<RequestId>(&after)) {
    ASSIGN_OR_RETURN(const auto kept, FindKeptAnswer(call, *request));
    return kept && kept->rpc() == RuleOf(Action::kSendMessage).name;
  }
  return true;
}

absl::Status CheckPredecessor(const ReadCall& call, const Predecessor& after,
                              const GroupHeadRecord& head) {
  ASSIGN_OR_RETURN(const bool posted, IsPosted(call, after, head));
  return posted ? absl::OkStatus()
                : Refuse(absl::StatusCode::kFailedPrecondition,
                         Reason::kPredecessorMissing,
                         "the message that must come first is not there");
}

absl::StatusOr<MessageRecord> NewRecord(const WriteCall& call,
                                        const Sight& sight,
                                        const NewMessage& message, Lane lane,
                                        uint64_t sequence,
                                        absl::string_view head_hash) {
  MessageRecord record;
  record.set_thread(message.thread.value_or(sequence));
  record.set_lane(lane);
  record.set_author(std::string(sight.person.bytes()));
  record.set_affiliation(sight.membership->affiliation());
  ASSIGN_OR_RETURN(
      *record.mutable_signature(),
      SignatureOf(call, *sight.record, sight.membership->affiliation()));
  record.set_category(message.category);
  record.set_priority(message.priority);
  record.set_body(message.body);
  record.mutable_mentions()->Assign(message.mentions.begin(),
                                    message.mentions.end());
  record.set_created_at_micros(absl::ToUnixMicros(call.now));
  record.set_revision(1);
  record.set_state(storage::v1::MESSAGE_STATE_ACTIVE);
  record.set_commit(call.commit);
  record.set_previous_head_hash(std::string(head_hash));
  return record;
}

// A root has no rows of its own: they begin with the first reply.
absl::Status PutReply(WriteCall& call, const storage::MessageKey& root,
                      storage::v1::ThreadRecord replies, uint64_t sequence) {
  replies.set_reply_count(replies.reply_count() + 1);
  replies.set_last_sequence(sequence);
  RETURN_IF_ERROR(call.tx.Put(storage::kThreads, root, std::move(replies)));
  return call.tx.Put(storage::kThreadMessages,
                     {root.network, root.group, root.sequence, sequence},
                     storage::v1::Mark());
}

void NoteMessage(ReadCall& call, uint64_t sequence) {
  call.note.first_message = sequence;
  call.note.last_message = sequence;
  call.note.messages = 1;
}

// Everything is checked: writes the message under the head's next number.
absl::StatusOr<PostedMessage> Post(WriteCall& call, const Sight& sight,
                                   const NewMessage& message, Lane lane,
                                   const GroupHeadRecord& head) {
  const uint64_t sequence = head.last_sequence() + 1;
  const storage::MessageKey key{sight.network, sight.group, sequence};
  RETURN_IF_ERROR(JoinStream(call, storage::StreamOf(sight.group)));
  ASSIGN_OR_RETURN(MessageRecord made, NewRecord(call, sight, message, lane,
                                                 sequence, head.head_hash()));
  const auto stored =
      std::make_shared<const storage::SharedRecord>(std::move(made));
  RETURN_IF_ERROR(call.tx.PutShared(storage::kMessages, key, stored));
  PostedMessage posted{key, SharedMessage(stored)};
  GroupHeadRecord next =
      storage::HeadAfter(sequence, *posted.record, stored->plaintext());
  NoteChain(call, head, next);
  RETURN_IF_ERROR(call.tx.PutImplied(
      storage::kGroupHeads, {key.network, key.group}, std::move(next)));
  NoteMessage(call, sequence);
  return posted;
}

}  // namespace

absl::Status CheckForm(const NewMessage& message) {
  if (!ValidUtf8(message.body)) {
    return RefuseField("body", "valid UTF-8");
  }
  const size_t length = CodePoints(message.body);
  if (length == 0 || length > kBodyCodePointsMax) {
    return RefuseField(
        "body", absl::StrCat("1 to ", kBodyCodePointsMax, " code points"));
  }
  if (!message.thread && message.lane == storage::v1::LANE_UNSPECIFIED) {
    return RefuseField("lane", "the lane of the new thread");
  }
  if (message.mentions.size() > kMentionsMax) {
    return RefuseField("mentions", absl::StrCat("at most ", kMentionsMax));
  }
  for (size_t i = 0; i < message.mentions.size(); ++i) {
    const Mention& mention = message.mentions[i];
    if (mention.person().empty() &&
        FindProfession(mention.profession()) == nullptr) {
      return RefuseField(absl::StrCat("mentions[", i, "].profession"),
                         "a code of ListProfessions");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<PostedMessage> SendMessage(WriteCall& call,
                                          const NewMessage& message) {
  RETURN_IF_ERROR(Authorize(call, Action::kSendMessage,
                            {.network = message.network,
                             .group = message.group,
                             .lane = message.lane}));
  ASSIGN_OR_RETURN(const Sight sight, SightOf(call, message.group));
  std::optional<VisibleThread> thread;
  if (message.thread) {
    ASSIGN_OR_RETURN(thread, FindVisibleThread(call, sight, *message.thread));
  }
  ASSIGN_OR_RETURN(const Lane lane, CheckLane(message, thread));
  // Before the mentions: the sender may mean somebody who has left since.
  if (message.audience) {
    RETURN_IF_ERROR(CheckAudience(call, message.group, *message.audience));
  }
  RETURN_IF_ERROR(CheckMentions(call, sight, message, lane));
  const storage::GroupKey group{sight.network, sight.group};
  ASSIGN_OR_RETURN(auto head, call.tx.Find(storage::kGroupHeads, group));
  if (!head) {
    head.emplace();
  }
  RETURN_IF_ERROR(CheckPredecessor(call, message.after, *head));
  ASSIGN_OR_RETURN(PostedMessage posted,
                   Post(call, sight, message, lane, *head));
  if (thread) {
    RETURN_IF_ERROR(PutReply(call,
                             {group.network, group.group, *message.thread},
                             thread->replies, posted.key.sequence));
  }
  return posted;
}

std::string KeepReference(const storage::MessageKey& posted) {
  storage::v1::MessageRef reference;
  reference.set_group(std::string(posted.group.bytes()));
  reference.set_sequence(posted.sequence);
  return reference.SerializeAsString();
}

absl::StatusOr<PostedMessage> RestorePosted(ReadCall& call,
                                            absl::string_view reference) {
  storage::v1::MessageRef parsed;
  const bool whole = parsed.ParseFromArray(reference.data(),
                                           static_cast<int>(reference.size()));
  const auto group = GroupId::FromBytes(parsed.group());
  if (!whole || !group) {
    return absl::DataLossError("kept answer");
  }
  const storage::MessageKey key{CallerOf(call).network, *group,
                                parsed.sequence()};
  ASSIGN_OR_RETURN(auto record, call.view.FindShared(storage::kMessages, key));
  if (!record) {
    return absl::DataLossError("the message of a kept answer");
  }
  // Only for what it notes: the answer was given before, and its receiver wrote
  // the text.
  RETURN_IF_ERROR(
      FactsAbout(call, {.network = key.network, .group = key.group}).status());
  NoteMessage(call, key.sequence);
  return PostedMessage{key, std::move(record)};
}

}  // namespace renkei::domain
