// Proofs about the audit log, for callers: checkpoints, inclusion,
// consistency, and the export that proves itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/domain/call.h"
#include "storage/base/hash32.h"

namespace renkei::domain {

// The last one signed; refused as unknown when there is none yet.
absl::StatusOr<storage::v1::CheckpointRecord> GetCheckpoint(
    ReadCall& call, const NetworkId& network);

struct EventInclusion {
  std::string leaf;  // as kept
  std::vector<Hash32> path;
};

// For who may read the event.
absl::StatusOr<EventInclusion> GetInclusionProof(ReadCall& call,
                                                 const NetworkId& network,
                                                 uint64_t index,
                                                 uint64_t tree_size);

struct TreeSizes {
  uint64_t older = 0;
  uint64_t newer = 0;
};
absl::StatusOr<std::vector<Hash32>> GetConsistencyProof(
    ReadCall& call, const NetworkId& network, const TreeSizes& sizes);

// Where an export has come to.
struct ExportPlace {
  NetworkId network;
  uint64_t next = 0;   // event
  uint64_t begin = 0;  // the first event of the file
  // Of the checkpoint that the file ends with; 0 before the first piece.
  uint64_t size = 0;
  bool ended = false;
};

// The next piece of the file, whose format docs/AUDITING.md describes; moves
// `place` on. The first piece fixes the checkpoint. Pieces of one log from one
// begin to one checkpoint are always the same bytes.
absl::StatusOr<std::string> ExportPiece(ReadCall& call, ExportPlace& place);

}  // namespace renkei::domain
