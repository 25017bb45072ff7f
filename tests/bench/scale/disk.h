// What a store takes on the disk.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace renkei::bench {

// All files below `folder`.
uint64_t BytesBelow(const std::string& folder);
// Of RocksDB's write-ahead log in `folder`.
uint64_t LogBytesIn(const std::string& folder);

// The machine forgets what it holds of these files in memory, as after a
// restart.
absl::Status ForgetFilesBelow(const std::string& folder);

struct TableBytes {
  std::string family;
  std::string table;
  uint64_t bytes = 0;
};

// By table, roughly, the largest first; what waits in the log is left out.
// `folder` is a database that nobody serves.
absl::StatusOr<std::vector<TableBytes>> MeasureTables(
    const std::string& folder);

}  // namespace renkei::bench
