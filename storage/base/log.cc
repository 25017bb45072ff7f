#include "storage/base/log.h"

#include <unistd.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace renkei {
namespace {

constexpr size_t kCodeBytesMax = 200;
constexpr size_t kWaitingBytesMax = size_t{32} << 10;

constexpr size_t kLineBytes = 256;  // of most lines

bool IsPlain(char c) { return c >= '!' && c <= '~' && c != '"' && c != '='; }

std::string Cleaned(absl::string_view code) {
  std::string cleaned(code);
  for (char& c : cleaned) {
    if (c == ' ') {
      c = '_';
    } else if (!IsPlain(c)) {
      c = '?';
    }
  }
  return cleaned;
}

absl::string_view NameOf(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

// RFC 3339, UTC, with microseconds. Each call writes a line: the text of a
// second is made once.
std::string TimeText(absl::Time time) {
  struct Second {
    int64_t number = std::numeric_limits<int64_t>::min();
    std::string text;
  };
  thread_local Second second;
  const int64_t micros = absl::ToUnixMicros(time);
  const int64_t number = absl::ToUnixSeconds(time);
  if (number != second.number) {
    second = {number,
              absl::FormatTime("%Y-%m-%dT%H:%M:%S", time, absl::UTCTimeZone())};
  }
  return absl::StrCat(second.text, ".",
                      absl::Dec(micros - number * 1'000'000, absl::kZeroPad6),
                      "Z");
}

}  // namespace

LogField::LogField(absl::string_view key, absl::string_view code)
    : key_(key), code_(code.substr(0, kCodeBytesMax)) {
  if (!std::all_of(code_.begin(), code_.end(), IsPlain)) {
    made_ = Cleaned(code_);
    code_ = {};
  }
}

LogField::LogField(absl::string_view key, absl::StatusCode code)
    : key_(key), made_(absl::StatusCodeToString(code)) {}

LogField::LogField(absl::string_view key, absl::Duration duration)
    : key_(key), made_(absl::StrCat(absl::ToInt64Microseconds(duration))) {}

Log::Log(Clock clock, Sink sink)
    : clock_(std::move(clock)), sink_(std::move(sink)) {}

std::string Log::Format(LogLevel level, absl::string_view event,
                        std::initializer_list<LogField> fields) const {
  std::string line;
  line.reserve(kLineBytes);
  absl::StrAppend(&line, "time=", TimeText(clock_()), " level=", NameOf(level),
                  " event=", event);
  for (const LogField& field : fields) {
    absl::StrAppend(&line, " ", field.key(), "=", field.value());
  }
  line.push_back('\n');
  return line;
}

void Log::Write(LogLevel level, absl::string_view event,
                std::initializer_list<LogField> fields) {
  const std::string line = Format(level, event, fields);
  MutexLock lock(mutex_);
  waiting_ += line;
  FlushLocked();
}

void Log::NoteSoon(absl::string_view event,
                   std::initializer_list<LogField> fields) {
  const std::string line = Format(LogLevel::kInfo, event, fields);
  MutexLock lock(mutex_);
  waiting_ += line;
  if (waiting_.size() >= kWaitingBytesMax) {
    FlushLocked();
  }
}

void Log::Flush() {
  MutexLock lock(mutex_);
  FlushLocked();
}

void Log::FlushLocked() {
  if (!waiting_.empty()) {
    sink_(waiting_);
    waiting_.clear();
  }
}

void WriteToStderr(absl::string_view line) {
  // A log that cannot be written has nowhere to say so.
  [[maybe_unused]] const ssize_t written =
      ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace renkei
