// The FORMAT file of a database: what programs may read it, and whose it is.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "storage/engine.h"

namespace renkei::storage {

// Before the database is opened: writes the file where there is neither file
// nor database. FailedPrecondition: a format that this program does not read
// (schema.h), the store of another key store, or a database without the file.
// DataLoss: the database's first file is gone.
absl::Status PrepareFormat(Disk& disk, const std::string& directory,
                           absl::string_view store_id, bool has_database);

// Makes it the file of this program's format, unless it is. Durable when it
// returns OK. For a database that this process alone has, before it writes what
// programs of an earlier format misread.
absl::Status WriteFormat(Disk& disk, const std::string& directory,
                         absl::string_view store_id);

}  // namespace renkei::storage
