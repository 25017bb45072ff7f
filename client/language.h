// The two languages in which the command line speaks.
#pragma once

#include <functional>
#include <string>

#include "absl/strings/string_view.h"

namespace renkei::client {

enum class Language { kJapanese, kEnglish };

// One text in both languages. Outlives the program: texts are literals.
struct Text {
  absl::string_view japanese;
  absl::string_view english;

  constexpr absl::string_view In(Language language) const {
    return language == Language::kJapanese ? japanese : english;
  }
};

// Gives the value of an environment variable, empty if it is not set.
using Environment = std::function<std::string(absl::string_view name)>;

// Returns what `asked` ("ja", "en" or empty) or else the locale of
// `environment` (LC_ALL, LC_MESSAGES, LANG, in this order) names. English
// where neither says Japanese.
Language ChooseLanguage(absl::string_view asked,
                        const Environment& environment);

// How many columns of a terminal `text` (UTF-8) fills: 2 for a character of
// East Asian width, 1 for any other.
size_t DisplayWidth(absl::string_view text);

// `text` and as many spaces as make it `columns` wide; never cut.
std::string PadRight(absl::string_view text, size_t columns);

}  // namespace renkei::client
