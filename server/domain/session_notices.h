// What a person's devices are told about the person's own account.
#pragma once

#include "absl/status/status.h"
#include "server/domain/call.h"
#include "storage/base/id.h"

namespace renkei::domain {

enum class Notice {
  kSignedInElsewhere,  // about the new session, whose own stream passes it over
  kCredentialsChanged,  // password, TOTP or recovery codes
  kRightsChanged        // an affiliation or role
};

// Adds the notice to the stream of a person of the call's network. `session`:
// what it is about; zero for none.
absl::Status NoticePerson(WriteCall& call, const PersonId& person,
                          Notice notice, const SessionId& session);

// True for a notice about the caller's own session: no news to its device.
bool IsOwnSignIn(const Caller& caller, const storage::v1::EventItem& item);

}  // namespace renkei::domain
