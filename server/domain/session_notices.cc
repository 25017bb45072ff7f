#include "server/domain/session_notices.h"

#include <string>

#include "server/domain/streams.h"

namespace renkei::domain {
namespace {

// On disk for ever, and the API's names without their prefix.
std::string CodeOf(Notice notice) {
  switch (notice) {
    case Notice::kSignedInElsewhere:
      return "SIGNED_IN_ELSEWHERE";
    case Notice::kCredentialsChanged:
      return "CREDENTIALS_CHANGED";
    case Notice::kRightsChanged:
      return "RIGHTS_CHANGED";
  }
  return "";
}

}  // namespace

absl::Status NoticePerson(WriteCall& call, const PersonId& person,
                          Notice notice, const SessionId& session) {
  storage::v1::EventItem item;
  item.set_kind(storage::v1::EVENT_KIND_SESSION_NOTICE);
  item.set_notice(CodeOf(notice));
  if (!session.IsZero()) {
    item.set_session(std::string(session.bytes()));
  }
  return AppendEvent(call, storage::StreamOf(person), item);
}

bool IsOwnSignIn(const Caller& caller, const storage::v1::EventItem& item) {
  return !item.session().empty() && item.session() == caller.session.bytes();
}

}  // namespace renkei::domain
