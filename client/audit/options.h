// What was typed after a subcommand of `renkei-audit`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace renkei::audit {

struct Options {
  std::map<std::string, std::string> values;  // of `--NAME VALUE`; flags: ""
  std::vector<std::string> files;

  bool Has(const std::string& name) const { return values.count(name) != 0; }
  // Empty if it was not given.
  std::string Get(const std::string& name) const;
};

// `with_value` and `flags` are the names allowed, without dashes.
// InvalidArgument names what is not.
absl::StatusOr<Options> ParseOptions(
    const std::vector<std::string>& arguments,
    absl::Span<const absl::string_view> with_value,
    absl::Span<const absl::string_view> flags);

// The 16 bytes of an id, given alone or as the end of a resource name; empty
// for an empty text.
absl::StatusOr<std::string> ParseId(absl::string_view text);

// RFC 3339, or a date, which is the beginning of that day in Japan.
absl::StatusOr<int64_t> ParseTimeMicros(absl::string_view text);

// For people, in Japan time.
std::string FormatTimeMicros(int64_t micros);

// The id's text; empty for none.
std::string FormatId(absl::string_view bytes);

// Such as messages_read, for a number of renkei.v1.AuditEventType; a number
// that this program does not know stays a number.
std::string TypeName(uint32_t type);
absl::StatusOr<uint32_t> ParseType(absl::string_view name);

}  // namespace renkei::audit
