#include "storage/base/base32.h"

#include <algorithm>
#include <array>

namespace renkei {
namespace {

constexpr absl::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr size_t kBitsPerCharacter = 5;
constexpr size_t kBytesPerRound = 5;
constexpr size_t kCharactersPerRound = 8;
constexpr uint8_t kNotInAlphabet = 0xff;

constexpr std::array<uint8_t, 256> kValues = [] {
  std::array<uint8_t, 256> values{};
  for (uint8_t& value : values) {
    value = kNotInAlphabet;
  }
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<uint8_t>(kAlphabet[i])] = static_cast<uint8_t>(i);
  }
  return values;
}();

size_t TextLength(size_t byte_count) {
  return (byte_count * 8 + kBitsPerCharacter - 1) / kBitsPerCharacter;
}

constexpr uint64_t InEachByte(uint8_t value) {
  return value * uint64_t{0x0101010101010101};
}

// 1 in each byte of `values`, all below 32, that is at least `least`.
constexpr uint64_t AtLeast(uint64_t values, uint8_t least) {
  return ((values + InEachByte(0x80 - least)) >> 7) & InEachByte(1);
}

// The eight characters for the lowest 40 bits of `number`, the first one in the
// highest byte.
constexpr uint64_t CharactersOf(uint64_t number) {
  // A fifth of the bits, half by half, into each byte.
  uint64_t values = (number & 0xfffff00000) << 12 | (number & 0xfffff);
  values = (values & 0x000ffc00000ffc00) << 6 | (values & 0x000003ff000003ff);
  values = (values & 0x03e003e003e003e0) << 3 | (values & 0x001f001f001f001f);
  // Digits, then the letters without i, l, o and u.
  constexpr uint8_t kFromDigits = 'a' - '0' - 10;
  return values + InEachByte('0') + kFromDigits * AtLeast(values, 10) +
         AtLeast(values, 18) + AtLeast(values, 20) + AtLeast(values, 22) +
         AtLeast(values, 27);
}
static_assert([] {
  for (uint64_t i = 0; i < kAlphabet.size(); ++i) {
    if (static_cast<char>(CharactersOf(i) & 0xff) != kAlphabet[i]) {
      return false;
    }
  }
  return true;
}());

}  // namespace

void AppendBase32(absl::Span<const uint8_t> bytes, std::string& text) {
  const size_t length = TextLength(bytes.size());
  const size_t start = text.size();
  text.resize(start + length);
  char* const begin = text.data() + start;
  char* end = begin + length;
  // Five bytes are eight characters; what is left at the front, fewer of both.
  for (size_t left = bytes.size(); left > 0;) {
    const size_t taken = std::min(left, kBytesPerRound);
    uint64_t number = 0;
    for (size_t i = left - taken; i < left; ++i) {
      number = number << 8 | bytes[i];
    }
    left -= taken;
    uint64_t characters = CharactersOf(number);
    for (size_t i = 0; i < kCharactersPerRound && end != begin; ++i) {
      *--end = static_cast<char>(characters & 0xff);
      characters >>= 8;
    }
  }
}

std::string EncodeBase32(absl::Span<const uint8_t> bytes) {
  std::string text;
  AppendBase32(bytes, text);
  return text;
}

std::optional<std::string> DecodeBase32(absl::string_view text,
                                        size_t byte_count) {
  if (text.size() != TextLength(byte_count)) {
    return std::nullopt;
  }
  std::string bytes(byte_count, '\0');
  uint32_t pending = 0;
  size_t pending_bits = 0;
  size_t end = byte_count;
  for (size_t i = text.size(); i-- > 0;) {
    const uint8_t value = kValues[static_cast<uint8_t>(text[i])];
    if (value == kNotInAlphabet) {
      return std::nullopt;
    }
    pending |= uint32_t{value} << pending_bits;
    pending_bits += kBitsPerCharacter;
    if (pending_bits >= 8 && end > 0) {
      bytes[--end] = static_cast<char>(pending & 0xff);
      pending >>= 8;
      pending_bits -= 8;
    }
  }
  if (pending != 0) {
    return std::nullopt;  // the number does not fit into byte_count bytes
  }
  return bytes;
}

}  // namespace renkei
