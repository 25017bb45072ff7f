// MessageService: threads, receipts and what is unread.
#pragma once

#include "renkei/v1/message.grpc.pb.h"
#include "server/domain/message_facts.h"
#include "server/rpc/calls.h"

namespace renkei::rpc {

// Thread-safe.
class MessageServiceHandler final : public v1::MessageService::CallbackService {
 public:
  explicit MessageServiceHandler(Calls& calls);
  ~MessageServiceHandler() override;

  grpc::ServerUnaryReactor* SendMessage(
      grpc::CallbackServerContext* context,
      const v1::SendMessageRequest* request,
      v1::SendMessageResponse* response) override;
  grpc::ServerUnaryReactor* GetMessage(grpc::CallbackServerContext* context,
                                       const v1::GetMessageRequest* request,
                                       v1::Message* response) override;
  grpc::ServerUnaryReactor* ListMessages(
      grpc::CallbackServerContext* context,
      const v1::ListMessagesRequest* request,
      v1::ListMessagesResponse* response) override;
  grpc::ServerUnaryReactor* AcknowledgeMessage(
      grpc::CallbackServerContext* context,
      const v1::AcknowledgeMessageRequest* request,
      v1::Receipt* response) override;
  grpc::ServerUnaryReactor* MarkDisplayed(
      grpc::CallbackServerContext* context,
      const v1::MarkDisplayedRequest* request,
      v1::MarkDisplayedResponse* response) override;
  grpc::ServerUnaryReactor* ListReceipts(
      grpc::CallbackServerContext* context,
      const v1::ListReceiptsRequest* request,
      v1::ListReceiptsResponse* response) override;
  grpc::ServerUnaryReactor* ListUnread(
      grpc::CallbackServerContext* context,
      const v1::ListUnreadRequest* request,
      v1::ListUnreadResponse* response) override;

 private:
  Calls& calls_;
  domain::MessageFacts facts_;
};

}  // namespace renkei::rpc
