#include "server/domain/audit_proofs.h"
#include "server/domain/refusal.h"
#include "server/rpc/audit_service.h"
#include "server/rpc/errors.h"
#include "server/rpc/names.h"
#include "storage/base/status_macros.h"

namespace renkei::rpc {
namespace {

using Response = v1::ExportAuditEventsResponse;

// One export: a piece is read through the door, which audits it, and written;
// then the next, so that a slow reader holds one piece and no snapshot.
class ExportStream final : public grpc::ServerWriteReactor<Response> {
 public:
  ExportStream(domain::Door& door, Workers& workers, domain::Request request,
               domain::ExportPlace place)
      : door_(door),
        workers_(workers),
        request_(std::move(request)),
        place_(place) {
    PostRead();
  }

  void OnWriteDone(bool ok) override {
    if (!ok || place_.ended) {
      Finish(ok ? grpc::Status::OK : grpc::Status::CANCELLED);
      return;
    }
    PostRead();
  }
  void OnDone() override { delete this; }

 private:
  // The library's polling threads must not wait for the disk.
  void PostRead() {
    if (const absl::Status posted = workers_.Post([this] { Read(); });
        !posted.ok()) {
      Finish(ToGrpc(posted, request_.origin.correlation_id));
    }
  }

  void Read() {
    door_.Read(
        request_,
        [this](domain::ReadCall& call) -> absl::Status {
          // A read may run again: it begins where the piece before ended.
          next_place_ = place_;
          ASSIGN_OR_RETURN(*piece_.mutable_content(),
                           domain::ExportPiece(call, next_place_));
          return absl::OkStatus();
        },
        [this](const absl::Status& status) {
          if (!status.ok()) {
            Finish(ToGrpc(status, request_.origin.correlation_id));
            return;
          }
          place_ = next_place_;
          StartWrite(&piece_);
        });
  }

  domain::Door& door_;
  Workers& workers_;
  const domain::Request request_;
  domain::ExportPlace place_;
  domain::ExportPlace next_place_;
  Response piece_;
};

class RefusedExport final : public grpc::ServerWriteReactor<Response> {
 public:
  explicit RefusedExport(const absl::Status& why) { Finish(ToGrpc(why, "")); }
  void OnDone() override { delete this; }
};

absl::StatusOr<domain::ExportPlace> Parse(
    const v1::ExportAuditEventsRequest& request) {
  domain::ExportPlace place;
  ASSIGN_OR_RETURN(const NetworkName parent,
                   ParseNetworkName("parent", request.parent()));
  if (request.first_index() < 0) {
    return domain::RefuseField("first_index", "not negative");
  }
  place.network = parent.network;
  place.begin = static_cast<uint64_t>(request.first_index());
  return place;
}

}  // namespace

grpc::ServerWriteReactor<v1::ExportAuditEventsResponse>*
AuditServiceHandler::ExportAuditEvents(
    grpc::CallbackServerContext* context,
    const v1::ExportAuditEventsRequest* request) {
  absl::StatusOr<domain::Request> opening =
      calls_.StreamRequest(*context, *request);
  if (!opening.ok()) {
    return new RefusedExport(opening.status());
  }
  const absl::StatusOr<domain::ExportPlace> place = Parse(*request);
  if (!place.ok()) {
    return new RefusedExport(place.status());
  }
  return new ExportStream(*calls_.door(), workers_, *std::move(opening),
                          *place);
}

}  // namespace renkei::rpc
