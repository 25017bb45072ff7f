#include "storage/base/base32.h"

#include <array>
#include <cstring>

namespace renkei {
namespace {

constexpr absl::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr size_t kBitsPerCharacter = 5;
constexpr size_t kBitsPerPair = 2 * kBitsPerCharacter;
// Five bytes are eight characters.
constexpr size_t kBytesPerRound = 5;
constexpr size_t kPairsPerRound = 4;
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

using Pair = std::array<char, 2>;
constexpr auto kPairs = [] {
  std::array<Pair, size_t{1} << kBitsPerPair> pairs{};
  for (size_t i = 0; i < pairs.size(); ++i) {
    pairs[i] = {kAlphabet[i / kAlphabet.size()],
                kAlphabet[i % kAlphabet.size()]};
  }
  return pairs;
}();

}  // namespace

void AppendBase32(absl::Span<const uint8_t> bytes, std::string& text) {
  const size_t start = text.size();
  text.resize(start + TextLength(bytes.size()));
  char* end = text.data() + text.size();
  size_t left = bytes.size();
  for (; left >= kBytesPerRound; left -= kBytesPerRound) {
    uint64_t number = 0;
    for (size_t i = left - kBytesPerRound; i < left; ++i) {
      number = number << 8 | bytes[i];
    }
    for (size_t i = 0; i < kPairsPerRound; ++i) {
      end -= kPairs[0].size();
      std::memcpy(end, kPairs[number % kPairs.size()].data(), kPairs[0].size());
      number >>= kBitsPerPair;
    }
  }
  // What is left at the front.
  uint64_t number = 0;
  for (size_t i = 0; i < left; ++i) {
    number = number << 8 | bytes[i];
  }
  for (char* const begin = text.data() + start; end != begin;) {
    *--end = kAlphabet[number % kAlphabet.size()];
    number >>= kBitsPerCharacter;
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
