#include "server/rpc/method_rules.h"

#include <array>
#include <optional>

#include "absl/strings/str_cat.h"
#include "renkei/v1/admin.pb.h"
#include "renkei/v1/audit.pb.h"
#include "renkei/v1/directory.pb.h"
#include "renkei/v1/group.pb.h"
#include "renkei/v1/message.pb.h"
#include "renkei/v1/session.pb.h"
#include "renkei/v1/sync.pb.h"
#include "storage/base/status_macros.h"

namespace renkei::rpc {
namespace {

absl::StatusOr<MethodRule> ReadRule(
    const google::protobuf::MethodDescriptor& method) {
  const v1::MethodRule& option = method.options().GetExtension(v1::rule);
  const std::optional<domain::Action> action =
      domain::ActionNamed(option.action());
  if (!action || option.event() == v1::AUDIT_EVENT_TYPE_UNSPECIFIED ||
      option.audience() == v1::AUDIENCE_UNSPECIFIED) {
    return absl::FailedPreconditionError(
        absl::StrCat(method.full_name(), " has no whole rule"));
  }
  return MethodRule{absl::StrCat(method.service()->name(), ".", method.name()),
                    *action, static_cast<uint32_t>(option.event()),
                    option.audience()};
}

}  // namespace

absl::StatusOr<MethodRules> MethodRules::Load() {
  const std::array files = {v1::SignInRequest::descriptor()->file(),
                            v1::GetNetworkRequest::descriptor()->file(),
                            v1::CreateGroupRequest::descriptor()->file(),
                            v1::SendMessageRequest::descriptor()->file(),
                            v1::SyncRequest::descriptor()->file(),
                            v1::ListAuditEventsRequest::descriptor()->file(),
                            v1::GetServerInfoRequest::descriptor()->file()};
  MethodRules rules;
  for (const google::protobuf::FileDescriptor* file : files) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        const google::protobuf::MethodDescriptor& method =
            *file->service(s)->method(m);
        ASSIGN_OR_RETURN(MethodRule rule, ReadRule(method));
        if (!rules.rules_.emplace(method.input_type(), std::move(rule))
                 .second) {
          return absl::FailedPreconditionError(
              absl::StrCat(method.full_name(), " shares its request type"));
        }
      }
    }
  }
  return rules;
}

}  // namespace renkei::rpc
