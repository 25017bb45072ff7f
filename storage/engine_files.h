// Small files beside the database, on the same disk: written whole or not at
// all.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/engine.h"

namespace rocksdb {
class Status;
}

namespace renkei::storage {

// NotFound, DataLoss for corruption, ResourceExhausted for a full disk, else
// Unavailable. Messages name files and offsets, never keys or values.
absl::Status FromRocks(const rocksdb::Status& status);

// Puts a file of exactly `bytes` at `path`. Durable when it returns OK; after a
// crash there is the old file, the new one, or, where none was, none. A
// leftover under `path`.new does no harm.
absl::Status ReplaceFile(Disk& disk, const std::string& path,
                         absl::string_view bytes);

// Makes the names in the folder of `path` durable.
absl::Status SyncFolderOf(Disk& disk, const std::string& path);

// Names of what is in a folder, sorted.
absl::StatusOr<std::vector<std::string>> ListFolder(Disk& disk,
                                                    const std::string& folder);

// Deletes all files of a folder, which has no folders in it. OK if there is no
// such folder.
absl::Status ClearFolder(Disk& disk, const std::string& folder);

}  // namespace renkei::storage
