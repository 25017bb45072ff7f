// Crockford's base32 in lower case: the text form of ids and recovery codes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace renkei {

// Writes `bytes` as one big-endian number with as few characters as hold all
// its bits, leading zeros included: 16 bytes give 26 characters, 10 bytes
// give 16.
std::string EncodeBase32(absl::Span<const uint8_t> bytes);
// The same at the end of `text`.
void AppendBase32(absl::Span<const uint8_t> bytes, std::string& text);

// The inverse: the one text that EncodeBase32 gives for `byte_count` bytes, or
// nullopt. Upper case, Crockford's look-alikes and other lengths are refused,
// so that every id has one name.
std::optional<std::string> DecodeBase32(absl::string_view text,
                                        size_t byte_count);

}  // namespace renkei
