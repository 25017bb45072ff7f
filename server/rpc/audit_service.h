// AuditService: questions to the audit log, proofs about it, and its export.
#pragma once

#include "renkei/v1/audit.grpc.pb.h"
#include "server/rpc/calls.h"
#include "server/rpc/workers.h"

namespace renkei::rpc {

// Thread-safe.
class AuditServiceHandler final : public v1::AuditService::CallbackService {
 public:
  // Exports are read on `workers`.
  AuditServiceHandler(Calls& calls, Workers& workers);
  ~AuditServiceHandler() override;

  grpc::ServerUnaryReactor* ListAuditEvents(
      grpc::CallbackServerContext* context,
      const v1::ListAuditEventsRequest* request,
      v1::ListAuditEventsResponse* response) override;
  grpc::ServerUnaryReactor* GetAuditEvent(
      grpc::CallbackServerContext* context,
      const v1::GetAuditEventRequest* request,
      v1::AuditEvent* response) override;
  grpc::ServerUnaryReactor* GetCheckpoint(
      grpc::CallbackServerContext* context,
      const v1::GetCheckpointRequest* request,
      v1::Checkpoint* response) override;
  grpc::ServerUnaryReactor* GetInclusionProof(
      grpc::CallbackServerContext* context,
      const v1::GetInclusionProofRequest* request,
      v1::InclusionProof* response) override;
  grpc::ServerUnaryReactor* GetConsistencyProof(
      grpc::CallbackServerContext* context,
      const v1::GetConsistencyProofRequest* request,
      v1::ConsistencyProof* response) override;
  grpc::ServerUnaryReactor* GetAuditReport(
      grpc::CallbackServerContext* context,
      const v1::GetAuditReportRequest* request,
      v1::AuditReport* response) override;
  grpc::ServerUnaryReactor* RecordAuditReview(
      grpc::CallbackServerContext* context,
      const v1::RecordAuditReviewRequest* request,
      v1::RecordAuditReviewResponse* response) override;
  grpc::ServerWriteReactor<v1::ExportAuditEventsResponse>* ExportAuditEvents(
      grpc::CallbackServerContext* context,
      const v1::ExportAuditEventsRequest* request) override;

 private:
  Calls& calls_;
  Workers& workers_;
};

}  // namespace renkei::rpc
