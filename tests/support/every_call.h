// A right call of every method: who makes it and with what request, in a
// network that was made ready for it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "renkei/v1/session.pb.h"
#include "tests/support/live_network.h"
#include "tests/support/live_server.h"

namespace renkei::testing {

struct RightCall {
  std::string method;  // Service/Method
  v1::Tokens tokens;
  std::shared_ptr<const google::protobuf::Message> request;
};

// Prepares what the calls need (who waits for a second approval, whom one can
// unlock, which group can be opened again …) and gives a call of each method on
// the API's socket. Made one after another, once, each is answered OK. Texts
// that people write end with `tag`, as do those of MakeLiveNetwork.
std::vector<RightCall> PrepareEveryCall(LiveServer& server, LiveNetwork& team,
                                        const std::string& tag);

}  // namespace renkei::testing
