// The words and keyboard runs that passwords are made of when somebody does not
// want to think.
#pragma once

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace renkei::domain {

// Lower case, form KC, without digits, spaces and signs.
absl::Span<const absl::string_view> GuessableWords();

// Along which neighbours, forward or backward, are no surprise.
absl::Span<const absl::string_view> KeyboardRuns();

}  // namespace renkei::domain
