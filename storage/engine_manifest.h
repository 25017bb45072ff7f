// RocksDB's MANIFEST, the list of its files, as a power loss may leave it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "storage/engine.h"

namespace renkei::storage {

// RocksDB appends records to its MANIFEST and syncs before it acts on them. A
// power loss before the sync may leave a file that is longer than what reached
// the disk: missing sectors read as zeros. RocksDB bears a last record that is
// cut short and refuses one with such a hole.
//
// Where the first record begins that does not read back because a sector of it
// is missing; nullopt where there is none, or where damage of another kind
// comes first: that is RocksDB's to refuse. Nullopt too if more follows than
// the records between two syncs can be.
std::optional<size_t> TornRecordAt(absl::string_view manifest);

// Cuts the MANIFEST of the database in `directory` there, if it has one and
// nobody uses it. For databases that were not closed cleanly, before they are
// opened.
absl::Status CutTornManifest(Disk& disk, const std::string& directory);

// What follows a torn record at most; far more than RocksDB writes between two
// syncs.
inline constexpr size_t kUnsyncedManifestBytesMax = size_t{64} << 10;

}  // namespace renkei::storage
