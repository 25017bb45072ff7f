// Any method by its name, over any channel: what came back as it came back,
// answered OK or not, one message or many.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "grpcpp/channel.h"
#include "renkei/v1/session.pb.h"

namespace renkei::testing {

struct RawAnswer {
  std::vector<std::string> messages;  // serialized, also those before an error
  grpc::Status status;
};

// Calls `Service/Method` of renkei.v1. A stream is called off after the first
// message of which `enough` says so.
RawAnswer CallRaw(const std::shared_ptr<grpc::Channel>& channel,
                  const std::string& method, const v1::Tokens& tokens,
                  const google::protobuf::Message& request,
                  const std::function<bool(const std::string&)>& enough);

}  // namespace renkei::testing
