// Calls made one at a time, waiting for each answer.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "tests/bench/load/event_loop.h"

namespace renkei::bench {

// Not thread-safe.
class Caller {
 public:
  static absl::StatusOr<std::unique_ptr<Caller>> Connect(
      const Endpoint& endpoint);

  // Who calls from now on; empty: nobody.
  void set_access_token(absl::string_view token);

  // `method` as in "MessageService/SendMessage". Internal with what the server
  // said when it refuses.
  absl::Status Call(absl::string_view method,
                    const google::protobuf::Message& request,
                    google::protobuf::Message& answer);

 private:
  Caller() = default;

  EventLoop loop_;
  Http2Connection* connection_ = nullptr;
  std::string authorization_;
};

}  // namespace renkei::bench
