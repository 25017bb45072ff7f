// Strong ids: a GroupId is no PersonId.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "storage/base/base32.h"

namespace renkei {

inline constexpr size_t kIdBytes = 16;
inline constexpr size_t kIdRandomBytes = 10;

// 16 bytes: 48 bits of unix milliseconds, big-endian, then 80 random bits, so
// that ids sort by the time of making. The default is all zero and names
// nothing.
template <typename Tag>
class Id {
 public:
  constexpr Id() = default;

  static Id Make(absl::Time now,
                 const std::array<uint8_t, kIdRandomBytes>& random) {
    Id id;
    const auto millis = static_cast<uint64_t>(absl::ToUnixMillis(now));
    for (size_t i = 0; i < 6; ++i) {
      id.bytes_[i] = static_cast<uint8_t>(millis >> (8 * (5 - i)));
    }
    std::copy(random.begin(), random.end(), id.bytes_.begin() + 6);
    return id;
  }

  // nullopt unless there are exactly 16 bytes.
  static std::optional<Id> FromBytes(absl::string_view bytes) {
    if (bytes.size() != kIdBytes) {
      return std::nullopt;
    }
    Id id;
    std::memcpy(id.bytes_.data(), bytes.data(), kIdBytes);
    return id;
  }

  // nullopt unless `text` is what ToText gives for some id.
  static std::optional<Id> FromText(absl::string_view text) {
    const std::optional<std::string> bytes = DecodeBase32(text, kIdBytes);
    return bytes ? FromBytes(*bytes) : std::nullopt;
  }

  // 26 characters of lower-case Crockford base32; sorts like the bytes.
  std::string ToText() const {
    return EncodeBase32(absl::MakeConstSpan(bytes_));
  }
  void AppendText(std::string& text) const {
    AppendBase32(absl::MakeConstSpan(bytes_), text);
  }

  // Valid as long as this id.
  absl::string_view bytes() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }

  bool IsZero() const { return *this == Id(); }

  friend bool operator==(const Id& a, const Id& b) {
    return std::memcmp(a.bytes_.data(), b.bytes_.data(), kIdBytes) == 0;
  }
  friend std::strong_ordering operator<=>(const Id& a, const Id& b) {
    return std::memcmp(a.bytes_.data(), b.bytes_.data(), kIdBytes) <=> 0;
  }
  template <typename H>
  friend H AbslHashValue(H state, const Id& id) {
    return H::combine(std::move(state), id.bytes());
  }

 private:
  std::array<uint8_t, kIdBytes> bytes_{};
};

using NetworkId = Id<struct NetworkTag>;
using FacilityId = Id<struct FacilityTag>;
using PersonId = Id<struct PersonTag>;
using AffiliationId = Id<struct AffiliationTag>;
using RoleGrantId = Id<struct RoleGrantTag>;
using PatientId = Id<struct PatientTag>;
using GroupId = Id<struct GroupTag>;
using InvitationId = Id<struct InvitationTag>;
using SessionId = Id<struct SessionTag>;
using ConsentId = Id<struct ConsentTag>;
using RequestId = Id<struct RequestTag>;

// The 16 bytes of a UUID of version 4 or 7 (RFC 9562) in its 36-character form,
// either case; nullopt for anything else.
std::optional<RequestId> ParseUuid(absl::string_view text);

}  // namespace renkei
