#include "server/rpc/message_conversion.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/domain/audience.h"
#include "server/domain/refusal.h"
#include "server/rpc/names.h"
#include "server/rpc/page_token.h"
#include "storage/base/status_macros.h"

namespace renkei::rpc {
namespace {

constexpr absl::string_view kOfTheGroup = "a message of the parent group";

std::string MessageNameOf(const storage::MessageKey& key, uint64_t sequence) {
  return Format(MessageName{key.network, key.group, sequence});
}

// Empty for bytes that are no id, which the store does not hold.
std::string PersonNameOf(const NetworkId& network, absl::string_view person) {
  const auto id = PersonId::FromBytes(person);
  return id ? Format(PersonName{network, *id}) : std::string();
}

void Fill(const storage::v1::Signature& from,
          const AffiliationName& affiliation, v1::Signature& signature) {
  signature.set_display_name(from.display_name());
  signature.set_profession(from.profession());
  signature.set_facility_display_name(from.facility_name());
  if (!affiliation.affiliation.IsZero()) {
    signature.set_affiliation(Format(affiliation));
  }
}

void Fill(const NetworkId& network, const storage::v1::Mention& from,
          v1::Mention& mention) {
  if (from.person().empty()) {
    mention.set_profession(from.profession());
  } else {
    mention.set_person(PersonNameOf(network, from.person()));
  }
}

void FillAllButBody(const storage::MessageKey& key,
                    const storage::v1::MessageRecord& record,
                    v1::Message& message) {
  message.set_name(MessageNameOf(key, key.sequence));
  message.set_sequence(static_cast<int64_t>(key.sequence));
  message.set_thread(record.thread() == key.sequence
                         ? message.name()
                         : MessageNameOf(key, record.thread()));
  message.set_lane(static_cast<v1::Lane>(record.lane()));
  message.set_author(PersonNameOf(key.network, record.author()));
  const auto author = PersonId::FromBytes(record.author());
  const auto affiliation = AffiliationId::FromBytes(record.affiliation());
  Fill(record.signature(),
       {key.network, author.value_or(PersonId()),
        affiliation.value_or(AffiliationId())},
       *message.mutable_signature());
  message.set_category(static_cast<v1::Category>(record.category()));
  message.set_priority(static_cast<v1::Priority>(record.priority()));
  for (const storage::v1::Mention& mention : record.mentions()) {
    Fill(key.network, mention, *message.add_mentions());
  }
  *message.mutable_create_time() = ToTimestamp(record.created_at_micros());
  message.set_revision(static_cast<int32_t>(record.revision()));
  message.set_state(v1::Message::STATE_POSTED);
}

// Without replies. The body goes out as it is: it was found to be UTF-8 when it
// was posted, and a field would be looked at again.
std::string Serialize(const storage::MessageKey& key,
                      const storage::v1::MessageRecord& record) {
  v1::Message message;
  FillAllButBody(key, record, message);
  *message.GetReflection()->MutableUnknownFields(&message)->AddLengthDelimited(
      v1::Message::kBodyFieldNumber) = record.body();
  return message.SerializeAsString();
}

absl::StatusOr<storage::v1::Lane> ParseLane(v1::Lane lane) {
  switch (lane) {
    case v1::LANE_UNSPECIFIED:
      return storage::v1::LANE_UNSPECIFIED;
    case v1::LANE_PROFESSIONAL:
      return storage::v1::LANE_PROFESSIONAL;
    case v1::LANE_PATIENT:
      return domain::Refuse(
          absl::StatusCode::kInvalidArgument, domain::Reason::kNotSupported,
          "lane: the patient lane is not carried out yet", {{"field", "lane"}});
    default:
      return domain::RefuseField("lane", "a Lane of this revision");
  }
}

absl::StatusOr<storage::v1::Mention> ParseMention(const NetworkId& network,
                                                  const std::string& field,
                                                  const v1::Mention& from) {
  storage::v1::Mention mention;
  switch (from.target_case()) {
    case v1::Mention::kPerson: {
      const std::string person_field = absl::StrCat(field, ".person");
      ASSIGN_OR_RETURN(const PersonName name,
                       ParsePersonName(person_field, from.person()));
      if (name.network != network) {
        return domain::RefuseField(person_field, "a member of the lane");
      }
      mention.set_person(std::string(name.person.bytes()));
      return mention;
    }
    case v1::Mention::kProfession:
      mention.set_profession(from.profession());
      return mention;
    default:
      return domain::RefuseField(field, "a person or a profession");
  }
}

absl::Status ParseMentions(const v1::SendMessageRequest& request,
                           domain::NewMessage& message) {
  for (int i = 0; i < request.mentions_size(); ++i) {
    ASSIGN_OR_RETURN(
        storage::v1::Mention mention,
        ParseMention(message.network, absl::StrCat("mentions[", i, "]"),
                     request.mentions(i)));
    message.mentions.push_back(std::move(mention));
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> ParseSequenceIn(const GroupName& group,
                                         absl::string_view field,
                                         absl::string_view text) {
  ASSIGN_OR_RETURN(const MessageName name, ParseMessageName(field, text));
  if (name.network != group.network || name.group != group.group) {
    return domain::RefuseField(field, kOfTheGroup);
  }
  return name.sequence;
}

absl::StatusOr<domain::Predecessor> ParsePredecessor(const GroupName& group,
                                                     const std::string& text) {
  if (text.empty()) {
    return domain::Predecessor();
  }
  if (const std::optional<RequestId> request = ParseUuid(text)) {
    return domain::Predecessor(*request);
  }
  ASSIGN_OR_RETURN(const uint64_t sequence,
                   ParseSequenceIn(group, "after_message", text));
  return domain::Predecessor(sequence);
}

absl::Status ParseKind(const v1::SendMessageRequest& request,
                       domain::NewMessage& message) {
  if (request.category() == v1::CATEGORY_UNSPECIFIED ||
      !v1::Category_IsValid(request.category())) {
    return domain::RefuseField("category", "a Category of this revision");
  }
  if (!v1::Priority_IsValid(request.priority())) {
    return domain::RefuseField("priority", "a Priority of this revision");
  }
  message.category = request.category();
  message.priority = request.priority() == v1::PRIORITY_URGENT
                         ? domain::kPriorityUrgent
                         : domain::kPriorityNormal;
  return absl::OkStatus();
}

}  // namespace

void FillMessage(const storage::MessageKey& key,
                 const storage::v1::MessageRecord& record, uint32_t reply_count,
                 v1::Message& message) {
  FillAllButBody(key, record, message);
  message.set_body(record.body());
  message.set_reply_count(static_cast<int32_t>(reply_count));
}

void AddSerialized(const storage::MessageKey& key,
                   const domain::SharedMessage& message, uint32_t reply_count,
                   int field_number,
                   google::protobuf::UnknownFieldSet& answer) {
  const std::string& serialized =
      message.Rendered([&key](const storage::v1::MessageRecord& record) {
        return Serialize(key, record);
      });
  std::string& added = *answer.AddLengthDelimited(field_number);
  added = serialized;
  if (reply_count != 0) {
    // What follows in a serialized message counts.
    v1::Message replies;
    replies.set_reply_count(static_cast<int32_t>(reply_count));
    replies.AppendToString(&added);
  }
}

v1::Receipt ToApi(const domain::Receipt& from) {
  const NetworkId& network = from.message.network;
  v1::Receipt receipt;
  receipt.set_message(MessageNameOf(from.message, from.message.sequence));
  receipt.set_revision(static_cast<int32_t>(from.facts.revision));
  receipt.set_person(Format(PersonName{network, from.person}));
  Fill(from.signature, {network, from.person, from.affiliation},
       *receipt.mutable_signature());
  receipt.set_acknowledgement_asked(from.acknowledgement_asked);
  if (from.facts.disclosed_at_micros != 0) {
    *receipt.mutable_disclose_time() =
        ToTimestamp(from.facts.disclosed_at_micros);
  }
  if (from.facts.delivered_at_micros != 0) {
    *receipt.mutable_deliver_time() =
        ToTimestamp(from.facts.delivered_at_micros);
  }
  if (from.facts.displayed_at_micros != 0) {
    *receipt.mutable_display_time() =
        ToTimestamp(from.facts.displayed_at_micros);
  }
  if (from.facts.acknowledged_at_micros != 0) {
    *receipt.mutable_acknowledge_time() =
        ToTimestamp(from.facts.acknowledged_at_micros);
  }
  return receipt;
}

v1::UnreadCount ToApi(const NetworkId& network,
                      const domain::UnreadCount& from) {
  v1::UnreadCount count;
  count.set_group(Format(GroupName{network, from.group}));
  count.set_unread_count(static_cast<int32_t>(from.unread));
  count.set_urgent_count(static_cast<int32_t>(from.urgent));
  count.set_acknowledgement_asked_count(static_cast<int32_t>(from.asked));
  count.set_more(from.more);
  return count;
}

v1::Warning TelephoneAsWell() {
  v1::Warning warning;
  warning.set_code(v1::Warning::CODE_TELEPHONE_AS_WELL);
  v1::LocalizedText& japanese = *warning.add_texts();
  japanese.set_language_code("ja-JP");
  japanese.set_text(
      "至急の連絡です。まだ誰も読んでいないかもしれません。必ず電話でも連絡して"
      "く"
      "ださい。");
  v1::LocalizedText& english = *warning.add_texts();
  english.set_language_code("en");
  english.set_text(
      "This message is urgent: telephone as well, nobody may have seen it "
      "yet.");
  return warning;
}

absl::StatusOr<domain::NewMessage> ParseNewMessage(
    const v1::SendMessageRequest& request) {
  domain::NewMessage message;
  ASSIGN_OR_RETURN(const GroupName group,
                   ParseGroupName("parent", request.parent()));
  message.network = group.network;
  message.group = group.group;
  if (!request.thread().empty()) {
    ASSIGN_OR_RETURN(message.thread,
                     ParseSequenceIn(group, "thread", request.thread()));
  }
  ASSIGN_OR_RETURN(message.lane, ParseLane(request.lane()));
  RETURN_IF_ERROR(ParseKind(request, message));
  message.body = request.body();
  RETURN_IF_ERROR(ParseMentions(request, message));
  if (!request.audience_etag().empty()) {
    message.audience = domain::ParseAudienceEtag(request.audience_etag());
    if (!message.audience) {
      return domain::RefuseField(
          "audience_etag", "as Group or ListMembersResponse gave it, or empty");
    }
  }
  ASSIGN_OR_RETURN(message.after,
                   ParsePredecessor(group, request.after_message()));
  RETURN_IF_ERROR(domain::CheckForm(message));
  return message;
}

absl::StatusOr<domain::TimelineQuery> ParseTimelineQuery(
    const v1::ListMessagesRequest& request) {
  domain::TimelineQuery query;
  ASSIGN_OR_RETURN(const GroupName group,
                   ParseGroupName("parent", request.parent()));
  query.network = group.network;
  query.group = group.group;
  if (!request.thread().empty()) {
    ASSIGN_OR_RETURN(query.thread,
                     ParseSequenceIn(group, "thread", request.thread()));
  }
  ASSIGN_OR_RETURN(const storage::v1::Lane lane, ParseLane(request.lane()));
  query.lane = lane == storage::v1::LANE_UNSPECIFIED
                   ? storage::v1::LANE_PROFESSIONAL
                   : lane;
  if (!v1::Order_IsValid(request.order())) {
    return domain::RefuseField("order", "an Order of this revision");
  }
  query.oldest_first = request.order() == v1::ORDER_OLDEST_FIRST;
  if (request.start_sequence() < 0) {
    return domain::RefuseField("start_sequence", "0 or more");
  }
  if (request.start_sequence() > 0) {
    query.start = static_cast<uint64_t>(request.start_sequence());
  }
  ASSIGN_OR_RETURN(query.limit, ParsePageSize(request.page_size()));
  return query;
}

absl::StatusOr<DisplayedForm> ParseDisplayed(
    const v1::MarkDisplayedRequest& request) {
  ASSIGN_OR_RETURN(const GroupName group,
                   ParseGroupName("parent", request.parent()));
  if (request.messages().empty() ||
      request.messages_size() > static_cast<int>(domain::kMarkedMax)) {
    return domain::RefuseField("messages",
                               absl::StrCat("1 to ", domain::kMarkedMax));
  }
  DisplayedForm form{{group.network, group.group}, {}};
  for (int i = 0; i < request.messages_size(); ++i) {
    const v1::MessageRevision& named = request.messages(i);
    const std::string field = absl::StrCat("messages[", i, "]");
    ASSIGN_OR_RETURN(const uint64_t sequence,
                     ParseSequenceIn(group, absl::StrCat(field, ".message"),
                                     named.message()));
    if (named.revision() < 1) {
      return domain::RefuseField(absl::StrCat(field, ".revision"), "1 or more");
    }
    form.messages.push_back(
        {sequence, static_cast<uint32_t>(named.revision())});
  }
  return form;
}

absl::StatusOr<AcknowledgementForm> ParseAcknowledgement(
    const v1::AcknowledgeMessageRequest& request) {
  ASSIGN_OR_RETURN(const storage::MessageKey message,
                   ParseMessageKey("name", request.name()));
  if (request.revision() < 1) {
    return domain::RefuseField("revision", "1 or more");
  }
  return AcknowledgementForm{message,
                             static_cast<uint32_t>(request.revision())};
}

absl::StatusOr<storage::MessageKey> ParseMessageKey(absl::string_view field,
                                                    absl::string_view text) {
  ASSIGN_OR_RETURN(const MessageName name, ParseMessageName(field, text));
  return storage::MessageKey{name.network, name.group, name.sequence};
}

}  // namespace renkei::rpc
