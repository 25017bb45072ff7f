// The ids with which a client marks its changes, so that a retry is known.
#pragma once

#include <string>

#include "google/protobuf/message.h"

namespace renkei::client {

// A fresh UUID of version 7 (RFC 9562) in its 36-character form: time, then
// chance. Thread-safe.
std::string MakeRequestId();

// Gives `request` a fresh id if it has a field `request_id` that is empty.
void FillRequestId(google::protobuf::Message& request);

}  // namespace renkei::client
