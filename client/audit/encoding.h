// How proofs, notes and exports are written. One form of everything: two
// readers must not see two things in one file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace renkei::audit {

// Standard base64 with padding, and only its one canonical form.
std::optional<std::string> DecodeBase64(absl::string_view text);

// A decimal number without sign or leading zeros.
std::optional<uint64_t> ParseNumber(absl::string_view text);

bool IsUtf8(absl::string_view text);

// A name of a key in a note: UTF-8 without spaces, plus signs or control
// characters, and not empty.
bool IsKeyName(absl::string_view name);

}  // namespace renkei::audit
