#include "server/rpc/message_service.h"

#include <memory>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/rpc/message_conversion.h"
#include "server/rpc/names.h"
#include "server/rpc/page_token.h"
#include "storage/base/status_macros.h"

namespace renkei::rpc {
namespace {

void Answer(const domain::PostedMessage& posted,
            v1::SendMessageResponse& response) {
  AddSerialized(posted.key, posted.record, 0,
                v1::SendMessageResponse::kMessageFieldNumber,
                *response.GetReflection()->MutableUnknownFields(&response));
  if (posted.record->priority() == domain::kPriorityUrgent) {
    *response.add_warnings() = TelephoneAsWell();
  }
}

absl::Status List(domain::ReadCall& call, domain::TimelineQuery query,
                  const v1::ListMessagesRequest& request,
                  v1::ListMessagesResponse& response) {
  ASSIGN_OR_RETURN(const std::string place,
                   OpenPageToken(call, request, request.page_token()));
  uint64_t start = 0;
  if (absl::SimpleAtoi(place, &start)) {
    query.start = start;
  }
  ASSIGN_OR_RETURN(const domain::TimelinePage page,
                   domain::ListMessages(call, query));
  google::protobuf::UnknownFieldSet& messages =
      *response.GetReflection()->MutableUnknownFields(&response);
  for (const domain::ShownMessage& message : page.messages) {
    AddSerialized({query.network, query.group, message.sequence},
                  message.record, message.reply_count,
                  v1::ListMessagesResponse::kMessagesFieldNumber, messages);
  }
  if (page.next) {
    response.set_next_page_token(
        MakePageToken(call, request, absl::StrCat(*page.next)));
  }
  return absl::OkStatus();
}

struct ReceiptsForm {
  storage::MessageKey message;
  size_t limit = 0;
};

absl::StatusOr<ReceiptsForm> ParseReceipts(
    const v1::ListReceiptsRequest& request) {
  ReceiptsForm form;
  ASSIGN_OR_RETURN(form.message, ParseMessageKey("parent", request.parent()));
  ASSIGN_OR_RETURN(form.limit, ParsePageSize(request.page_size()));
  return form;
}

absl::Status ListReceiptsOf(domain::ReadCall& call, const ReceiptsForm& form,
                            const v1::ListReceiptsRequest& request,
                            v1::ListReceiptsResponse& response) {
  ASSIGN_OR_RETURN(const std::string place,
                   OpenPageToken(call, request, request.page_token()));
  ASSIGN_OR_RETURN(const domain::ReceiptPage page,
                   domain::ListReceipts(call, form.message,
                                        PersonId::FromText(place), form.limit));
  for (const domain::Receipt& receipt : page.receipts) {
    *response.add_receipts() = ToApi(receipt);
  }
  if (page.next) {
    response.set_next_page_token(
        MakePageToken(call, request, page.next->ToText()));
  }
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* MessageServiceHandler::SendMessage(
    grpc::CallbackServerContext* context, const v1::SendMessageRequest* request,
    v1::SendMessageResponse* response) {
  const auto posted = std::make_shared<domain::PostedMessage>();
  return calls_.WriteThenFill(
      context, *request, ParseNewMessage(*request),
      [posted](domain::WriteCall& call,
               const domain::NewMessage& message) -> absl::Status {
        ASSIGN_OR_RETURN(*posted, domain::SendMessage(call, message));
        return absl::OkStatus();
      },
      {[posted] { return domain::KeepReference(posted->key); },
       [posted](domain::ReadCall& call,
                const std::string& kept) -> absl::Status {
         ASSIGN_OR_RETURN(*posted, domain::RestorePosted(call, kept));
         return absl::OkStatus();
       }},
      [posted, response] { Answer(*posted, *response); });
}

grpc::ServerUnaryReactor* MessageServiceHandler::GetMessage(
    grpc::CallbackServerContext* context, const v1::GetMessageRequest* request,
    v1::Message* response) {
  return calls_.Read(
      context, *request, *response, ParseMessageKey("name", request->name()),
      [response](domain::ReadCall& call,
                 const storage::MessageKey& key) -> absl::Status {
        ASSIGN_OR_RETURN(const domain::ShownMessage message,
                         domain::GetMessage(call, key));
        FillMessage(key, *message.record, message.reply_count, *response);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MessageServiceHandler::ListMessages(
    grpc::CallbackServerContext* context,
    const v1::ListMessagesRequest* request,
    v1::ListMessagesResponse* response) {
  return calls_.Read(context, *request, *response, ParseTimelineQuery(*request),
                     [request, response](domain::ReadCall& call,
                                         const domain::TimelineQuery& query) {
                       return List(call, query, *request, *response);
                     });
}

grpc::ServerUnaryReactor* MessageServiceHandler::AcknowledgeMessage(
    grpc::CallbackServerContext* context,
    const v1::AcknowledgeMessageRequest* request, v1::Receipt* response) {
  return calls_.Write(
      context, *request, *response, ParseAcknowledgement(*request),
      [response](domain::WriteCall& call,
                 const AcknowledgementForm& form) -> absl::Status {
        ASSIGN_OR_RETURN(
            const domain::Receipt receipt,
            domain::AcknowledgeMessage(call, form.message, form.revision));
        *response = ToApi(receipt);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MessageServiceHandler::MarkDisplayed(
    grpc::CallbackServerContext* context,
    const v1::MarkDisplayedRequest* request,
    v1::MarkDisplayedResponse* response) {
  return calls_.Write(context, *request, *response, ParseDisplayed(*request),
                      [](domain::WriteCall& call, const DisplayedForm& form) {
                        return domain::MarkDisplayed(call, form.group,
                                                     form.messages);
                      });
}

grpc::ServerUnaryReactor* MessageServiceHandler::ListReceipts(
    grpc::CallbackServerContext* context,
    const v1::ListReceiptsRequest* request,
    v1::ListReceiptsResponse* response) {
  return calls_.Read(
      context, *request, *response, ParseReceipts(*request),
      [request, response](domain::ReadCall& call, const ReceiptsForm& form) {
        return ListReceiptsOf(call, form, *request, *response);
      });
}

grpc::ServerUnaryReactor* MessageServiceHandler::ListUnread(
    grpc::CallbackServerContext* context, const v1::ListUnreadRequest* request,
    v1::ListUnreadResponse* response) {
  return calls_.Read(context, *request, *response,
                     ParseNetworkName("parent", request->parent()),
                     [this, response](domain::ReadCall& call,
                                      const NetworkName& name) -> absl::Status {
                       ASSIGN_OR_RETURN(
                           const std::vector<domain::UnreadCount> counts,
                           domain::ListUnread(call, name.network, facts_));
                       for (const domain::UnreadCount& count : counts) {
                         *response->add_groups() = ToApi(name.network, count);
                       }
                       return absl::OkStatus();
                     });
}

}  // namespace renkei::rpc
