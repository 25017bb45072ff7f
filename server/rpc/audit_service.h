// AuditService: questions to the audit log.
#pragma once

#include "renkei/v1/audit.grpc.pb.h"
#include "server/rpc/calls.h"

namespace renkei::rpc {

// Thread-safe.
class AuditServiceHandler final : public v1::AuditService::CallbackService {
 public:
  explicit AuditServiceHandler(Calls& calls) : calls_(calls) {}

  grpc::ServerUnaryReactor* ListAuditEvents(
      grpc::CallbackServerContext* context,
      const v1::ListAuditEventsRequest* request,
      v1::ListAuditEventsResponse* response) override;
  grpc::ServerUnaryReactor* GetAuditEvent(
      grpc::CallbackServerContext* context,
      const v1::GetAuditEventRequest* request,
      v1::AuditEvent* response) override;

 private:
  Calls& calls_;
};

}  // namespace renkei::rpc
