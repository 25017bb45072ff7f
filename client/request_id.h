// The ids with which a client marks its changes, so that a retry is known.
#pragma once

#include <string>

#include "google/protobuf/message.h"

namespace renkei::client {

// A fresh version 4 UUID in its 36-character form. Thread-safe.
std::string MakeRequestId();

// Gives `request` a fresh id if it has a field `request_id` that is empty.
void FillRequestId(google::protobuf::Message& request);

}  // namespace renkei::client
