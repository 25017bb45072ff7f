#include "server/domain/text.h"

#include <utf8proc.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "server/domain/refusal.h"
#include "storage/base/check.h"

namespace renkei::domain {
namespace {

struct Free {
  void operator()(utf8proc_uint8_t* bytes) const { std::free(bytes); }
};

std::string Map(absl::string_view text, int options) {
  utf8proc_uint8_t* mapped = nullptr;
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &mapped,
                   static_cast<utf8proc_option_t>(options));
  const std::unique_ptr<utf8proc_uint8_t, Free> owned(mapped);
  CHECK(size >= 0);
  return std::string(reinterpret_cast<const char*>(mapped),
                     static_cast<size_t>(size));
}

// Takes one code point off the front. REQUIRES: valid and not empty.
char32_t TakeCodePoint(absl::string_view& text) {
  utf8proc_int32_t code_point = 0;
  const utf8proc_ssize_t size =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                       static_cast<utf8proc_ssize_t>(text.size()), &code_point);
  CHECK(size > 0);
  text.remove_prefix(static_cast<size_t>(size));
  return static_cast<char32_t>(code_point);
}

bool IsSpace(char32_t code_point) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(code_point))) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return true;
    default:
      return code_point >= '\t' && code_point <= '\r';
  }
}

// The prolonged sound mark and the minus sign are what a Japanese keyboard
// gives whoever means a hyphen.
bool IsHyphen(char32_t code_point) {
  return code_point == U'-' || code_point == U'\u2212' ||
         code_point == U'\u30FC' ||
         (code_point >= U'\u2010' && code_point <= U'\u2015');
}

template <typename Drop>
std::string Without(absl::string_view text, Drop drop) {
  std::string kept;
  while (!text.empty()) {
    const absl::string_view at = text;
    if (!drop(TakeCodePoint(text))) {
      kept.append(at.data(), at.size() - text.size());
    }
  }
  return kept;
}

absl::string_view Trimmed(absl::string_view text) {
  absl::string_view rest = text;
  size_t begin = text.size();
  size_t end = 0;
  while (!rest.empty()) {
    const size_t at = text.size() - rest.size();
    if (!IsSpace(TakeCodePoint(rest))) {
      begin = begin < at ? begin : at;
      end = text.size() - rest.size();
    }
  }
  return end == 0 ? absl::string_view() : text.substr(begin, end - begin);
}

bool HasControl(absl::string_view text, bool several_lines) {
  while (!text.empty()) {
    const char32_t code_point = TakeCodePoint(text);
    const bool layout =
        code_point == '\n' || code_point == '\r' || code_point == '\t';
    if (utf8proc_category(static_cast<utf8proc_int32_t>(code_point)) ==
            UTF8PROC_CATEGORY_CC &&
        !(several_lines && layout)) {
      return true;
    }
  }
  return false;
}

absl::StatusOr<std::string> Parse(absl::string_view field,
                                  absl::string_view text,
                                  const CodePointLimits& limits,
                                  bool several_lines) {
  const std::string wanted =
      absl::StrCat(limits.min, " to ", limits.max, " code points");
  // Form C makes no text shorter than a third, so that what is far too long is
  // refused before it costs anything.
  if (text.size() > limits.max * 4 * 3 + 64) {
    return RefuseField(field, wanted);
  }
  if (!ValidUtf8(text)) {
    return RefuseField(field, "valid UTF-8");
  }
  std::string parsed = ToNfc(Trimmed(text));
  if (HasControl(parsed, several_lines)) {
    return RefuseField(field, several_lines
                                  ? "no control characters but line breaks"
                                  : "one line without control characters");
  }
  if (const size_t length = CodePoints(parsed);
      length < limits.min || length > limits.max) {
    return RefuseField(field, wanted);
  }
  return parsed;
}

// How many bytes the sequence at the front takes, and the range its second byte
// must be in; 0 if nothing begins with that byte.
struct Sequence {
  size_t bytes = 0;
  uint8_t second_min = 0x80;
  uint8_t second_max = 0xBF;
};

Sequence SequenceOf(uint8_t first) {
  if (first < 0x80) {
    return {1};
  }
  if (first >= 0xC2 && first <= 0xDF) {
    return {2};
  }
  if (first >= 0xE0 && first <= 0xEF) {
    return {3, static_cast<uint8_t>(first == 0xE0 ? 0xA0 : 0x80),
            static_cast<uint8_t>(first == 0xED ? 0x9F : 0xBF)};
  }
  if (first >= 0xF0 && first <= 0xF4) {
    return {4, static_cast<uint8_t>(first == 0xF0 ? 0x90 : 0x80),
            static_cast<uint8_t>(first == 0xF4 ? 0x8F : 0xBF)};
  }
  return {};
}

// Whether the bytes after the first are there and in their ranges.
bool Continues(absl::string_view bytes, const Sequence& sequence) {
  if (bytes.size() < sequence.bytes) {
    return false;
  }
  for (size_t i = 1; i < sequence.bytes; ++i) {
    const auto byte = static_cast<uint8_t>(bytes[i]);
    const bool second = i == 1;
    if (byte < (second ? sequence.second_min : 0x80) ||
        byte > (second ? sequence.second_max : 0xBF)) {
      return false;
    }
  }
  return true;
}

// What most texts consist of, looked at quickly: how many bytes at the front
// are characters of three bytes whose second may be any that continues.
size_t KanaOrKanji(absl::string_view bytes) {
  const auto* const begin = reinterpret_cast<const uint8_t*>(bytes.data());
  const uint8_t* at = begin;
  for (size_t left = bytes.size(); left >= 3; left -= 3, at += 3) {
    const bool long_second = at[0] >= 0xE1 && at[0] <= 0xEF && at[0] != 0xED;
    if (!long_second || (at[1] & 0xC0) != 0x80 || (at[2] & 0xC0) != 0x80) {
      break;
    }
  }
  return static_cast<size_t>(at - begin);
}

}  // namespace

bool ValidUtf8(absl::string_view bytes) {
  while (!bytes.empty()) {
    if (const size_t kana = KanaOrKanji(bytes)) {
      bytes.remove_prefix(kana);
      continue;
    }
    const Sequence sequence = SequenceOf(static_cast<uint8_t>(bytes[0]));
    if (sequence.bytes == 0 || !Continues(bytes, sequence)) {
      return false;
    }
    bytes.remove_prefix(sequence.bytes);
  }
  return true;
}

size_t CodePoints(absl::string_view text) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  size_t continuing = 0;
  size_t at = 0;
  // Eight bytes at a time: those that begin with the bits 10.
  for (; at + sizeof(uint64_t) <= text.size(); at += sizeof(uint64_t)) {
    uint64_t eight = 0;
    std::memcpy(&eight, text.data() + at, sizeof(eight));
    continuing += ((eight >> 7 & ~(eight >> 6) & kOnes) * kOnes) >> 56;
  }
  for (; at < text.size(); ++at) {
    continuing += (static_cast<uint8_t>(text[at]) & 0xC0) == 0x80 ? 1 : 0;
  }
  return text.size() - continuing;
}

std::string ToNfc(absl::string_view text) {
  return Map(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}

std::string FoldName(absl::string_view text) {
  return Without(
      Map(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT), IsSpace);
}

std::string FoldNumber(absl::string_view text) {
  std::string folded =
      Without(FoldName(text), [](char32_t at) { return IsHyphen(at); });
  for (char& byte : folded) {
    byte =
        byte >= 'a' && byte <= 'z' ? static_cast<char>(byte - 'a' + 'A') : byte;
  }
  return folded;
}

absl::StatusOr<std::string> ParseLine(absl::string_view field,
                                      absl::string_view text,
                                      const CodePointLimits& limits) {
  return Parse(field, text, limits, /*several_lines=*/false);
}

absl::StatusOr<std::string> ParseNote(absl::string_view field,
                                      absl::string_view text,
                                      const CodePointLimits& limits) {
  return Parse(field, text, limits, /*several_lines=*/true);
}

}  // namespace renkei::domain
