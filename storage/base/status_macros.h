// RETURN_IF_ERROR and ASSIGN_OR_RETURN, the only two control-flow macros of the
// project.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Leaves the calling function with the status of `expr` unless it is OK. The
// function may return absl::Status or absl::StatusOr<T>.
#define RETURN_IF_ERROR(expr) \
  RENKEI_RETURN_IF_ERROR(RENKEI_CONCAT(renkei_status_, __COUNTER__), expr)

// ASSIGN_OR_RETURN(auto value, F()): leaves the calling function with the error
// of F(), or gives `value` what F() returned. `lhs` may declare a variable or
// name one. It must hold no bare comma.
#define ASSIGN_OR_RETURN(lhs, expr)                                           \
  RENKEI_ASSIGN_OR_RETURN(RENKEI_CONCAT(renkei_status_or_, __COUNTER__), lhs, \
                          expr)

// NOLINTBEGIN(bugprone-macro-parentheses): these arguments are declarations
#define RENKEI_RETURN_IF_ERROR(status, expr)          \
  do {                                                \
    if (absl::Status status = (expr); !status.ok()) { \
      return status;                                  \
    }                                                 \
  } while (false)

#define RENKEI_ASSIGN_OR_RETURN(status_or, lhs, expr) \
  auto status_or = (expr);                            \
  if (!status_or.ok()) {                              \
    return std::move(status_or).status();             \
  }                                                   \
  lhs = *std::move(status_or)
// NOLINTEND(bugprone-macro-parentheses)

#define RENKEI_CONCAT(a, b) RENKEI_CONCAT_TOKENS(a, b)
#define RENKEI_CONCAT_TOKENS(a, b) a##b
