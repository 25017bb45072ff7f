// CHECK and CHECK_OK: what a broken invariant does, in every build.
#pragma once

#include <cstdio>
#include <cstdlib>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace renkei::check {

[[noreturn]] inline void Fail(const char* file, int line,
                              const char* condition) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, condition);
  std::abort();
}

inline absl::Status StatusOf(const absl::Status& status) { return status; }

template <typename T>
absl::Status StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

}  // namespace renkei::check

// Aborts the process, naming the place, unless `condition` holds.
#define CHECK(condition)                                     \
  do {                                                       \
    if (!(condition)) {                                      \
      ::renkei::check::Fail(__FILE__, __LINE__, #condition); \
    }                                                        \
  } while (false)

// Aborts the process, naming the place and the status, unless `expr` (a Status
// or a StatusOr) is OK.
#define CHECK_OK(expr)                                                       \
  do {                                                                       \
    if (const absl::Status renkei_checked = ::renkei::check::StatusOf(expr); \
        !renkei_checked.ok()) {                                              \
      ::renkei::check::Fail(__FILE__, __LINE__,                              \
                            renkei_checked.ToString().c_str());              \
    }                                                                        \
  } while (false)
