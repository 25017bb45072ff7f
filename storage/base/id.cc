#include "storage/base/id.h"

namespace renkei {
namespace {

constexpr size_t kUuidTextBytes = 36;

std::optional<uint8_t> HexDigit(char c) {
  if (c >= '0' && c <= '9') {
    return static_cast<uint8_t>(c - '0');
  }
  const char lower = static_cast<char>(c | 0x20);
  if (lower >= 'a' && lower <= 'f') {
    return static_cast<uint8_t>(lower - 'a' + 10);
  }
  return std::nullopt;
}

bool IsHyphenPosition(size_t i) {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

}  // namespace

std::optional<RequestId> ParseUuid(absl::string_view text) {
  if (text.size() != kUuidTextBytes) {
    return std::nullopt;
  }
  std::string bytes;
  for (size_t i = 0; i < kUuidTextBytes;) {
    if (IsHyphenPosition(i)) {
      if (text[i] != '-') {
        return std::nullopt;
      }
      ++i;
      continue;
    }
    const std::optional<uint8_t> high = HexDigit(text[i]);
    const std::optional<uint8_t> low = HexDigit(text[i + 1]);
    if (!high || !low) {
      return std::nullopt;
    }
    bytes.push_back(static_cast<char>(*high << 4 | *low));
    i += 2;
  }
  const int version = (bytes[6] & 0xf0) >> 4;
  const bool is_rfc_variant = (bytes[8] & 0xc0) == 0x80;
  if ((version != 4 && version != 7) || !is_rfc_variant) {
    return std::nullopt;
  }
  return RequestId::FromBytes(bytes);
}

}  // namespace renkei
