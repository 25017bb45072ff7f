// The server: owns every part, in order, and wires them together.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/server.h"
#include "renkei/config/v1/config.pb.h"
#include "server/backup.h"
#include "server/metrics.h"
#include "server/opened_store.h"
#include "server/rpc/admin_service.h"
#include "server/rpc/audit_service.h"
#include "server/rpc/calls.h"
#include "server/rpc/directory_service.h"
#include "server/rpc/group_service.h"
#include "server/rpc/message_service.h"
#include "server/rpc/polling_threads.h"
#include "server/rpc/session_service.h"
#include "server/rpc/subscriptions.h"
#include "server/rpc/sync_service.h"
#include "server/rpc/workers.h"
#include "storage/base/log.h"
#include "storage/base/mutex.h"

namespace renkei::server {

// Thread-safe.
class Server {
 public:
  // Listens on both sockets, sealed. `polling_threads` are the process's, for
  // all of its servers. `on_fence` is called when the store has failed: the
  // process must end.
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      const config::v1::ServerConfig& config, Log& log,
      rpc::PollingThreads& polling_threads,
      std::function<void(const absl::Status&)> on_fence);
  // Ends streams and calls in flight with a typed answer, then closes the store
  // cleanly.
  ~Server();

  // Opens the store and serves from it. FailedPrecondition when it is open
  // already; the errors of OpenedStore::Open, after which the server stays
  // sealed.
  absl::Status Unseal(const crypto::Secret& root);

 private:
  Server(const config::v1::ServerConfig& config, Log& log,
         rpc::PollingThreads& polling_threads, rpc::MethodRules rules,
         std::function<void(const absl::Status&)> on_fence);

  absl::Status Listen();
  absl::Status UnsealByOperator(const v1::UnsealRequest& request);
  absl::StatusOr<rpc::MadeBackup> BackUp(const std::string& directory,
                                         std::function<bool()> called_off);
  v1::ServingState Serving() const;
  void SetHealth(bool serving);
  void TellOfCheckpoints(const absl::Status& why);
  void TellOfAuditSpool();
  std::optional<jobs::SpoolLag> AuditSpoolLag() const;
  std::optional<v1::AuditSpoolStatus> AuditSpoolStatus() const;
  void KeepHouse();
  void KeepStore();
  OpenedStore& Opened();

  const config::v1::ServerConfig config_;
  Log& log_;
  rpc::PollingThreads& polling_threads_;
  const rpc::MethodRules rules_;
  const std::function<void(const absl::Status&)> on_fence_;
  const absl::Time started_at_;

  std::unique_ptr<Metrics> metrics_;
  rpc::Calls calls_;
  rpc::Workers password_workers_;
  rpc::Workers key_workers_;
  rpc::Workers export_workers_;
  rpc::Workers operator_workers_;
  rpc::Subscriptions subscriptions_;

  Backups backups_;
  mutable Mutex mutex_;
  std::unique_ptr<OpenedStore> opened_ ABSL_GUARDED_BY(mutex_);

  rpc::SessionServiceHandler session_service_;
  rpc::DirectoryServiceHandler directory_service_;
  rpc::GroupServiceHandler group_service_;
  rpc::MessageServiceHandler message_service_;
  rpc::SyncServiceHandler sync_service_;
  rpc::AuditServiceHandler audit_service_;
  rpc::AdminServiceHandler admin_service_;
  rpc::OperatorServiceHandler operator_service_;
  std::unique_ptr<grpc::Server> api_server_;
  std::unique_ptr<grpc::Server> operator_server_;

  Mutex stop_mutex_;
  CondVar stop_changed_;
  bool stopping_ ABSL_GUARDED_BY(stop_mutex_) = false;
  std::thread housekeeper_;
};

}  // namespace renkei::server
