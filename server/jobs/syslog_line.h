// An audit event as a line of syslog (RFC 5424), for receivers that know
// nothing of us.
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "renkei/storage/v1/records.pb.h"
#include "storage/base/hash32.h"

namespace renkei::jobs {

// RFC 5424 asks every receiver to take so many octets.
inline constexpr size_t kSyslogLineBytesMax = 2048;

// Who says it.
struct SyslogSource {
  std::string host;     // HOSTNAME
  std::string process;  // PROCID
};

// One line of printable ASCII and its newline, at most kSyslogLineBytesMax in
// all: ids, codes and the client's address, never what people wrote.
// `event_name` is that of leaf.type(), of at most 32 characters. The event is
// named by network, number and leafHash, which are always there; what would
// make the line too long is left out.
std::string SyslogLine(const storage::v1::AuditLeaf& leaf,
                       const Hash32& leaf_hash, absl::string_view event_name,
                       const SyslogSource& source);

}  // namespace renkei::jobs
