// Unicode text as it comes in: valid, measured in code points, brought to one
// form.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace renkei::domain {

// True if `bytes` is UTF-8 without overlong forms, surrogates or anything above
// U+10FFFF.
bool ValidUtf8(absl::string_view bytes);

// How many code points there are. REQUIRES: ValidUtf8(text).
size_t CodePoints(absl::string_view text);

// Unicode normalization form C. REQUIRES: ValidUtf8(text).
std::string ToNfc(absl::string_view text);

// What two spellings of a name share: form KC (so width does not matter)
// without white space. REQUIRES: ValidUtf8(text).
std::string FoldName(absl::string_view text);

// What two spellings of an insured number share: form KC in capitals, without
// white space and whatever looks like a hyphen. REQUIRES: ValidUtf8(text).
std::string FoldNumber(absl::string_view text);

struct CodePointLimits {
  size_t min = 0;
  size_t max = 0;
};

// `text` in form C without white space around it: one line for a name or a
// number. FIELD_INVALID naming `field` if it is no UTF-8, has a control
// character, or has not as many code points as `limits` wants.
absl::StatusOr<std::string> ParseLine(absl::string_view field,
                                      absl::string_view text,
                                      const CodePointLimits& limits);

// The same for free text, which may have several lines.
absl::StatusOr<std::string> ParseNote(absl::string_view field,
                                      absl::string_view text,
                                      const CodePointLimits& limits);

}  // namespace renkei::domain
