#include "server/rpc/admin_service.h"

#include "absl/time/clock.h"
#include "server/domain/authorize.h"
#include "server/domain/backups.h"
#include "server/domain/build.h"
#include "server/domain/refusal.h"
#include "server/rpc/names.h"
#include "server/rpc/page_token.h"
#include "storage/base/status_macros.h"

namespace renkei::rpc {
namespace {

constexpr int32_t kApiRevision = 1;

void FillLimits(v1::Limits& limits) {
  limits.set_body_code_points_max(20000);
  limits.set_page_size_max(kPageSizeMax);
  limits.set_mentions_max(50);
  limits.set_mark_displayed_max(200);
  limits.set_group_members_max(200);
  limits.set_request_bytes_max(kRequestBytesMax);
  limits.set_request_id_days(30);
  limits.set_person_streams_max(10);
}

struct NoForm {};

absl::StatusOr<std::string> ParseDirectory(const v1::BackupRequest& request) {
  if (request.directory().empty() || request.directory()[0] != '/') {
    return domain::RefuseField("directory", "an absolute path");
  }
  return request.directory();
}

}  // namespace

grpc::ServerUnaryReactor* AdminServiceHandler::GetServerInfo(
    grpc::CallbackServerContext* context,
    const v1::GetServerInfoRequest* request, v1::ServerInfo* response) {
  return calls_.AnswerWithoutStore(context, *request, [&] {
    response->set_version(std::string(domain::kServerBuild));
    response->set_api_revision(kApiRevision);
    response->add_features("sync");
    FillLimits(*response->mutable_limits());
    response->set_state(state_.serving());
    *response->mutable_server_time() =
        ToTimestamp(absl::ToUnixMicros(absl::Now()));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AdminServiceHandler::GetStatus(
    grpc::CallbackServerContext* context, const v1::GetStatusRequest* request,
    v1::ServerStatus* response) {
  return calls_.Read(
      context, *request, *response, absl::StatusOr<NoForm>(NoForm()),
      [this, response](domain::ReadCall& call, const NoForm&) -> absl::Status {
        RETURN_IF_ERROR(
            domain::Authorize(call, domain::Action::kGetStatus, {}));
        ASSIGN_OR_RETURN(const auto head,
                         call.view.Get(storage::kNetworkHeads,
                                       {domain::CallerOf(call).network}));
        response->set_state(state_.serving());
        *response->mutable_start_time() =
            ToTimestamp(absl::ToUnixMicros(state_.started_at));
        response->set_last_commit(static_cast<int64_t>(head.last_commit()));
        response->set_audit_event_count(
            static_cast<int64_t>(head.audit_size()));
        const storage::Store& store = calls_.door()->store();
        response->set_queued_writes(
            static_cast<int32_t>(store.waiting_operations()));
        response->set_open_streams(state_.open_streams());
        response->set_disk_free_bytes(
            static_cast<int64_t>(store.disk_free_bytes()));
        response->set_disk_low_water_bytes(
            static_cast<int64_t>(store.disk_low_water_bytes()));
        response->set_clock_synchronised(state_.clock_synchronised());
        if (const auto spool = state_.audit_spool()) {
          *response->mutable_audit_spool() = *spool;
        }
        ASSIGN_OR_RETURN(const std::optional<absl::Time> backup,
                         domain::LastBackupTime(call.view));
        if (backup) {
          *response->mutable_last_backup_time() =
              ToTimestamp(absl::ToUnixMicros(*backup));
        }
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* OperatorServiceHandler::Unseal(
    grpc::CallbackServerContext* context, const v1::UnsealRequest* request,
    v1::UnsealResponse* response) {
  return calls_.AnswerOnWorker(
      workers_, context, *request, [this, request, response] {
        absl::Status unsealed = actions_.unseal(*request);
        response->set_state(actions_.serving());
        return unsealed;
      });
}

grpc::ServerUnaryReactor* OperatorServiceHandler::Backup(
    grpc::CallbackServerContext* context, const v1::BackupRequest* request,
    v1::BackupResponse* response) {
  return calls_.WriteAfter(
      workers_, context, *request, *response, ParseDirectory(*request),
      [this, context](domain::ReadCall& call, const std::string& directory)
          -> absl::StatusOr<MadeBackup> {
        RETURN_IF_ERROR(domain::AuthorizeBackup(call));
        return actions_.back_up(directory,
                                [context] { return context->IsCancelled(); });
      },
      [response](domain::WriteCall& call, const std::string&,
                 const MadeBackup& made) -> absl::Status {
        RETURN_IF_ERROR(domain::RecordBackup(call, made.facts));
        response->set_path(made.path);
        response->set_size_bytes(static_cast<int64_t>(made.facts.file_bytes));
        response->set_record_count(static_cast<int64_t>(made.facts.records));
        *response->mutable_checkpoint_time() =
            ToTimestamp(absl::ToUnixMicros(made.facts.made_at));
        return absl::OkStatus();
      });
}

}  // namespace renkei::rpc
