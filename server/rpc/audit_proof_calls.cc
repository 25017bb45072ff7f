#include "absl/strings/match.h"
#include "server/domain/audit_proofs.h"
#include "server/domain/merkle.h"
#include "server/domain/refusal.h"
#include "server/rpc/audit_service.h"
#include "server/rpc/names.h"
#include "storage/base/status_macros.h"

namespace renkei::rpc {
namespace {

constexpr absl::string_view kCheckpointEnding = "/checkpoint";

absl::StatusOr<NetworkName> ParseCheckpointName(absl::string_view text) {
  if (!absl::EndsWith(text, kCheckpointEnding)) {
    return domain::RefuseField("name", "networks/{network}/checkpoint");
  }
  text.remove_suffix(kCheckpointEnding.size());
  return ParseNetworkName("name", text);
}

absl::StatusOr<uint64_t> ParseTreeSize(absl::string_view field, int64_t size) {
  if (size < 1) {
    return domain::RefuseField(field, "at least 1");
  }
  return static_cast<uint64_t>(size);
}

struct InclusionForm {
  AuditEventName event;
  uint64_t tree_size = 0;
};
absl::StatusOr<InclusionForm> Parse(
    const v1::GetInclusionProofRequest& request) {
  InclusionForm form;
  ASSIGN_OR_RETURN(form.event, ParseAuditEventName("name", request.name()));
  ASSIGN_OR_RETURN(form.tree_size,
                   ParseTreeSize("tree_size", request.tree_size()));
  if (form.event.index >= form.tree_size) {
    return domain::RefuseField("tree_size", "larger than the event's number");
  }
  return form;
}

struct ConsistencyForm {
  NetworkName parent;
  domain::TreeSizes sizes;
};
absl::StatusOr<ConsistencyForm> Parse(
    const v1::GetConsistencyProofRequest& request) {
  ConsistencyForm form;
  ASSIGN_OR_RETURN(form.parent, ParseNetworkName("parent", request.parent()));
  ASSIGN_OR_RETURN(form.sizes.older,
                   ParseTreeSize("older_size", request.older_size()));
  ASSIGN_OR_RETURN(form.sizes.newer,
                   ParseTreeSize("newer_size", request.newer_size()));
  if (form.sizes.newer < form.sizes.older) {
    return domain::RefuseField("newer_size", "not smaller than older_size");
  }
  return form;
}

template <typename Repeated>
void AddHashes(const std::vector<Hash32>& hashes, Repeated& to) {
  for (const Hash32& hash : hashes) {
    to.Add(std::string(hash.bytes()));
  }
}

}  // namespace

grpc::ServerUnaryReactor* AuditServiceHandler::GetCheckpoint(
    grpc::CallbackServerContext* context,
    const v1::GetCheckpointRequest* request, v1::Checkpoint* response) {
  return calls_.Read(
      context, *request, *response, ParseCheckpointName(request->name()),
      [request, response](domain::ReadCall& call,
                          const NetworkName& name) -> absl::Status {
        ASSIGN_OR_RETURN(const auto record,
                         domain::GetCheckpoint(call, name.network));
        response->set_name(request->name());
        response->set_note(record.note());
        response->set_verifier_key(record.verifier_key());
        response->set_size(static_cast<int64_t>(record.size()));
        response->set_root_hash(record.root());
        *response->mutable_sign_time() = ToTimestamp(record.signed_at_micros());
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* AuditServiceHandler::GetInclusionProof(
    grpc::CallbackServerContext* context,
    const v1::GetInclusionProofRequest* request, v1::InclusionProof* response) {
  return calls_.Read(
      context, *request, *response, Parse(*request),
      [response](domain::ReadCall& call,
                 const InclusionForm& form) -> absl::Status {
        ASSIGN_OR_RETURN(
            domain::EventInclusion proof,
            domain::GetInclusionProof(call, form.event.network,
                                      form.event.index, form.tree_size));
        response->set_index(static_cast<int64_t>(form.event.index));
        response->set_tree_size(static_cast<int64_t>(form.tree_size));
        response->set_leaf_hash(
            std::string(domain::LeafHash(proof.leaf).bytes()));
        response->set_leaf(std::move(proof.leaf));
        AddHashes(proof.path, *response->mutable_hashes());
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* AuditServiceHandler::GetConsistencyProof(
    grpc::CallbackServerContext* context,
    const v1::GetConsistencyProofRequest* request,
    v1::ConsistencyProof* response) {
  return calls_.Read(
      context, *request, *response, Parse(*request),
      [response](domain::ReadCall& call,
                 const ConsistencyForm& form) -> absl::Status {
        ASSIGN_OR_RETURN(
            const std::vector<Hash32> proof,
            domain::GetConsistencyProof(call, form.parent.network, form.sizes));
        response->set_older_size(static_cast<int64_t>(form.sizes.older));
        response->set_newer_size(static_cast<int64_t>(form.sizes.newer));
        AddHashes(proof, *response->mutable_hashes());
        return absl::OkStatus();
      });
}

}  // namespace renkei::rpc
