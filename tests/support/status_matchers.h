// Matchers for absl::Status and StatusOr, which Debian's Abseil lacks.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "server/domain/refusal.h"
#include "storage/base/check.h"

namespace renkei::testing {

inline const absl::Status& StatusOf(const absl::Status& status) {
  return status;
}
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& status) {
  return status.status();
}

MATCHER(IsOk, "") {
  *result_listener << StatusOf(arg);
  return StatusOf(arg).ok();
}
MATCHER_P(StatusIs, code, "") {
  *result_listener << StatusOf(arg);
  return StatusOf(arg).code() == code;
}
// A refusal with this published reason.
MATCHER_P(RefusedWith, reason, "") {
  *result_listener << StatusOf(arg) << ", "
                   << domain::ReasonName(domain::ReasonOf(StatusOf(arg)));
  return !StatusOf(arg).ok() && domain::ReasonOf(StatusOf(arg)) == reason;
}

// What `result` holds; ends the test program when that is an error.
template <typename T>
T Must(absl::StatusOr<T> result) {
  CHECK_OK(result.status());
  return *std::move(result);
}

#define ASSERT_OK(expression) ASSERT_THAT(expression, ::renkei::testing::IsOk())
#define EXPECT_OK(expression) EXPECT_THAT(expression, ::renkei::testing::IsOk())

}  // namespace renkei::testing
