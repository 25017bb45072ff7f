// Rows that leave the database when their time is over.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace rocksdb {
class CompactionFilterFactory;
}

namespace renkei::storage {

// For the family of kRequests: when RocksDB merges tables it leaves out the
// rows of periods before the last one, which no look-up asks for; all others
// stay. `now_micros`, of the Unix epoch, is the time of the last write, which
// never goes back; it outlives what is returned. RocksDB merges every table of
// such a family at least once in 30 days.
std::shared_ptr<rocksdb::CompactionFilterFactory> LeaveOutOldRequests(
    const std::atomic<int64_t>& now_micros);

}  // namespace renkei::storage
