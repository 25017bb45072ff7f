// AdminService: what the server is and how it is. OperatorService: unsealing
// and backups, on the local socket.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "renkei/v1/admin.grpc.pb.h"
#include "server/domain/backups.h"
#include "server/rpc/calls.h"

namespace renkei::rpc {

// What AdminService tells of the process around the store.
struct ServerState {
  std::function<v1::ServingState()> serving;
  std::function<int32_t()> open_streams;
  std::function<bool()> clock_synchronised;
  // nullopt: the server has none.
  std::function<std::optional<v1::AuditSpoolStatus>()> audit_spool;
  absl::Time started_at;
};

// Thread-safe.
class AdminServiceHandler final : public v1::AdminService::CallbackService {
 public:
  AdminServiceHandler(Calls& calls, ServerState state);
  ~AdminServiceHandler() override;

  grpc::ServerUnaryReactor* GetServerInfo(
      grpc::CallbackServerContext* context,
      const v1::GetServerInfoRequest* request,
      v1::ServerInfo* response) override;
  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const v1::GetStatusRequest* request,
                                      v1::ServerStatus* response) override;

 private:
  Calls& calls_;
  const ServerState state_;
};

struct MadeBackup {
  std::string path;
  domain::BackupFacts facts;
};

// What the operator may have done; called on a worker. Unseal takes what
// UnsealRequest holds; back_up goes on until `called_off` says true.
struct OperatorActions {
  std::function<absl::Status(const v1::UnsealRequest&)> unseal;
  std::function<absl::StatusOr<MadeBackup>(const std::string& directory,
                                           std::function<bool()> called_off)>
      back_up;
  std::function<v1::ServingState()> serving;
};

// Thread-safe.
class OperatorServiceHandler final
    : public v1::OperatorService::CallbackService {
 public:
  OperatorServiceHandler(Calls& calls, Workers& workers,
                         OperatorActions actions);
  ~OperatorServiceHandler() override;

  grpc::ServerUnaryReactor* Unseal(grpc::CallbackServerContext* context,
                                   const v1::UnsealRequest* request,
                                   v1::UnsealResponse* response) override;
  grpc::ServerUnaryReactor* Backup(grpc::CallbackServerContext* context,
                                   const v1::BackupRequest* request,
                                   v1::BackupResponse* response) override;

 private:
  Calls& calls_;
  Workers& workers_;
  const OperatorActions actions_;
};

}  // namespace renkei::rpc
