// Runs: records that were written together under keys that count up by one lie
// in one row, sealed once, under the key of the first. The audit log is kept
// so: a commit of thirty calls adds a few rows to it, not thirty.
//
// Every record of such a table is one field of bytes with the number 1 (wire
// format of Protocol Buffers) and nothing else; a run is its records one after
// another, so a record that was written alone is a run of one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace renkei::storage {

// A run takes no more records once it has this much: who asks for one opens
// all.
inline constexpr size_t kRunBytesMax = 4096;

// By how much `key` counts further than `first`; nullopt if they differ in more
// than the number at their end, or it counts less.
std::optional<uint64_t> PlaceInRun(absl::string_view first,
                                   absl::string_view key);

// The key at that place. REQUIRES: `first` ends with a number.
std::string KeyInRun(absl::string_view first, uint64_t place);

// Its records, parts of `run`. DataLoss if it is none, or empty.
absl::StatusOr<std::vector<absl::string_view>> RecordsOfRun(
    absl::string_view run);

}  // namespace renkei::storage
