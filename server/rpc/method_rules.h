// What the API's protos say of each method: policy action, audit event,
// audience.
#pragma once

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "renkei/v1/options.pb.h"
#include "server/domain/policy.h"

namespace renkei::rpc {

struct MethodRule {
  std::string name;  // "MessageService.SendMessage"
  domain::Action action;
  uint32_t event_type;
  v1::Audience audience;
};

// Immutable; thread-safe.
class MethodRules {
 public:
  // Reads the options of every method of every service of renkei.v1.
  // FailedPrecondition when one lacks its rule, names an action the policy does
  // not have, or shares its request type with another.
  static absl::StatusOr<MethodRules> Load();

  // By the request's type, which belongs to one method alone. REQUIRES: a
  // request of the API.
  const MethodRule& Of(const google::protobuf::Descriptor* request) const {
    return rules_.at(request);
  }

  const absl::flat_hash_map<const google::protobuf::Descriptor*, MethodRule>&
  all() const {
    return rules_;
  }

 private:
  absl::flat_hash_map<const google::protobuf::Descriptor*, MethodRule> rules_;
};

}  // namespace renkei::rpc
