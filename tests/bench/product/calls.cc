#include "tests/bench/product/calls.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "renkei/v1/message.pb.h"
#include "storage/base/check.h"
#include "tests/bench/yardsticks/yardstick.pb.h"

namespace renkei::bench {

void CallCycle::Add(absl::string_view access_token, std::string request,
                    const std::string& request_id) {
  Prepared prepared;
  prepared.headers.path = path_;
  if (!access_token.empty()) {
    prepared.headers.authorization = absl::StrCat("Bearer ", access_token);
  }
  prepared.request = std::move(request);
  if (!request_id.empty()) {
    prepared.request_id_at = prepared.request.find(request_id);
    CHECK(prepared.request_id_at != std::string::npos);
  }
  prepared_.push_back(std::move(prepared));
}

Outgoing CallCycle::Next(size_t slot) {
  Prepared& prepared = prepared_[next_++ % prepared_.size()];
  if (prepared.request_id_at != std::string::npos) {
    const std::string id = NewUuid();
    prepared.request.replace(prepared.request_id_at, id.size(), id);
  }
  return {connections_[slot % connections_.size()], &prepared.headers,
          prepared.request};
}

std::string MessageBody() {
  // Ten times ten characters.
  std::string body;
  for (int i = 0; i < 10; ++i) {
    body += "右踵の発赤は縮小、処";
  }
  CHECK(body.size() == 300);
  return body;
}

CallCycle SendCalls(absl::Span<const CareGroup> groups, size_t senders) {
  CallCycle calls("/renkei.v1.MessageService/SendMessage");
  for (size_t sender = 0; sender < senders; ++sender) {
    for (const CareGroup& group : groups) {
      v1::SendMessageRequest request;
      request.set_parent(group.name);
      request.set_lane(v1::LANE_PROFESSIONAL);
      request.set_category(v1::CATEGORY_DAILY_CARE);
      request.set_body(MessageBody());
      request.set_request_id(NewUuid());
      calls.Add(group.members[sender].access_token, request.SerializeAsString(),
                request.request_id());
    }
  }
  return calls;
}

CallCycle ListCalls(absl::Span<const CareGroup> groups, size_t readers,
                    int page) {
  CallCycle calls("/renkei.v1.MessageService/ListMessages");
  for (size_t reader = 0; reader < readers; ++reader) {
    for (const CareGroup& group : groups) {
      v1::ListMessagesRequest request;
      request.set_parent(group.name);
      request.set_page_size(page);
      calls.Add(group.members[reader].access_token, request.SerializeAsString(),
                "");
    }
  }
  return calls;
}

CallCycle UnreadCalls(absl::Span<const CareGroup> groups) {
  CallCycle calls("/renkei.v1.MessageService/ListUnread");
  for (const CareGroup& group : groups) {
    v1::ListUnreadRequest request;
    request.set_parent(group.name.substr(0, group.name.find("/groups/")));
    calls.Add(group.members.front().access_token, request.SerializeAsString(),
              "");
  }
  return calls;
}

CallCycle EchoCalls(size_t request_bytes, size_t answer_bytes) {
  // Tags and lengths take a few bytes of each.
  constexpr size_t kFrame = 8;
  EchoRequest request;
  request.set_payload(
      std::string(request_bytes - std::min(request_bytes, kFrame), 'x'));
  request.set_answer_bytes(
      static_cast<uint32_t>(answer_bytes - std::min<size_t>(answer_bytes, 3)));
  CallCycle calls("/renkei.bench.Yardstick/Echo");
  calls.Add("", request.SerializeAsString(), "");
  return calls;
}

}  // namespace renkei::bench
