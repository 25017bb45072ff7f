#include "client/audit/options.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "renkei/v1/audit_event_type.pb.h"
#include "storage/base/id.h"

namespace renkei::audit {
namespace {

constexpr absl::string_view kTypePrefix = "AUDIT_EVENT_TYPE_";

absl::TimeZone JapanTime() { return absl::FixedTimeZone(9 * 60 * 60); }

bool IsAmong(absl::string_view name,
             absl::Span<const absl::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::string Options::Get(const std::string& name) const {
  const auto found = values.find(name);
  return found == values.end() ? "" : found->second;
}

absl::StatusOr<Options> ParseOptions(
    const std::vector<std::string>& arguments,
    absl::Span<const absl::string_view> with_value,
    absl::Span<const absl::string_view> flags) {
  Options options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (!absl::StartsWith(arguments[i], "--")) {
      options.files.push_back(arguments[i]);
      continue;
    }
    const std::string name = arguments[i].substr(2);
    if (IsAmong(name, flags)) {
      options.values[name] = "";
    } else if (IsAmong(name, with_value) && i + 1 < arguments.size()) {
      options.values[name] = arguments[++i];
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat(arguments[i], ": unknown, or without its value"));
    }
  }
  return options;
}

absl::StatusOr<std::string> ParseId(absl::string_view text) {
  if (text.empty()) {
    return std::string();
  }
  const auto id = GroupId::FromText(text.substr(text.rfind('/') + 1));
  if (!id) {
    return absl::InvalidArgumentError(absl::StrCat(text, ": not an id"));
  }
  return std::string(id->bytes());
}

absl::StatusOr<int64_t> ParseTimeMicros(absl::string_view text) {
  absl::Time time;
  std::string why;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &why) &&
      !absl::ParseTime("%Y-%m-%d", text, JapanTime(), &time, &why)) {
    return absl::InvalidArgumentError(absl::StrCat(
        text, ": neither a date nor a time such as 2026-04-01T09:00:00+09:00"));
  }
  return absl::ToUnixMicros(time);
}

std::string FormatTimeMicros(int64_t micros) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3S%Ez",
                          absl::FromUnixMicros(micros), JapanTime());
}

std::string FormatId(absl::string_view bytes) {
  const auto id = GroupId::FromBytes(bytes);
  return id ? id->ToText() : "";
}

std::string TypeName(uint32_t type) {
  const std::string& name =
      v1::AuditEventType_Name(static_cast<v1::AuditEventType>(type));
  return name.empty()
             ? absl::StrCat(type)
             : absl::AsciiStrToLower(absl::StripPrefix(name, kTypePrefix));
}

absl::StatusOr<uint32_t> ParseType(absl::string_view name) {
  v1::AuditEventType type = v1::AUDIT_EVENT_TYPE_UNSPECIFIED;
  if (!v1::AuditEventType_Parse(
          absl::StrCat(kTypePrefix, absl::AsciiStrToUpper(name)), &type)) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": not a type of event, such as messages_read"));
  }
  return static_cast<uint32_t>(type);
}

}  // namespace renkei::audit
