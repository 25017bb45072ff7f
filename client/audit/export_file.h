// The file that the server exports: events of one log from a number on, and a
// checkpoint that proves them. docs/AUDITING.md describes its lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/audit/proof.h"

namespace renkei::audit {

// Valid as long as the visit that it is given to.
struct ExportedEvent {
  uint64_t line = 0;   // of the file, from 1
  uint64_t index = 0;  // as the line says
  Hash32 leaf_hash;    // as the line says
  std::string leaf;
  std::optional<std::string> salt;  // with details; nullopt when there are none
  std::string details;              // or they were erased
};

struct ExportHead {
  std::string key;         // verifier key
  std::string checkpoint;  // signed note
  uint64_t begin = 0;      // number of the first event
  std::vector<Hash32> frontier;
};

bool IsExport(absl::string_view bytes);

// Reads line by line: the head first, then every event. InvalidArgument names
// the line that does not read; what came before was visited. The visitors may
// end the reading with an error of their own.
absl::Status ReadExport(
    absl::string_view bytes,
    absl::FunctionRef<absl::Status(const ExportHead&)> visit_head,
    absl::FunctionRef<absl::Status(const ExportedEvent&)> visit_event);

}  // namespace renkei::audit
