// 32 bytes that came out of a hash or a MAC; may be part of a key of a table.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace renkei {

inline constexpr size_t kHash32Bytes = 32;

// The comparison is not constant-time: what is secret is compared with
// crypto::ConstantTimeEquals.
class Hash32 {
 public:
  constexpr Hash32() = default;
  constexpr explicit Hash32(const std::array<uint8_t, kHash32Bytes>& bytes)
      : bytes_(bytes) {}

  // nullopt unless there are exactly 32 bytes.
  static std::optional<Hash32> FromBytes(absl::string_view bytes) {
    if (bytes.size() != kHash32Bytes) {
      return std::nullopt;
    }
    Hash32 hash;
    std::memcpy(hash.bytes_.data(), bytes.data(), kHash32Bytes);
    return hash;
  }

  // Valid as long as this object.
  absl::string_view bytes() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }
  absl::Span<const uint8_t> span() const { return bytes_; }

  bool IsZero() const { return *this == Hash32(); }

  friend bool operator==(const Hash32& a, const Hash32& b) {
    return std::memcmp(a.bytes_.data(), b.bytes_.data(), kHash32Bytes) == 0;
  }
  friend std::strong_ordering operator<=>(const Hash32& a, const Hash32& b) {
    return std::memcmp(a.bytes_.data(), b.bytes_.data(), kHash32Bytes) <=> 0;
  }
  template <typename H>
  friend H AbslHashValue(H state, const Hash32& hash) {
    return H::combine(std::move(state), hash.bytes());
  }

 private:
  std::array<uint8_t, kHash32Bytes> bytes_{};
};

}  // namespace renkei
