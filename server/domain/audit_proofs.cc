#include "server/domain/audit_proofs.h"

#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/domain/audit_query.h"
#include "server/domain/audit_tree.h"
#include "server/domain/authorize.h"
#include "server/domain/refusal.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

// A piece ends with the event that makes it this long; clients take 4 MiB.
constexpr size_t kPieceBytes = 1 << 20;

Target Whole(const NetworkId& network) {
  return TargetOf(network, storage::v1::AuditLeaf());
}

absl::StatusOr<storage::v1::CheckpointRecord> LastCheckpoint(
    const ReadCall& call, const NetworkId& network) {
  ASSIGN_OR_RETURN(auto found,
                   call.view.Find(storage::kCheckpoints, {network}));
  if (!found) {
    return RefuseUnknown();
  }
  return *std::move(found);
}

// A tree that is not there yet is the caller's mistake, not a loss.
template <typename T>
absl::StatusOr<T> ForField(absl::StatusOr<T> proof, absl::string_view field) {
  if (absl::IsOutOfRange(proof.status())) {
    return RefuseField(field, "a size that the log has reached");
  }
  return proof;
}

std::string Encoded(absl::string_view bytes) {
  return absl::Base64Escape(bytes);
}

absl::StatusOr<std::string> ExportHead(
    const ReadCall& call, const ExportPlace& place,
    const storage::v1::CheckpointRecord& to) {
  ASSIGN_OR_RETURN(const AuditTree tree,
                   AuditTree::Open(call.view, place.network));
  ASSIGN_OR_RETURN(const std::vector<Hash32> frontier,
                   tree.FrontierAt(place.begin));
  std::string head =
      absl::StrCat("renkei-audit-export 1\nkey ", to.verifier_key(),
                   "\ncheckpoint ", Encoded(to.note()), "\nfrom ", place.begin);
  for (const Hash32& hash : frontier) {
    absl::StrAppend(&head, " ", Encoded(hash.bytes()));
  }
  return head + "\n";
}

absl::StatusOr<std::string> EventLine(const ReadCall& call,
                                      const storage::AuditKey& key,
                                      absl::string_view leaf) {
  ASSIGN_OR_RETURN(const auto details,
                   call.view.Find(storage::kAuditDetails, key));
  std::string line =
      absl::StrCat("event ", key.index, " ", Encoded(LeafHash(leaf).bytes()),
                   " ", Encoded(leaf));
  if (details) {
    absl::StrAppend(&line, " ", Encoded(details->salt()), " ",
                    Encoded(details->details()));
  }
  return line + "\n";
}

// From place.next on, until the piece is full; moves `place` behind them.
absl::Status AppendEventLines(const ReadCall& call, ExportPlace& place,
                              std::string& piece) {
  absl::Status read = absl::OkStatus();
  RETURN_IF_ERROR(call.view.Scan(
      storage::kAudit,
      storage::KeysBetween(storage::kAudit, {place.network, place.next},
                           {place.network, place.size}),
      storage::Direction::kForward,
      [&](const storage::AuditKey& key,
          const storage::v1::AuditRecord& record) {
        if (key.index != place.next) {
          return false;
        }
        const absl::StatusOr<std::string> line =
            EventLine(call, key, record.leaf());
        read = line.status();
        if (read.ok()) {
          piece += *line;
          ++place.next;
        }
        return read.ok() && piece.size() < kPieceBytes;
      }));
  RETURN_IF_ERROR(read);
  return place.next == place.size || piece.size() >= kPieceBytes
             ? absl::OkStatus()
             : absl::DataLossError("an audit event is missing");
}

}  // namespace

absl::StatusOr<storage::v1::CheckpointRecord> GetCheckpoint(
    ReadCall& call, const NetworkId& network) {
  RETURN_IF_ERROR(Authorize(call, Action::kGetCheckpoint, Whole(network)));
  return LastCheckpoint(call, network);
}

absl::StatusOr<EventInclusion> GetInclusionProof(ReadCall& call,
                                                 const NetworkId& network,
                                                 uint64_t index,
                                                 uint64_t tree_size) {
  std::optional<storage::v1::AuditRecord> record;
  storage::v1::AuditLeaf leaf;
  if (network == CallerOf(call).network) {
    ASSIGN_OR_RETURN(record, call.view.Find(storage::kAudit, {network, index}));
  }
  if (record && !leaf.ParseFromString(record->leaf())) {
    return absl::DataLossError("audit leaf");
  }
  RETURN_IF_ERROR(
      Authorize(call, Action::kGetInclusionProof, TargetOf(network, leaf)));
  if (!record) {
    return RefuseUnknown();
  }
  ASSIGN_OR_RETURN(const AuditTree tree, AuditTree::Open(call.view, network));
  ASSIGN_OR_RETURN(
      std::vector<Hash32> path,
      ForField(tree.ProveInclusion(index, tree_size), "tree_size"));
  return EventInclusion{std::move(*record->mutable_leaf()), std::move(path)};
}

absl::StatusOr<std::vector<Hash32>> GetConsistencyProof(
    ReadCall& call, const NetworkId& network, const TreeSizes& sizes) {
  RETURN_IF_ERROR(
      Authorize(call, Action::kGetConsistencyProof, Whole(network)));
  ASSIGN_OR_RETURN(const AuditTree tree, AuditTree::Open(call.view, network));
  return ForField(tree.ProveConsistency(sizes.older, sizes.newer),
                  "newer_size");
}

absl::StatusOr<std::string> ExportPiece(ReadCall& call, ExportPlace& place) {
  RETURN_IF_ERROR(
      Authorize(call, Action::kExportAuditEvents, Whole(place.network)));
  std::string piece;
  if (place.size == 0) {
    ASSIGN_OR_RETURN(const auto checkpoint,
                     LastCheckpoint(call, place.network));
    if (place.begin >= checkpoint.size()) {
      return RefuseField("first_index", "an event that the checkpoint has");
    }
    ASSIGN_OR_RETURN(piece, ExportHead(call, place, checkpoint));
    place.size = checkpoint.size();
    place.next = place.begin;
  }
  RETURN_IF_ERROR(AppendEventLines(call, place, piece));
  if (place.next == place.size) {
    absl::StrAppend(&piece, "end ", place.size - place.begin, "\n");
    place.ended = true;
  }
  return piece;
}

}  // namespace renkei::domain
