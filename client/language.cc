#include "client/language.h"

#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace renkei::client {
namespace {

struct Range {
  uint32_t first;
  uint32_t last;
};

// The blocks of wide characters that names and texts of care teams use.
constexpr Range kWide[] = {
    {0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0x33ff},   {0x3400, 0x4dbf},
    {0x4e00, 0x9fff}, {0xac00, 0xd7a3}, {0xf900, 0xfaff},   {0xfe30, 0xfe4f},
    {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x20000, 0x3fffd}};

bool IsWide(uint32_t code_point) {
  for (const Range& range : kWide) {
    if (code_point >= range.first && code_point <= range.last) {
      return true;
    }
  }
  return false;
}

// How many bytes the character beginning with `lead` has; 1 for a stray byte.
size_t CharacterBytes(uint8_t lead) {
  if (lead >= 0xf0) {
    return 4;
  }
  if (lead >= 0xe0) {
    return 3;
  }
  return lead >= 0xc0 ? 2 : 1;
}

}  // namespace

Language ChooseLanguage(absl::string_view asked,
                        const Environment& environment) {
  std::string locale(asked);
  for (const absl::string_view name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    if (locale.empty()) {
      locale = environment(name);
    }
  }
  return absl::StartsWith(locale, "ja") ? Language::kJapanese
                                        : Language::kEnglish;
}

size_t DisplayWidth(absl::string_view text) {
  size_t width = 0;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i]);
    const size_t bytes = CharacterBytes(lead);
    uint32_t code_point = bytes == 1 ? lead : lead & (0x7f >> bytes);
    for (size_t k = 1; k < bytes && i + k < text.size(); ++k) {
      code_point = code_point << 6 | (static_cast<uint8_t>(text[i + k]) & 0x3f);
    }
    width += IsWide(code_point) ? 2 : 1;
    i += bytes;
  }
  return width;
}

std::string PadRight(absl::string_view text, size_t columns) {
  const size_t width = DisplayWidth(text);
  return absl::StrCat(text,
                      std::string(width < columns ? columns - width : 0, ' '));
}

}  // namespace renkei::client
