#include "client/audit/json.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/audit/encoding.h"
#include "storage/base/status_macros.h"

namespace renkei::audit {
namespace {

constexpr int kDepthMax = 64;

absl::Status Wrong(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("not JSON: ", why));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

class Reader {
 public:
  explicit Reader(absl::string_view text) : rest_(text) {}

  absl::StatusOr<JsonValue> ReadAll() {
    ASSIGN_OR_RETURN(JsonValue value, ReadValue(0));
    SkipSpace();
    if (!rest_.empty()) {
      return Wrong("something after the value");
    }
    return value;
  }

 private:
  void SkipSpace() {
    while (!rest_.empty() && absl::string_view(" \t\r\n").find(rest_[0]) !=
                                 absl::string_view::npos) {
      rest_.remove_prefix(1);
    }
  }
  bool Take(absl::string_view word) {
    if (!absl::StartsWith(rest_, word)) {
      return false;
    }
    rest_.remove_prefix(word.size());
    return true;
  }
  bool TakeSign(char sign) { return Take(absl::string_view(&sign, 1)); }
  size_t SkipDigits() {
    size_t digits = 0;
    for (; !rest_.empty() && IsDigit(rest_[0]); ++digits) {
      rest_.remove_prefix(1);
    }
    return digits;
  }

  absl::StatusOr<JsonValue> ReadValue(int depth) {
    if (depth > kDepthMax) {
      return Wrong("nested too deeply");
    }
    SkipSpace();
    if (TakeSign('{')) {
      return ReadObject(depth);
    }
    if (TakeSign('[')) {
      return ReadArray(depth);
    }
    if (TakeSign('"')) {
      ASSIGN_OR_RETURN(std::string text, ReadString());
      return JsonValue{std::move(text)};
    }
    if (Take("null")) {
      return JsonValue{nullptr};
    }
    if (Take("true")) {
      return JsonValue{true};
    }
    if (Take("false")) {
      return JsonValue{false};
    }
    return ReadNumber();
  }

  absl::StatusOr<JsonValue> ReadObject(int depth) {
    JsonValue::Object object;
    SkipSpace();
    if (TakeSign('}')) {
      return JsonValue{std::move(object)};
    }
    do {
      SkipSpace();
      if (!TakeSign('"')) {
        return Wrong("a name of an object is missing");
      }
      ASSIGN_OR_RETURN(std::string name, ReadString());
      SkipSpace();
      if (!TakeSign(':')) {
        return Wrong("a colon is missing");
      }
      ASSIGN_OR_RETURN(JsonValue value, ReadValue(depth + 1));
      if (!object.emplace(std::move(name), std::move(value)).second) {
        return Wrong("a name occurs twice");
      }
      SkipSpace();
    } while (TakeSign(','));
    if (!TakeSign('}')) {
      return Wrong("an object does not end");
    }
    return JsonValue{std::move(object)};
  }

  absl::StatusOr<JsonValue> ReadArray(int depth) {
    JsonValue::Array array;
    SkipSpace();
    if (TakeSign(']')) {
      return JsonValue{std::move(array)};
    }
    do {
      ASSIGN_OR_RETURN(JsonValue value, ReadValue(depth + 1));
      array.push_back(std::move(value));
      SkipSpace();
    } while (TakeSign(','));
    if (!TakeSign(']')) {
      return Wrong("an array does not end");
    }
    return JsonValue{std::move(array)};
  }

  absl::StatusOr<JsonValue> ReadNumber() {
    const absl::string_view from = rest_;
    const bool negative = TakeSign('-');
    const bool zero = Take("0");
    if (!zero && SkipDigits() == 0) {
      return Wrong(negative ? "a number has no digits" : "no value");
    }
    if (TakeSign('.') && SkipDigits() == 0) {
      return Wrong("a number has no digits");
    }
    if (TakeSign('e') || TakeSign('E')) {
      if (!TakeSign('+')) {
        TakeSign('-');
      }
      if (SkipDigits() == 0) {
        return Wrong("a number has no digits");
      }
    }
    return JsonValue{
        JsonNumber{std::string(from.substr(0, from.size() - rest_.size()))}};
  }

  absl::StatusOr<std::string> ReadString() {
    std::string text;
    while (!rest_.empty()) {
      const char c = rest_[0];
      rest_.remove_prefix(1);
      if (c == '"') {
        return text;
      }
      if (static_cast<uint8_t>(c) < 0x20) {
        return Wrong("a control character in a string");
      }
      if (c != '\\') {
        text.push_back(c);
        continue;
      }
      RETURN_IF_ERROR(ReadEscape(text));
    }
    return Wrong("a string does not end");
  }

  absl::Status ReadEscape(std::string& text) {
    constexpr absl::string_view kLetters = "\"\\/bfnrt";
    constexpr absl::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (TakeSign('u')) {
      return ReadCodePoint(text);
    }
    const size_t letter =
        rest_.empty() ? absl::string_view::npos : kLetters.find(rest_[0]);
    if (letter == absl::string_view::npos) {
      return Wrong("an escape that does not exist");
    }
    text.push_back(kMeanings[letter]);
    rest_.remove_prefix(1);
    return absl::OkStatus();
  }

  std::optional<uint32_t> ReadHex4() {
    if (rest_.size() < 4) {
      return std::nullopt;
    }
    uint32_t unit = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = rest_[static_cast<size_t>(i)];
      const bool letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
      if (!IsDigit(c) && !letter) {
        return std::nullopt;
      }
      unit = unit * 16 + static_cast<uint32_t>(
                             IsDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    rest_.remove_prefix(4);
    return unit;
  }

  absl::Status ReadCodePoint(std::string& text) {
    std::optional<uint32_t> point = ReadHex4();
    if (point && *point >= 0xD800 && *point < 0xDC00 && Take("\\u")) {
      const std::optional<uint32_t> low = ReadHex4();
      if (!low || *low < 0xDC00 || *low > 0xDFFF) {
        return Wrong("half a surrogate pair");
      }
      point = 0x10000 + ((*point - 0xD800) << 10) + (*low - 0xDC00);
    }
    if (!point || (*point >= 0xD800 && *point < 0xE000)) {
      return Wrong("an escape that is no character");
    }
    AppendUtf8(*point, text);
    return absl::OkStatus();
  }

  static void AppendUtf8(uint32_t point, std::string& text) {
    const auto put = [&text](uint32_t byte) {
      text.push_back(static_cast<char>(byte));
    };
    if (point < 0x80) {
      put(point);
      return;
    }
    if (point < 0x800) {
      put(0xC0 | (point >> 6));
    } else {
      if (point < 0x10000) {
        put(0xE0 | (point >> 12));
      } else {
        put(0xF0 | (point >> 18));
        put(0x80 | ((point >> 12) & 0x3F));
      }
      put(0x80 | ((point >> 6) & 0x3F));
    }
    put(0x80 | (point & 0x3F));
  }

  absl::string_view rest_;
};

}  // namespace

absl::StatusOr<JsonValue> ParseJson(absl::string_view text) {
  if (!IsUtf8(text)) {
    return Wrong("not UTF-8");
  }
  return Reader(text).ReadAll();
}

std::string JsonString(absl::string_view text) {
  if (!IsUtf8(text)) {
    return "\"\xEF\xBF\xBD\"";
  }
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<uint8_t>(c) < 0x20) {
      absl::StrAppendFormat(&out, "\\u%04x", static_cast<int>(c));
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
  return out;
}

std::string JsonObject(const std::vector<JsonMember>& members) {
  std::string out;
  for (const JsonMember& member : members) {
    if (!member.json.empty()) {
      absl::StrAppend(&out, out.empty() ? "{" : ",", "\"", member.name,
                      "\":", member.json);
    }
  }
  return out.empty() ? out : out + "}";
}

std::string JsonArray(const std::vector<std::string>& elements) {
  std::string out;
  for (const std::string& element : elements) {
    if (!element.empty()) {
      absl::StrAppend(&out, out.empty() ? "[" : ",", element);
    }
  }
  return out.empty() ? out : out + "]";
}

}  // namespace renkei::audit
