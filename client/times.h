// Times as people type them.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/timestamp.pb.h"

namespace renkei::client {

// Reads RFC 3339 ("2025-09-24T09:00:00+09:00"), or a date ("2025-09-24"),
// which is the beginning of that day here. A usage error otherwise.
absl::StatusOr<google::protobuf::Timestamp> ParseTime(absl::string_view text);

}  // namespace renkei::client
