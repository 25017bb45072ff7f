// Reads the spool of the audit logs back, as a receiver of syslog would.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/base/hash32.h"

namespace renkei::testing {

struct SpooledEvent {
  std::string network;
  uint64_t number = 0;
  Hash32 leaf_hash;
};

// The files, by time of their beginning; none when there is no folder.
std::vector<std::string> SpoolFiles(const std::string& folder);

// The events of all whole lines, in the order of files and lines. Lines that
// a crash cut short are left out; how many there were is told by `torn`.
std::vector<SpooledEvent> SpooledEvents(const std::string& folder,
                                        size_t* torn = nullptr);

}  // namespace renkei::testing
