// A group's head, and how messages move it on. It changes with every message,
// and a message's row tells how: so a message writes no row for the head, and
// who finds none in memory works it out from the newest message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "renkei/storage/v1/records.pb.h"

namespace renkei::storage {

class Snapshot;

// The chain over a group's entries: SHA-256(previous || SHA-256(entry)), in 32
// bytes. `previous`: what it gave for the entry before; empty for the first.
std::string ChainHash(absl::string_view previous, absl::string_view entry);

// The head as it is once the message is the newest one. `plaintext`: of its
// row, which is its entry in the chain.
v1::GroupHeadRecord HeadAfter(uint64_t sequence,
                              const v1::MessageRecord& message,
                              absl::string_view plaintext);

// The CatchUp of kGroupHeads. A head with a row is that of the last entry that
// is no message, or of a message of before heads were implied; messages after
// it imply the rest. DataLoss if something does not parse.
absl::Status CatchUpGroupHead(const Snapshot& view, absl::string_view key,
                              std::optional<std::string>& plaintext);

}  // namespace renkei::storage
