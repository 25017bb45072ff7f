// The one place where a status becomes a gRPC error.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "grpcpp/support/status.h"
#include "server/domain/refusal.h"

namespace renkei::rpc {

// The status with google.rpc details: ErrorInfo, RequestInfo, LocalizedMessage
// in Japanese and English, and BadRequest or RetryInfo where they fit. What is
// no refusal of ours becomes INTERNAL or DATA_LOSS without its text.
grpc::Status ToGrpc(const absl::Status& status,
                    absl::string_view correlation_id);

// What a person is told, by reason; never empty.
struct LocalizedReason {
  absl::string_view japanese;
  absl::string_view english;
};
LocalizedReason Localize(domain::Reason reason);

}  // namespace renkei::rpc
