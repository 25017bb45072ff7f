// Which passwords are refused: too short, or what somebody would guess. There
// are no rules of composition.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace renkei::domain {

inline constexpr size_t kPasswordCodePointsMin = 12;
inline constexpr size_t kPasswordCodePointsMax = 1000;

enum class PasswordRule { kLength, kBlocked, kReused };

// PASSWORD_REFUSED naming the rule.
absl::Status RefusePassword(PasswordRule rule);

// OK for a password of the wanted length that holds none of `names` (login,
// person, network) and of which enough is left when the words and runs that
// people choose first are taken out. REQUIRES: ValidUtf8(password).
absl::Status CheckPassword(absl::string_view password,
                           absl::Span<const std::string> names);

}  // namespace renkei::domain
