// Page tokens: the place a list stopped at, sealed to its caller, method and
// filters, good for an hour.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "server/domain/call.h"

namespace renkei::rpc {

inline constexpr int32_t kPageSizeDefault = 50;
inline constexpr int32_t kPageSizeMax = 200;

// 0 is the default, too large the maximum; negative is INVALID_ARGUMENT.
absl::StatusOr<size_t> ParsePageSize(int32_t page_size);

// `place` is whatever the list needs to go on. `filters` is the request; its
// page_size and page_token do not count. REQUIRES: call.caller.
std::string MakePageToken(const domain::ReadCall& call,
                          const google::protobuf::Message& filters,
                          absl::string_view place);

// The place; PAGE_TOKEN_INVALID when the token was not made for this caller and
// these filters, or is too old. An empty token is an empty place.
absl::StatusOr<std::string> OpenPageToken(
    const domain::ReadCall& call, const google::protobuf::Message& filters,
    absl::string_view token);

}  // namespace renkei::rpc
