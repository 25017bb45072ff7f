// Where RocksDB's logs lie: written over zeros, so that a sync has no new end
// of the file to make durable as well.
#pragma once

#include <memory>

#include "storage/engine.h"

namespace renkei::storage {

// `disk` with logs (files named *.log) laid out ahead: an open one ends in up
// to 256 KiB of zeros, which no reader of logs takes for a record. On ext4 a
// sync that lengthens a file writes the file system's journal too; one over
// bytes that are there takes two thirds of the time. PostgreSQL does the same
// (wal_init_zero). At most one record is not yet synced at any time, so none
// can be whole behind one that a power loss tore. `disk` outlives what is
// returned.
std::unique_ptr<Disk> LayOutLogs(Disk& disk);

}  // namespace renkei::storage
