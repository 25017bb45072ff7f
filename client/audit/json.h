// A strict reader of JSON, for what auditors bring; and how text is written.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace renkei::audit {

// A number stays as it was written: sizes of trees are larger than a double
// holds.
struct JsonNumber {
  std::string text;
};

struct JsonValue {
  using Array = std::vector<JsonValue>;
  using Object = std::map<std::string, JsonValue>;
  std::variant<std::nullptr_t, bool, JsonNumber, std::string, Array, Object>
      value;

  bool IsNull() const { return std::holds_alternative<std::nullptr_t>(value); }
};

// InvalidArgument for anything that RFC 8259 does not allow, for a name that
// occurs twice in an object, a lone surrogate, or values nested deeper than 64.
absl::StatusOr<JsonValue> ParseJson(absl::string_view text);

// `text` in quotes; a text that is not UTF-8 becomes one U+FFFD.
std::string JsonString(absl::string_view text);

struct JsonMember {
  absl::string_view name;
  std::string json;  // its value, as JSON
};

// What is empty is left out; with nothing left they are empty themselves.
std::string JsonObject(const std::vector<JsonMember>& members);
std::string JsonArray(const std::vector<std::string>& elements);

}  // namespace renkei::audit
