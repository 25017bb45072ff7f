#include "client/exit_codes.h"

#include "client/arguments.h"

namespace renkei::client {
namespace {

constexpr ExitCodeMeaning kMeanings[] = {
    {kExitOk, {"成功", "done"}},
    {kExitUsage, {"コマンドの書き方の誤り", "the command is written wrongly"}},
    {kExitUnauthenticated,
     {"サインインしていない、またはセッションが終わった",
      "not signed in, or the session has ended"}},
    {kExitPermissionDenied, {"権限がない", "not allowed for this person"}},
    {kExitNotFound,
     {"存在しない、または見えない", "does not exist, or is not visible"}},
    {kExitInvalidArgument,
     {"サーバーが受け付けない値", "the server refuses a value"}},
    {kExitConflict,
     {"いまの状態ではできない、または競合した",
      "not in this state, or in conflict with a change"}},
    {kExitRetry,
     {"つながらない、または混雑。時間をおいて再実行",
      "unreachable, busy or too late: try again"}},
    {kExitInternal,
     {"サーバーまたは手元の障害", "a fault of the server or this machine"}},
    {kExitLogAlarm,
     {"警告: 監査証跡が前に見たものの続きではない",
      "alarm: the audit log does not continue what was seen before"}},
};

}  // namespace

absl::Span<const ExitCodeMeaning> ExitCodeMeanings() { return kMeanings; }

ExitCode ExitCodeOf(const absl::Status& status) {
  if (IsUsageError(status)) {
    return kExitUsage;
  }
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitOk;
    case absl::StatusCode::kUnauthenticated:
      return kExitUnauthenticated;
    case absl::StatusCode::kPermissionDenied:
      return kExitPermissionDenied;
    case absl::StatusCode::kNotFound:
      return kExitNotFound;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return kExitInvalidArgument;
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kAlreadyExists:
      return kExitConflict;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDeadlineExceeded:
      return kExitRetry;
    default:
      return kExitInternal;
  }
}

}  // namespace renkei::client
