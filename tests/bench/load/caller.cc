#include "tests/bench/load/caller.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "storage/base/status_macros.h"

namespace renkei::bench {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);

struct OneAnswer : CallListener {
  void OnMessage(uint64_t, absl::string_view text) override {
    message = std::string(text);
  }
  void OnEnd(uint64_t, int end_status, absl::string_view text) override {
    ended = true;
    status = end_status;
    why = std::string(text);
  }

  bool ended = false;
  int status = -1;
  std::string why;
  std::string message;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Caller>> Caller::Connect(
    const Endpoint& endpoint) {
  auto caller = std::unique_ptr<Caller>(new Caller());
  ASSIGN_OR_RETURN(caller->connection_, caller->loop_.Connect(endpoint));
  return caller;
}

void Caller::set_access_token(absl::string_view token) {
  authorization_ = token.empty() ? "" : absl::StrCat("Bearer ", token);
}

absl::Status Caller::Call(absl::string_view method,
                          const google::protobuf::Message& request,
                          google::protobuf::Message& answer) {
  OneAnswer one;
  connection_->Start({absl::StrCat("/renkei.v1.", method), authorization_},
                     request.SerializeAsString(), 0, one);
  RETURN_IF_ERROR(loop_.Flush(*connection_));
  const absl::Time until = absl::Now() + kPatience;
  while (!one.ended) {
    RETURN_IF_ERROR(loop_.RunOnce(absl::Milliseconds(100)));
    if (absl::Now() > until) {
      return absl::DeadlineExceededError(
          absl::StrCat(method, " was never answered"));
    }
  }
  if (one.status != 0) {
    return absl::InternalError(
        absl::StrCat(method, ": status ", one.status, ": ", one.why));
  }
  return answer.ParseFromString(one.message)
             ? absl::OkStatus()
             : absl::DataLossError(absl::StrCat(method, ": bad answer"));
}

}  // namespace renkei::bench
