#include "tests/support/conversation.h"

#include <future>
#include <optional>

#include "server/domain/audience.h"
#include "server/domain/streams.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"

namespace renkei::testing {
namespace {

using domain::Action;

constexpr uint32_t kMessageSent = 300;
constexpr uint32_t kMessagesRead = 301;
constexpr uint32_t kMessageAcknowledged = 302;
constexpr uint32_t kMessagesDisplayed = 303;
constexpr uint32_t kReceiptsListed = 304;
constexpr uint32_t kNoEvent = 1;

// Runs `operation`, which answers a StatusOr, by `run`, which wants a Status.
template <typename Answer, typename Call, typename Run, typename Operation>
absl::StatusOr<Answer> Answered(Run run, Operation operation) {
  std::optional<Answer> answer;
  const absl::Status status = run([&](Call& call) -> absl::Status {
    ASSIGN_OR_RETURN(answer, operation(call));
    return absl::OkStatus();
  });
  if (!status.ok()) {
    return status;
  }
  return *std::move(answer);
}

}  // namespace

domain::NewMessage Conversation::Draft(absl::string_view body) const {
  domain::NewMessage message;
  message.network = world_.network();
  message.group = team_.group;
  message.lane = storage::v1::LANE_PROFESSIONAL;
  message.category = 1;
  message.body = std::string(body);
  return message;
}

domain::NewMessage Conversation::Reply(uint64_t root,
                                       absl::string_view body) const {
  domain::NewMessage message = Draft(body);
  message.lane = storage::v1::LANE_UNSPECIFIED;
  message.thread = root;
  return message;
}

storage::v1::Mention Conversation::Person(const Actor& actor) {
  storage::v1::Mention mention;
  mention.set_person(std::string(actor.person.bytes()));
  return mention;
}

storage::v1::Mention Conversation::Profession(absl::string_view code) {
  storage::v1::Mention mention;
  mention.set_profession(std::string(code));
  return mention;
}

absl::StatusOr<domain::PostedMessage> Conversation::Send(
    const Actor& author, const domain::NewMessage& message) {
  RETURN_IF_ERROR(domain::CheckForm(message));
  return Answered<domain::PostedMessage, domain::WriteCall>(
      [&](const World::WriteOperation& operation) {
        return world_.Write(author, Action::kSendMessage, kMessageSent,
                            operation);
      },
      [&](domain::WriteCall& call) {
        return domain::SendMessage(call, message);
      });
}

absl::StatusOr<domain::PostedMessage> Conversation::SendOnce(
    const Actor& author, const domain::NewMessage& message,
    const RequestId& request) {
  domain::Request asked =
      world_.RequestOf(author, Action::kSendMessage, kMessageSent);
  asked.id = request;
  asked.content = crypto::Sha256(message.body);
  std::optional<domain::PostedMessage> posted;
  std::promise<absl::Status> done;
  world_.door().Write(
      std::move(asked),
      [&](domain::WriteCall& call) -> absl::Status {
        ASSIGN_OR_RETURN(posted, domain::SendMessage(call, message));
        return absl::OkStatus();
      },
      {[&] { return domain::KeepReference(posted->key); },
       [&](domain::ReadCall& call, const std::string& kept) -> absl::Status {
         ASSIGN_OR_RETURN(posted, domain::RestorePosted(call, kept));
         return absl::OkStatus();
       }},
      [&done](const absl::Status& status) { done.set_value(status); });
  RETURN_IF_ERROR(done.get_future().get());
  return *std::move(posted);
}

domain::TimelineQuery Conversation::Timeline(size_t limit) const {
  domain::TimelineQuery query;
  query.network = world_.network();
  query.group = team_.group;
  query.limit = limit;
  return query;
}

absl::StatusOr<domain::TimelinePage> Conversation::List(
    const Actor& reader, const domain::TimelineQuery& query) {
  return Answered<domain::TimelinePage, domain::ReadCall>(
      [&](const World::ReadOperation& operation) {
        return world_.Read(reader, Action::kListMessages, kMessagesRead,
                           operation);
      },
      [&](domain::ReadCall& call) {
        return domain::ListMessages(call, query);
      });
}

absl::StatusOr<domain::ShownMessage> Conversation::Get(const Actor& reader,
                                                       uint64_t sequence) {
  return Answered<domain::ShownMessage, domain::ReadCall>(
      [&](const World::ReadOperation& operation) {
        return world_.Read(reader, Action::kGetMessage, kMessagesRead,
                           operation);
      },
      [&](domain::ReadCall& call) {
        return domain::GetMessage(call, KeyOf(sequence));
      });
}

absl::Status Conversation::Display(const Actor& reader,
                                   std::initializer_list<uint64_t> sequences) {
  std::vector<domain::MessageRevision> messages;
  for (const uint64_t sequence : sequences) {
    messages.push_back({sequence, 1});
  }
  return Display(reader, messages);
}

absl::Status Conversation::Display(
    const Actor& reader, const std::vector<domain::MessageRevision>& messages) {
  return world_.Write(reader, Action::kMarkDisplayed, kMessagesDisplayed,
                      [&](domain::WriteCall& call) {
                        return domain::MarkDisplayed(
                            call, {world_.network(), team_.group}, messages);
                      });
}

absl::StatusOr<domain::Receipt> Conversation::Acknowledge(const Actor& reader,
                                                          uint64_t sequence) {
  return Answered<domain::Receipt, domain::WriteCall>(
      [&](const World::WriteOperation& operation) {
        return world_.Write(reader, Action::kAcknowledgeMessage,
                            kMessageAcknowledged, operation);
      },
      [&](domain::WriteCall& call) {
        return domain::AcknowledgeMessage(call, KeyOf(sequence), 1);
      });
}

absl::StatusOr<domain::ReceiptPage> Conversation::Receipts(const Actor& reader,
                                                           uint64_t sequence) {
  return Answered<domain::ReceiptPage, domain::ReadCall>(
      [&](const World::ReadOperation& operation) {
        return world_.Read(reader, Action::kListReceipts, kReceiptsListed,
                           operation);
      },
      [&](domain::ReadCall& call) {
        return domain::ListReceipts(call, KeyOf(sequence), std::nullopt, 200);
      });
}

absl::StatusOr<std::vector<domain::UnreadCount>> Conversation::Unread(
    const Actor& reader) {
  return Answered<std::vector<domain::UnreadCount>, domain::ReadCall>(
      [&](const World::ReadOperation& operation) {
        return world_.Read(reader, Action::kListUnread, kNoEvent, operation);
      },
      [&](domain::ReadCall& call) {
        return domain::ListUnread(call, world_.network(), facts_);
      });
}

domain::UnreadCount Conversation::UnreadHere(const Actor& reader) {
  const absl::StatusOr<std::vector<domain::UnreadCount>> counts =
      Unread(reader);
  CHECK_OK(counts.status());
  for (const domain::UnreadCount& count : *counts) {
    if (count.group == team_.group) {
      return count;
    }
  }
  return {};
}

void Conversation::ChangeGroup(
    const std::function<void(storage::v1::GroupRecord&)>& change) {
  world_.Change([&](storage::Transaction& tx) -> absl::Status {
    const storage::GroupKey key{world_.network(), team_.group};
    ASSIGN_OR_RETURN(auto group, tx.Get(storage::kGroups, key));
    change(group);
    group.set_access_version(group.access_version() + 1);
    return tx.Put(storage::kGroups, key, group);
  });
}

void Conversation::Remove(const Actor& actor) {
  world_.Change([&](storage::Transaction& tx) -> absl::Status {
    const storage::GroupKey group_key{world_.network(), team_.group};
    const storage::GroupPersonKey key{world_.network(), team_.group,
                                      actor.person};
    ASSIGN_OR_RETURN(auto group, tx.Get(storage::kGroups, group_key));
    ASSIGN_OR_RETURN(auto member, tx.Get(storage::kMemberships, key));
    member.set_state(storage::v1::MEMBERSHIP_STATE_ENDED);
    member.set_end_at_micros(absl::ToUnixMicros(tx.now()));
    domain::ChangeAudience(group, member);
    group.set_access_version(group.access_version() + 1);
    RETURN_IF_ERROR(tx.Put(storage::kMemberships, key, member));
    storage::v1::PersonGroupRecord none;
    RETURN_IF_ERROR(tx.Put(storage::kPersonGroups,
                           {world_.network(), actor.person, team_.group},
                           none));
    return tx.Put(storage::kGroups, group_key, group);
  });
}

std::vector<storage::v1::EventItem> Conversation::EventsOf(const Actor& actor) {
  std::vector<storage::v1::EventItem> items;
  CHECK_OK(world_.Look().Scan(
      storage::kEvents,
      storage::KeysUnder(storage::kEvents, world_.network(),
                         storage::StreamOf(actor.person)),
      storage::Direction::kBackward,
      [&](const storage::EventsKey&, const storage::v1::EventsRecord& events) {
        items.clear();
        domain::VisitItems(events, [&](const storage::v1::EventItem& item) {
          items.push_back(item);
        });
        return false;
      }));
  return items;
}

}  // namespace renkei::testing
