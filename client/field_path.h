// Picks single values out of an answer, for scripts without a JSON reader.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace renkei::client {

// The values at `path` ("messages.name": fields parted by dots, in the names
// of the .proto file), in order; every element of a repeated field. Times are
// RFC 3339, enums their names, messages JSON on one line. A usage error if
// the message has no such field.
absl::StatusOr<std::vector<std::string>> ValuesAt(
    const google::protobuf::Message& message, absl::string_view path);

// The whole message as one line of JSON with the field names of the .proto
// file; fields that hold their default are printed too.
std::string ToJson(const google::protobuf::Message& message);

}  // namespace renkei::client
