#include "client/audit/encoding.h"

#include "absl/strings/escaping.h"

namespace renkei::audit {
namespace {

// The code point at the front of `text`, which it takes away; nullopt when
// there is none in well-formed UTF-8.
std::optional<uint32_t> TakeCodePoint(absl::string_view& text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  const size_t length = lead < 0x80                   ? 1
                        : lead >= 0xC2 && lead < 0xE0 ? 2
                        : lead >= 0xE0 && lead < 0xF0 ? 3
                        : lead >= 0xF0 && lead < 0xF5 ? 4
                                                      : 0;
  if (length == 0 || text.size() < length) {
    return std::nullopt;
  }
  uint32_t point = length == 1 ? lead : lead & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return std::nullopt;
    }
    point = (point << 6) | (byte(i) & 0x3F);
  }
  const bool too_long =
      (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
  if (too_long || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) {
    return std::nullopt;
  }
  text.remove_prefix(length);
  return point;
}

bool IsSpace(uint32_t point) {
  return (point >= 0x09 && point <= 0x0D) || point == 0x20 || point == 0x85 ||
         point == 0xA0 || point == 0x1680 ||
         (point >= 0x2000 && point <= 0x200A) || point == 0x2028 ||
         point == 0x2029 || point == 0x202F || point == 0x205F ||
         point == 0x3000;
}

}  // namespace

std::optional<std::string> DecodeBase64(absl::string_view text) {
  std::string bytes;
  // The library's own decoder forgives spaces, missing padding and stray bits.
  if (!absl::Base64Unescape(text, &bytes) ||
      absl::Base64Escape(bytes) != text) {
    return std::nullopt;
  }
  return bytes;
}

std::optional<uint64_t> ParseNumber(absl::string_view text) {
  if (text.empty() || (text[0] == '0' && text.size() > 1)) {
    return std::nullopt;
  }
  uint64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    const auto digit = static_cast<uint64_t>(c - '0');
    if (number > (UINT64_MAX - digit) / 10) {
      return std::nullopt;
    }
    number = number * 10 + digit;
  }
  return number;
}

bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    if (!TakeCodePoint(text)) {
      return false;
    }
  }
  return true;
}

bool IsKeyName(absl::string_view name) {
  if (name.empty()) {
    return false;
  }
  while (!name.empty()) {
    const std::optional<uint32_t> point = TakeCodePoint(name);
    if (!point || IsSpace(*point) || *point == '+' || *point < 0x20) {
      return false;
    }
  }
  return true;
}

}  // namespace renkei::audit
