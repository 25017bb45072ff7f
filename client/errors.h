// What the server said about an error, kept inside an absl::Status.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/language.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/status.h"

namespace renkei::client {

// The same code, with the google.rpc.Status of `grpc-status-details-bin`
// inside. The only place where gRPC's errors become ours.
absl::Status FromGrpc(const grpc::Status& status);

// What the server sent, or just code and message of an error that arose here.
google::rpc::Status DetailsOf(const absl::Status& status);

// The ErrorReason without its prefix, such as "AUDIENCE_CHANGED"; empty if the
// error is not the server's.
std::string ReasonOf(const absl::Status& status);

// The value of one key of the reason's metadata, empty if it is not there.
std::string MetadataOf(const absl::Status& status, absl::string_view key);

// How long the server asks to wait before trying again; zero if it does not.
absl::Duration RetryDelayOf(const absl::Status& status);

// The error for the person at the terminal: the server's text in `language`,
// then reason, particulars and the correlation id for the help desk.
std::string Explain(const absl::Status& status, Language language);

}  // namespace renkei::client
