// Unsigned numbers as bytes, most significant first, so that they sort as
// numbers do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "absl/strings/string_view.h"

namespace renkei {

// Appends all bytes of `number`: sizeof(Number) of them.
template <typename Number>
void AppendBigEndian(std::string& out, Number number) {
  static_assert(std::is_unsigned_v<Number>);
  for (size_t i = sizeof(Number); i-- > 0;) {
    out.push_back(static_cast<char>(static_cast<uint64_t>(number) >> (8 * i)));
  }
}

// REQUIRES: bytes.size() >= sizeof(Number). Reads the first of them.
template <typename Number>
Number ReadBigEndian(absl::string_view bytes) {
  static_assert(std::is_unsigned_v<Number>);
  uint64_t number = 0;
  for (size_t i = 0; i < sizeof(Number); ++i) {
    number = number << 8 | static_cast<uint8_t>(bytes[i]);
  }
  return static_cast<Number>(number);
}

}  // namespace renkei
