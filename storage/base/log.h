// Log lines of ids, codes and numbers; never what people wrote.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/base/hash32.h"
#include "storage/base/id.h"
#include "storage/base/mutex.h"

namespace renkei {

enum class LogLevel { kInfo, kWarning, kError };

// One key=value of a line.
class LogField {
 public:
  // `code` is a name from our own source or a library: a method, a reason, a
  // path, an error. It is cut at 200 bytes; a space becomes '_', and what is
  // not printable ASCII becomes '?', so a text in Japanese could not get out
  // even by mistake. Key and code must outlive the call that logs.
  LogField(absl::string_view key, absl::string_view code);
  LogField(absl::string_view key, const char* code)
      : LogField(key, absl::string_view(code)) {}
  LogField(absl::string_view key, absl::StatusCode code);
  // In microseconds, which the key should say: `elapsed_micros`.
  LogField(absl::string_view key, absl::Duration duration);
  template <typename Tag>
  LogField(absl::string_view key, const Id<Tag>& id)
      : key_(key), made_(id.ToText()) {}
  template <typename Number,
            std::enable_if_t<std::is_arithmetic_v<Number>, bool> = true>
  LogField(absl::string_view key, Number number) : key_(key) {
    if constexpr (std::is_same_v<Number, bool>) {
      made_ = number ? "true" : "false";
    } else {
      made_ = std::to_string(number);
    }
  }

  absl::string_view key() const { return key_; }
  absl::string_view value() const { return made_.empty() ? code_ : made_; }

 private:
  absl::string_view key_;
  absl::string_view code_;
  std::string made_;  // instead of the code, where it is not logged as it is
};

// Writes lines in logfmt: `time=… level=info event=started port=8443`.
// Thread-safe.
class Log {
 public:
  using Clock = std::function<absl::Time()>;
  // Receives one or more whole lines, each ending in a newline.
  using Sink = std::function<void(absl::string_view line)>;

  Log(Clock clock, Sink sink);
  ~Log() { Flush(); }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // At once, behind what waits.
  void Write(LogLevel level, absl::string_view event,
             std::initializer_list<LogField> fields);

  // For what happens thousands of times a second: may wait until there are
  // 32 KiB, or for the next Write or Flush.
  void NoteSoon(absl::string_view event,
                std::initializer_list<LogField> fields);
  void Flush();

  void Note(absl::string_view event, std::initializer_list<LogField> fields) {
    Write(LogLevel::kInfo, event, fields);
  }
  void Warn(absl::string_view event, std::initializer_list<LogField> fields) {
    Write(LogLevel::kWarning, event, fields);
  }
  void Error(absl::string_view event, std::initializer_list<LogField> fields) {
    Write(LogLevel::kError, event, fields);
  }

 private:
  std::string Format(LogLevel level, absl::string_view event,
                     std::initializer_list<LogField> fields) const;
  void FlushLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock clock_;
  Mutex mutex_;
  const Sink sink_ ABSL_GUARDED_BY(mutex_);
  std::string waiting_ ABSL_GUARDED_BY(mutex_);
};

// The sink of the programs: one write to standard error a line.
void WriteToStderr(absl::string_view line);

}  // namespace renkei
