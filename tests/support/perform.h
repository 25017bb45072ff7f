// One operation through the real door, with what it returned.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/support/world.h"

namespace renkei::testing {

// `operation(domain::WriteCall&)` returns absl::StatusOr<T>. The answer is what
// the caller would be told. Numbers of `event` are those of
// renkei.v1.AuditEventType.
template <typename Operation>
auto PerformWrite(World& world, const Actor& actor, domain::Action action,
                  uint32_t event, Operation operation) {
  using Result = decltype(operation(std::declval<domain::WriteCall&>()));
  Result result = absl::UnknownError("the operation did not run");
  const absl::Status answer =
      world.Write(actor, action, event, [&](domain::WriteCall& call) {
        result = operation(call);
        return result.status();
      });
  return answer.ok() ? std::move(result) : Result(answer);
}

// The same on a snapshot.
template <typename Operation>
auto PerformRead(World& world, const Actor& actor, domain::Action action,
                 uint32_t event, Operation operation) {
  using Result = decltype(operation(std::declval<domain::ReadCall&>()));
  Result result = absl::UnknownError("the operation did not run");
  const absl::Status answer =
      world.Read(actor, action, event, [&](domain::ReadCall& call) {
        result = operation(call);
        return result.status();
      });
  return answer.ok() ? std::move(result) : Result(answer);
}

}  // namespace renkei::testing
