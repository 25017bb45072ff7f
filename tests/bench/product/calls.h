// The calls that the bench makes over and over, encoded once.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "tests/bench/load/load.h"
#include "tests/bench/product/care_groups.h"

namespace renkei::bench {

// One after the other of a list of requests, each with its caller; a request id
// in them is made anew each time. Not thread-safe.
class CallCycle {
 public:
  explicit CallCycle(std::string path) : path_(std::move(path)) {}

  // `request_id` is the one that stands in `request`; empty: it has none.
  void Add(absl::string_view access_token, std::string request,
           const std::string& request_id);
  // On which connections the calls go, slot by slot.
  void Use(std::vector<Http2Connection*> connections) {
    connections_ = std::move(connections);
  }

  Outgoing Next(size_t slot);
  NextCall AsNextCall() {
    return [this](size_t slot) { return Next(slot); };
  }

 private:
  struct Prepared {
    CallHeaders headers;
    std::string request;
    size_t request_id_at = std::string::npos;
  };

  const std::string path_;
  std::vector<Prepared> prepared_;
  std::vector<Http2Connection*> connections_;
  size_t next_ = 0;
};

// 300 bytes of Japanese text.
std::string MessageBody();

// SendMessage by `senders` members of each group.
CallCycle SendCalls(absl::Span<const CareGroup> groups, size_t senders);
// ListMessages, the newest `page` of each group, by `readers` members of each.
CallCycle ListCalls(absl::Span<const CareGroup> groups, size_t readers,
                    int page);
// ListUnread by the first member of each group.
CallCycle UnreadCalls(absl::Span<const CareGroup> groups);
// The bare echo, with as many bytes each way.
CallCycle EchoCalls(size_t request_bytes, size_t answer_bytes);

}  // namespace renkei::bench
