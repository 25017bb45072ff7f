// Where a device's stream stands: cursors, the beginning of a stream,
// confirmation of what arrived.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/domain/call.h"

namespace renkei::domain {

inline constexpr absl::Duration kCursorLifetime = absl::Hours(24 * 30);

// The caller's cursor at a place: everything up to `commit` has been handled.
// Sealed to network, person, device and the store's incarnation, so that a
// restored store serves no cursor of the future it lost.
std::string MakeCursor(const crypto::KeyRing& keys, const Caller& caller,
                       absl::string_view incarnation, absl::Time now,
                       uint64_t commit);

// INVALID_ARGUMENT, CURSOR_INVALID when it was not made for this caller and
// store; nullopt when it is too old to be served.
absl::StatusOr<std::optional<uint64_t>> OpenCursor(
    const ReadCall& call, absl::string_view incarnation,
    absl::string_view cursor);

struct StreamBeginning {
  enum class Mode { kFresh, kResumed, kExpired };
  Mode mode = Mode::kFresh;
  uint64_t commit = 0;
};

// Where a stream with this cursor (empty: none) begins. A fresh one begins at
// the last commit.
absl::StatusOr<StreamBeginning> BeginStream(ReadCall& call,
                                            absl::string_view incarnation,
                                            absl::string_view cursor);

// Confirms that everything up to the cursor arrived on the caller's device and
// is kept there.
absl::Status AckDelivery(WriteCall& call, absl::string_view incarnation,
                         absl::string_view cursor);

}  // namespace renkei::domain
