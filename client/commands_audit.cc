// audit.
#include "absl/strings/str_cat.h"
#include "client/command.h"
#include "client/describe.h"
#include "client/labels.h"
#include "client/times.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

using Audit = v1::AuditService::Stub;

absl::Status ListAuditEvents(Invocation& in) {
  const Arguments& arguments = in.arguments();
  v1::ListAuditEventsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), in.Network());
  request.set_patient(arguments.Get("patient"));
  request.set_actor(arguments.Get("actor"));
  request.set_facility(arguments.Get("facility"));
  if (arguments.Has("type")) {
    ASSIGN_OR_RETURN(const auto type,
                     ParseEnum<v1::AuditEventType>(arguments.Get("type")));
    request.set_type(type);
  }
  if (arguments.Has("since")) {
    ASSIGN_OR_RETURN(*request.mutable_start_time(),
                     ParseTime(arguments.Get("since")));
  }
  if (arguments.Has("until")) {
    ASSIGN_OR_RETURN(*request.mutable_end_time(),
                     ParseTime(arguments.Get("until")));
  }
  request.set_order(arguments.Has("oldest-first") ? v1::ORDER_OLDEST_FIRST
                                                  : v1::ORDER_NEWEST_FIRST);
  RETURN_IF_ERROR(SetPage(arguments, request));
  ASSIGN_OR_RETURN(const auto answer,
                   in.Call(&Audit::ListAuditEvents, request));
  const View view = in.NamingView();
  return in.output().Show(
      answer, absl::StrCat(Describe(answer.audit_events(), view),
                           NextPageText(answer.next_page_token(), view)));
}

absl::Status ShowAuditEvent(Invocation& in) {
  v1::GetAuditEventRequest request;
  request.set_name(in.operand(0));
  ASSIGN_OR_RETURN(const v1::AuditEvent answer,
                   in.Call(&Audit::GetAuditEvent, request));
  return in.output().Show(answer, DescribeOne(answer, in.NamingView()));
}

constexpr Option kOptions[] = {
    {"patient", "PATIENT", {"この患者に関するもの", "only about this patient"}},
    {"actor", "PERSON", {"この人が行ったもの", "only by this person"}},
    {"facility",
     "FACILITY",
     {"この施設の人が行ったもの", "only by people of this facility"}},
    {"type",
     "TYPE",
     {"この操作だけ(例: messages_read)",
      "only of this type, such as messages_read"}},
    {"since", "TIME", {"この時刻以後", "at or after this time"}},
    {"until", "TIME", {"この時刻より前", "before this time"}},
    {"oldest-first", "", {"古い順", "from the oldest"}},
    kPageSize,
    kPageToken,
};

constexpr Command kCommands[] = {
    {"audit",
     "",
     0,
     0,
     {"監査証跡を見る", "read the audit log"},
     kOptions,
     ListAuditEvents},
    {"audit show",
     "EVENT",
     1,
     1,
     {"監査証跡を1件見る", "show one audit event"},
     {},
     ShowAuditEvent},
};

}  // namespace

absl::Span<const Command> AuditCommands() { return kCommands; }

}  // namespace renkei::client
