// Messages and receipts in the API's terms.
#pragma once

#include "absl/status/statusor.h"
#include "google/protobuf/unknown_field_set.h"
#include "renkei/v1/message.pb.h"
#include "server/domain/acknowledgements.h"
#include "server/domain/messages.h"
#include "server/domain/receipt_list.h"
#include "server/domain/timeline.h"
#include "server/domain/unread.h"

namespace renkei::rpc {

// REQUIRES: `message` is empty.
void FillMessage(const storage::MessageKey& key,
                 const storage::v1::MessageRecord& record, uint32_t reply_count,
                 v1::Message& message);

// Adds the message to the unknown fields of an answer whose field with this
// number holds messages: they go out as they are. It is serialized once for all
// who read it; the answer does not show it before it is sent.
void AddSerialized(const storage::MessageKey& key,
                   const domain::SharedMessage& message, uint32_t reply_count,
                   int field_number, google::protobuf::UnknownFieldSet& answer);
v1::Receipt ToApi(const domain::Receipt& receipt);
v1::UnreadCount ToApi(const NetworkId& network,
                      const domain::UnreadCount& count);

// What the answer to an urgent message says beside it.
v1::Warning TelephoneAsWell();

// The requests, checked as far as they can be by themselves.
absl::StatusOr<domain::NewMessage> ParseNewMessage(
    const v1::SendMessageRequest& request);
absl::StatusOr<domain::TimelineQuery> ParseTimelineQuery(
    const v1::ListMessagesRequest& request);

struct DisplayedForm {
  storage::GroupKey group;
  std::vector<domain::MessageRevision> messages;
};
absl::StatusOr<DisplayedForm> ParseDisplayed(
    const v1::MarkDisplayedRequest& request);

struct AcknowledgementForm {
  storage::MessageKey message;
  uint32_t revision = 0;
};
absl::StatusOr<AcknowledgementForm> ParseAcknowledgement(
    const v1::AcknowledgeMessageRequest& request);

// A message's name, the caller's word for a key.
absl::StatusOr<storage::MessageKey> ParseMessageKey(absl::string_view field,
                                                    absl::string_view name);

}  // namespace renkei::rpc
