// roles: what people may do in the network besides care.
#include "absl/strings/str_cat.h"
#include "client/command.h"
#include "client/describe.h"
#include "client/labels.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

using Directory = v1::DirectoryService::Stub;

absl::Status GrantRole(Invocation& in) {
  v1::GrantRoleRequest request;
  request.set_parent(in.operand(0));
  ASSIGN_OR_RETURN(const auto role, ParseEnum<v1::Role>(in.operand(1)));
  request.set_role(role);
  request.set_facility(in.arguments().Get("facility"));
  ASSIGN_OR_RETURN(const v1::RoleGrant answer,
                   in.Call(&Directory::GrantRole, request));
  return in.output().Show(answer, DescribeOne(answer, in.PlainView()));
}

absl::Status ApproveRoleGrant(Invocation& in) {
  v1::ApproveRoleGrantRequest request;
  request.set_name(in.operand(0));
  ASSIGN_OR_RETURN(const v1::RoleGrant answer,
                   in.Call(&Directory::ApproveRoleGrant, request));
  return in.output().Show(answer, DescribeOne(answer, in.PlainView()));
}

absl::Status RevokeRole(Invocation& in) {
  v1::RevokeRoleRequest request;
  request.set_name(in.operand(0));
  request.set_reason(in.arguments().Get("reason"));
  ASSIGN_OR_RETURN(const v1::RoleGrant answer,
                   in.Call(&Directory::RevokeRole, request));
  return in.output().Show(answer, DescribeOne(answer, in.PlainView()));
}

constexpr Option kGrantOptions[] = {
    {"facility",
     "FACILITY",
     {"facility_administrator の施設",
      "the facility of a facility_administrator"}},
};
constexpr Option kRevokeOptions[] = {{"reason", "TEXT", {"理由", "why"}}};

constexpr Command kCommands[] = {
    {"roles grant",
     "PERSON ROLE",
     2,
     2,
     {"役割を申請する", "propose a role for a person"},
     kGrantOptions,
     GrantRole},
    {"roles approve",
     "GRANT",
     1,
     1,
     {"役割を承認する(別の人)", "approve a role, as a second person"},
     {},
     ApproveRoleGrant},
    {"roles revoke",
     "GRANT",
     1,
     1,
     {"役割を取り消す", "take a role away"},
     kRevokeOptions,
     RevokeRole},
};

}  // namespace

absl::Span<const Command> RoleCommands() { return kCommands; }

}  // namespace renkei::client
