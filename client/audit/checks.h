// The subcommands that check one proof or one note.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace renkei::audit {

// The answer to one line of `proof-check`, without a newline:
// {"ok":true,"why":""} or {"ok":false,"why":"…"}.
std::string AnswerProofLine(absl::string_view line);

// One answer for every line of `text`, each ended by a newline.
std::string AnswerProofLines(absl::string_view text);

}  // namespace renkei::audit
