// Enum values of the API in words people type and read.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/language.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/generated_enum_reflection.h"

namespace renkei::client {

// The value of `type` whose name without the type's prefix is `text` in any
// case: "daily_care" is CATEGORY_DAILY_CARE. A usage error that lists the
// choices if there is none.
absl::StatusOr<int> ParseEnumValue(const google::protobuf::EnumDescriptor& type,
                                   absl::string_view text);

template <typename Enum>
absl::StatusOr<Enum> ParseEnum(absl::string_view text) {
  const auto number =
      ParseEnumValue(*google::protobuf::GetEnumDescriptor<Enum>(), text);
  if (!number.ok()) {
    return number.status();
  }
  return static_cast<Enum>(*number);
}

// The value in the reader's language; in English, and for values without a
// Japanese word, its name in lower case without the type's prefix. Empty for
// the value 0.
std::string LabelOf(const google::protobuf::EnumDescriptor& type, int number,
                    Language language);

template <typename Enum>
std::string Label(Enum value, Language language) {
  return LabelOf(*google::protobuf::GetEnumDescriptor<Enum>(),
                 static_cast<int>(value), language);
}

}  // namespace renkei::client
