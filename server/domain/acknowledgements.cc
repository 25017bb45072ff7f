#include "server/domain/acknowledgements.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/domain/authorize.h"
#include "server/domain/read_floor.h"
#include "server/domain/refusal.h"
#include "server/domain/sight.h"
#include "server/domain/streams.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::v1::EventItem;
using storage::v1::EventKind;
using storage::v1::MessageRecord;

EventItem NewItem(const Sight& reader, uint64_t sequence,
                  const MessageRecord& message, EventKind kind) {
  EventItem item;
  item.set_kind(kind);
  item.set_group(std::string(reader.group.bytes()));
  item.set_sequence(sequence);
  item.set_person(std::string(reader.person.bytes()));
  item.set_lane(message.lane());
  return item;
}

absl::Status TellAuthors(WriteCall& call, const Sight& reader,
                         const std::vector<MessageRevision>& fresh,
                         const KnownMessages& known) {
  absl::btree_map<std::string, std::vector<EventItem>> by_author;
  for (const MessageRevision& revision : fresh) {
    const MessageRecord& message = *known.at(revision.sequence);
    by_author[message.author()].push_back(NewItem(
        reader, revision.sequence, message, storage::v1::EVENT_KIND_DISPLAYED));
  }
  for (const auto& [author, items] : by_author) {
    if (const auto stream = storage::StreamId::FromBytes(author)) {
      RETURN_IF_ERROR(AppendEvents(call, *stream, items));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckAcknowledgeable(const Sight& sight,
                                  const MessageRecord& message,
                                  uint32_t revision) {
  if (revision > message.revision()) {
    return RefuseUnknown();
  }
  if (revision < message.revision()) {
    return Refuse(absl::StatusCode::kFailedPrecondition,
                  Reason::kRevisionOutdated, "there is a newer revision",
                  {{"revision", absl::StrCat(message.revision())}});
  }
  return sight.Wrote(message)
             ? Refuse(absl::StatusCode::kFailedPrecondition,
                      Reason::kStateWrong, "the caller is the author",
                      {{"state", "AUTHOR"}})
             : absl::OkStatus();
}

// The latest revision that is named of each message.
absl::btree_map<uint64_t, uint32_t> Latest(
    const std::vector<MessageRevision>& messages) {
  absl::btree_map<uint64_t, uint32_t> latest;
  for (const MessageRevision& message : messages) {
    uint32_t& revision = latest[message.sequence];
    revision = std::max(revision, message.revision);
  }
  return latest;
}

struct Displayed {
  std::vector<MessageRevision> messages;
  KnownMessages known;
};

// Those not displayed before, without the reader's own and outdated ones.
absl::StatusOr<Displayed> CheckDisplayed(
    const WriteCall& call, const Sight& sight,
    const absl::btree_map<uint64_t, uint32_t>& named) {
  ReceiptReader receipts(call.tx, sight.network, sight.group, sight.person);
  Displayed displayed;
  for (const auto& [sequence, revision] : named) {
    if (sequence < sight.first_visible()) {
      return RefuseUnknown();
    }
    ASSIGN_OR_RETURN(const ReceiptFacts facts, receipts.Find(sequence));
    if (facts.displayed_at_micros != 0 && facts.revision >= revision) {
      continue;
    }
    ASSIGN_OR_RETURN(SharedMessage message, FindVisible(call, sight, sequence));
    if (revision > message->revision()) {
      return RefuseUnknown();
    }
    if (revision == message->revision() && !sight.Wrote(*message)) {
      displayed.messages.push_back({sequence, revision});
    }
    displayed.known.emplace(sequence, std::move(message));
  }
  return displayed;
}

}  // namespace

absl::StatusOr<Receipt> AcknowledgeMessage(WriteCall& call,
                                           const storage::MessageKey& key,
                                           uint32_t revision) {
  RETURN_IF_ERROR(Authorize(call, Action::kAcknowledgeMessage,
                            {.network = key.network, .group = key.group}));
  ASSIGN_OR_RETURN(const Sight sight, SightOf(call, key.group));
  ASSIGN_OR_RETURN(SharedMessage message,
                   FindVisible(call, sight, key.sequence));
  RETURN_IF_ERROR(CheckAcknowledgeable(sight, *message, revision));
  call.note.first_message = key.sequence;
  call.note.last_message = key.sequence;
  call.note.messages = 1;
  const MessageRevision read{key.sequence, revision};
  RETURN_IF_ERROR(
      RecordFact(call, key.group, sight.person, Fact::kDisplayed, {read})
          .status());
  ASSIGN_OR_RETURN(const auto fresh, RecordFact(call, key.group, sight.person,
                                                Fact::kAcknowledged, {read}));
  const auto author = storage::StreamId::FromBytes(message->author());
  if (!fresh.empty() && author) {
    RETURN_IF_ERROR(AppendEvent(call, *author,
                                NewItem(sight, key.sequence, *message,
                                        storage::v1::EVENT_KIND_ACKNOWLEDGED)));
  }
  ASSIGN_OR_RETURN(Receipt receipt,
                   ReceiptOf(call, key, *message, sight.person));
  KnownMessages known;
  known.emplace(key.sequence, std::move(message));
  RETURN_IF_ERROR(RaiseFloor(call, sight, known));
  return receipt;
}

absl::Status MarkDisplayed(WriteCall& call, const storage::GroupKey& group,
                           const std::vector<MessageRevision>& messages) {
  RETURN_IF_ERROR(Authorize(call, Action::kMarkDisplayed,
                            {.network = group.network, .group = group.group}));
  ASSIGN_OR_RETURN(const Sight sight, SightOf(call, group.group));
  const absl::btree_map<uint64_t, uint32_t> named = Latest(messages);
  ASSIGN_OR_RETURN(Displayed displayed, CheckDisplayed(call, sight, named));
  call.note.first_message = named.begin()->first;
  call.note.last_message = named.rbegin()->first;
  call.note.messages = static_cast<uint32_t>(named.size());
  if (displayed.messages.empty()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const auto fresh,
                   RecordFact(call, group.group, sight.person, Fact::kDisplayed,
                              std::move(displayed.messages)));
  RETURN_IF_ERROR(TellAuthors(call, sight, fresh, displayed.known));
  return RaiseFloor(call, sight, displayed.known);
}

}  // namespace renkei::domain
