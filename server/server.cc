#include "server/server.h"

#include <sys/stat.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/server_builder.h"
#include "server/clock.h"
#include "server/config.h"
#include "server/domain/audit.h"
#include "server/domain/refusal.h"
#include "server/restore.h"
#include "server/rpc/names.h"
#include "server/socket_file.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/root_key.h"

namespace renkei::server {
namespace {

constexpr absl::Duration kTick = absl::Seconds(1);
constexpr absl::Duration kStoreInterval = absl::Minutes(1);
constexpr absl::Duration kClockCheckInterval = absl::Minutes(5);
constexpr absl::Duration kGrace = absl::Seconds(5);
constexpr int kMetadataBytesMax = 16 * 1024;
constexpr mode_t kApiSocketMode = 0660;  // the front shares the group
constexpr mode_t kOperatorSocketMode = 0600;

void SetGrpcLimits(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(rpc::kRequestBytesMax);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytesMax);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
}

// gRPC makes the contexts of calls itself, as none is made here, and tells when
// it is done with one: the last thing in a call but freeing it.
class CallEnds final : public grpc::ContextAllocator {
 public:
  explicit CallEnds(rpc::PollingThreads& threads) : threads_(threads) {}

  void Release(grpc::CallbackServerContext*) override {
    threads_.RestIfTooMany();
  }

 private:
  rpc::PollingThreads& threads_;
};

absl::StatusOr<crypto::Secret> RootOf(const v1::UnsealRequest& request,
                                      const config::v1::ServerConfig& config) {
  if (request.has_key_file()) {
    return crypto::ParseRootKey(request.key_file());
  }
  return OpenProtectedRootKey(config, request.passphrase());
}

// The published reason of what OpenedStore says.
absl::Status ForOperator(const absl::Status& status) {
  return status.ok()
             ? status
             : domain::Refuse(status.code(), domain::Reason::kStateWrong,
                              status.message());
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(
    const config::v1::ServerConfig& config, Log& log,
    rpc::PollingThreads& polling_threads,
    std::function<void(const absl::Status&)> on_fence) {
  ASSIGN_OR_RETURN(rpc::MethodRules rules, rpc::MethodRules::Load());
  auto server = std::unique_ptr<Server>(new Server(
      config, log, polling_threads, std::move(rules), std::move(on_fence)));
  RETURN_IF_ERROR(server->Listen());
  return server;
}

Server::Server(const config::v1::ServerConfig& config, Log& log,
               rpc::PollingThreads& polling_threads, rpc::MethodRules rules,
               std::function<void(const absl::Status&)> on_fence)
    : config_(config),
      log_(log),
      polling_threads_(polling_threads),
      rules_(std::move(rules)),
      on_fence_(std::move(on_fence)),
      started_at_(absl::Now()),
      calls_(rules_, log, polling_threads,
             [this](const rpc::MethodRule& rule, grpc::StatusCode code,
                    absl::Duration elapsed) {
               metrics_->Observe(rule, code, elapsed);
             }),
      password_workers_(2, 32),
      key_workers_(1, 64),
      export_workers_(2, 4096),
      // Two, so that one who asks while a backup is written is told so.
      operator_workers_(2, 4),
      session_service_(calls_, password_workers_, PasswordCost(config_)),
      directory_service_(calls_, password_workers_, PasswordCost(config_)),
      group_service_(calls_, key_workers_,
                     [this](const NetworkId& network, const GroupId& group,
                            absl::Time now) {
                       return Opened().key_store().CreateGroupKey(network,
                                                                  group, now);
                     }),
      message_service_(calls_),
      sync_service_(calls_, subscriptions_,
                    [this] { return Opened().key_store().Incarnation(); }),
      audit_service_(calls_, export_workers_),
      admin_service_(
          calls_, {[this] { return Serving(); },
                   [this] {
                     return static_cast<int32_t>(sync_service_.open_streams());
                   },
                   [] { return ClockIsSynchronised(); },
                   [this] { return AuditSpoolStatus(); }, started_at_}),
      operator_service_(calls_, operator_workers_,
                        {[this](const v1::UnsealRequest& request) {
                           return UnsealByOperator(request);
                         },
                         [this](const std::string& directory,
                                std::function<bool()> called_off) {
                           return BackUp(directory, std::move(called_off));
                         },
                         [this] { return Serving(); }}) {}

absl::Status Server::Listen() {
  ASSIGN_OR_RETURN(
      metrics_,
      Metrics::Start(
          config_.metrics_port(),
          {[this] {
             domain::Door* door = calls_.door();
             return door == nullptr ? 0.0
                                    : static_cast<double>(
                                          door->store().waiting_operations());
           },
           [this] { return static_cast<double>(sync_service_.open_streams()); },
           [this] {
             return static_cast<double>(sync_service_.waiting_streams());
           },
           [this] {
             return Serving() == v1::SERVING_STATE_SERVING ? 1.0 : 0.0;
           },
           [] { return ClockIsSynchronised() ? 1.0 : 0.0; },
           [this] { return AuditSpoolLag(); }}));
  grpc::EnableDefaultHealthCheckService(true);
  if (config_.development_mode()) {
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  }
  ASSIGN_OR_RETURN(const std::string api_address,
                   SocketAddress(config_.socket_path()));
  grpc::ServerBuilder api;
  SetGrpcLimits(api);
  api.SetContextAllocator(std::make_unique<CallEnds>(polling_threads_));
  api.AddListeningPort(api_address, grpc::InsecureServerCredentials());
  api.RegisterService(&session_service_);
  api.RegisterService(&directory_service_);
  api.RegisterService(&group_service_);
  api.RegisterService(&message_service_);
  api.RegisterService(&sync_service_);
  api.RegisterService(&audit_service_);
  api.RegisterService(&admin_service_);
  api_server_ = api.BuildAndStart();

  ASSIGN_OR_RETURN(const std::string operator_address,
                   SocketAddress(config_.operator_socket_path()));
  grpc::ServerBuilder local;
  SetGrpcLimits(local);
  local.AddListeningPort(operator_address, grpc::InsecureServerCredentials());
  local.RegisterService(&operator_service_);
  operator_server_ = local.BuildAndStart();
  if (api_server_ == nullptr || operator_server_ == nullptr ||
      chmod(config_.socket_path().c_str(), kApiSocketMode) != 0 ||
      chmod(config_.operator_socket_path().c_str(), kOperatorSocketMode) != 0) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ",
                                               config_.socket_path(), " and ",
                                               config_.operator_socket_path()));
  }
  SetHealth(false);
  housekeeper_ = std::thread([this] { KeepHouse(); });
  log_.Note("listening", {{"socket", config_.socket_path()}});
  return absl::OkStatus();
}

Server::~Server() {
  {
    MutexLock lock(stop_mutex_);
    stopping_ = true;
    stop_changed_.NotifyAll();
  }
  if (housekeeper_.joinable()) {
    housekeeper_.join();
  }
  polling_threads_.KeepAwake();
  calls_.Close();
  sync_service_.EndAll(v1::Close::REASON_SERVER_SHUTDOWN);
  const auto deadline =
      std::chrono::system_clock::now() + absl::ToChronoMilliseconds(kGrace);
  for (grpc::Server* server : {api_server_.get(), operator_server_.get()}) {
    if (server != nullptr) {
      server->Shutdown(deadline);
      server->Wait();
    }
  }
  polling_threads_.AllowRest();
  sync_service_.Stop();
  MutexLock lock(mutex_);
  if (opened_ != nullptr && !opened_->store().fenced()) {
    opened_->KeepHouse().IgnoreError();  // the rest is done at the next start
    // The store closes cleanly either way.
    opened_->RecordServerEvent(domain::AuditType::kServerStopped).IgnoreError();
  }
  opened_.reset();
  log_.Note("stopped", {});
}

absl::Status Server::Unseal(const crypto::Secret& root) {
  MutexLock lock(mutex_);
  if (opened_ != nullptr) {
    return absl::FailedPreconditionError("the server is unsealed already");
  }
  ASSIGN_OR_RETURN(
      std::unique_ptr<OpenedStore> opened,
      OpenedStore::Open(config_, root,
                        {[this](const domain::Outcome& outcome) {
                           subscriptions_.Publish(outcome);
                         },
                         [this](const absl::Status& why) {
                           log_.Error("fenced", {{"why", why.message()}});
                           SetHealth(false);
                           on_fence_(why);
                         }}));
  RETURN_IF_ERROR(RecordRestore(config_, *opened));
  RETURN_IF_ERROR(opened->RecordServerEvent(domain::AuditType::kServerStarted));
  RETURN_IF_ERROR(
      opened->RecordServerEvent(domain::AuditType::kServerUnsealed));
  opened->FollowLogs(
      [this](const absl::Status& why) { TellOfCheckpoints(why); });
  opened_ = std::move(opened);
  calls_.Open(opened_->door());
  SetHealth(true);
  log_.Note("unsealed", {});
  return absl::OkStatus();
}

absl::Status Server::UnsealByOperator(const v1::UnsealRequest& request) {
  const absl::StatusOr<crypto::Secret> root = RootOf(request, config_);
  return ForOperator(root.ok() ? Unseal(*root) : root.status());
}

absl::StatusOr<rpc::MadeBackup> Server::BackUp(
    const std::string& directory, std::function<bool()> called_off) {
  const auto stopping_or_called_off = [this, &called_off] {
    MutexLock lock(stop_mutex_);
    return stopping_ || called_off();
  };
  ASSIGN_OR_RETURN(const storage::BackupSummary made,
                   backups_.Write(Opened(), directory, stopping_or_called_off));
  return rpc::MadeBackup{made.path,
                         {made.made_at, made.file_bytes, made.records}};
}

void Server::TellOfCheckpoints(const absl::Status& why) {
  if (!absl::IsDataLoss(why)) {
    log_.Warn("checkpoint", {{"why", why.message()}});
    return;
  }
  // The log is not what was signed: nothing more may be said in its name.
  log_.Error("checkpoint_conflict", {{"why", why.message()}});
  SetHealth(false);
  on_fence_(why);
}

void Server::TellOfAuditSpool() {
  MutexLock lock(mutex_);
  if (opened_ == nullptr || opened_->audit_spool() == nullptr) {
    return;
  }
  const std::optional<jobs::SpoolAlarm> alarm =
      opened_->audit_spool()->AlarmAt(absl::Now());
  if (!alarm) {
    return;
  }
  log_.Write(alarm->raised ? LogLevel::kError : LogLevel::kInfo,
             alarm->raised ? "audit_spool_behind" : "audit_spool_caught_up",
             {{"events", alarm->lag.events},
              {"seconds", absl::ToInt64Seconds(alarm->lag.age)},
              {"waiting_bytes", alarm->lag.bytes_waiting},
              {"why", alarm->why.message()}});
}

std::optional<jobs::SpoolLag> Server::AuditSpoolLag() const {
  MutexLock lock(mutex_);
  if (opened_ == nullptr || opened_->audit_spool() == nullptr) {
    return std::nullopt;
  }
  const auto lag = opened_->audit_spool()->LagAt(absl::Now());
  return lag.ok() ? std::optional<jobs::SpoolLag>(*lag) : std::nullopt;
}

std::optional<v1::AuditSpoolStatus> Server::AuditSpoolStatus() const {
  const absl::Time now = absl::Now();
  const std::optional<jobs::SpoolLag> lag = AuditSpoolLag();
  if (!lag) {
    return std::nullopt;
  }
  v1::AuditSpoolStatus status;
  status.set_waiting_event_count(static_cast<int64_t>(lag->events));
  status.set_unshipped_bytes(static_cast<int64_t>(lag->bytes_waiting));
  if (lag->events > 0) {
    *status.mutable_waiting_since_time() =
        rpc::ToTimestamp(absl::ToUnixMicros(now - lag->age));
  }
  return status;
}

OpenedStore& Server::Opened() {
  // Asked only by calls that found the door open; the store stays open until
  // they have ended.
  MutexLock lock(mutex_);
  return *opened_;
}

v1::ServingState Server::Serving() const {
  const domain::Door* door = calls_.door();
  if (door == nullptr) {
    return v1::SERVING_STATE_SEALED;
  }
  const storage::Store& store = calls_.door()->store();
  if (store.fenced()) {
    return v1::SERVING_STATE_FENCED;
  }
  return store.disk_low() ? v1::SERVING_STATE_DISK_LOW
                          : v1::SERVING_STATE_SERVING;
}

void Server::SetHealth(bool serving) {
  // The operator's server has nothing to watch.
  if (grpc::HealthCheckServiceInterface* health =
          api_server_->GetHealthCheckService()) {
    health->SetServingStatus(serving);
  }
}

void Server::KeepHouse() {
  absl::Time store_at = absl::Now() + kStoreInterval;
  absl::Time clock_at = absl::Now();
  while (true) {
    {
      MutexLock lock(stop_mutex_);
      if (!stopping_) {
        stop_changed_.WaitFor(stop_mutex_, kTick);
      }
      if (stopping_) {
        return;
      }
    }
    log_.Flush();
    const absl::Time now = absl::Now();
    if (calls_.door() != nullptr) {
      sync_service_.Tick(now);
    }
    TellOfAuditSpool();
    if (now >= store_at) {
      store_at = now + kStoreInterval;
      KeepStore();
    }
    if (now >= clock_at) {
      clock_at = now + kClockCheckInterval;
      if (!ClockIsSynchronised()) {
        log_.Warn("clock_not_synchronised", {});
      }
    }
  }
}

void Server::KeepStore() {
  MutexLock lock(mutex_);
  if (opened_ == nullptr) {
    return;
  }
  if (const absl::Status kept = opened_->KeepHouse(); !kept.ok()) {
    log_.Warn("housekeeping", {{"code", kept.code()}});
  }
}

}  // namespace renkei::server
