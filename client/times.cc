#include "client/times.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/arguments.h"

namespace renkei::client {

absl::StatusOr<google::protobuf::Timestamp> ParseTime(absl::string_view text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error) &&
      !absl::ParseTime("%Y-%m-%d", text, absl::LocalTimeZone(), &time,
                       &error)) {
    return UsageError(absl::StrCat(
        "\"", text, "\" is no time such as 2025-09-24T09:00:00+09:00"));
  }
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(absl::ToUnixSeconds(time));
  return timestamp;
}

}  // namespace renkei::client
