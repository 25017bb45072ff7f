#include "server/domain/account_recovery.h"

#include <utility>

#include "server/domain/authorize.h"
#include "server/domain/credentials.h"
#include "server/domain/directory_entries.h"
#include "server/domain/refusal.h"
#include "server/domain/session_end.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {

using storage::v1::CredentialsRecord;
using storage::v1::PersonRecord;

absl::StatusOr<PersonView> UnlockAccount(WriteCall& call,
                                         const NetworkId& network,
                                         const PersonId& person) {
  RETURN_IF_ERROR(Authorize(call, Action::kUnlockAccount,
                            {.network = network, .person = person}));
  ASSIGN_OR_RETURN(PersonRecord record, ReadPerson(call, person));
  if (CallerOf(call).person == person) {
    return DenySecondPerson(call);
  }
  if (!record.locked()) {
    return RefuseState("NOT_LOCKED");
  }
  RETURN_IF_ERROR(LiftLock(call, network, person));
  ASSIGN_OR_RETURN(record, ReadPerson(call, person));
  return ViewOf(call, person, std::move(record));
}

absl::StatusOr<CredentialReset> RequestCredentialReset(
    WriteCall& call, const NetworkId& network, const PersonId& person,
    const std::string& reason) {
  RETURN_IF_ERROR(Authorize(call, Action::kRequestCredentialReset,
                            {.network = network, .person = person}));
  RETURN_IF_ERROR(ReadPerson(call, person).status());
  const PersonId& requester = CallerOf(call).person;
  if (requester == person) {
    return DenySecondPerson(call);
  }
  ASSIGN_OR_RETURN(auto found,
                   call.tx.Find(storage::kCredentials, {network, person}));
  CredentialsRecord credentials =
      found ? *std::move(found) : CredentialsRecord();
  credentials.set_reset_requested_by(std::string(requester.bytes()));
  credentials.set_reset_requested_at_micros(absl::ToUnixMicros(call.now));
  credentials.set_reset_reason(reason);
  call.note.details.emplace_back("reason", reason);
  RETURN_IF_ERROR(
      call.tx.Put(storage::kCredentials, {network, person}, credentials));
  return CredentialReset{person, reason, requester, call.now};
}

absl::StatusOr<CredentialReset> CheckCredentialReset(ReadCall& call,
                                                     const NetworkId& network,
                                                     const PersonId& person) {
  RETURN_IF_ERROR(Authorize(call, Action::kApproveCredentialReset,
                            {.network = network, .person = person}));
  RETURN_IF_ERROR(ReadPerson(call, person).status());
  if (CallerOf(call).person == person) {
    return DenySecondPerson(call);
  }
  ASSIGN_OR_RETURN(const auto credentials,
                   call.view.Find(storage::kCredentials, {network, person}));
  std::optional<CredentialReset> reset =
      credentials ? WaitingReset(person, *credentials, call.now) : std::nullopt;
  if (!reset) {
    return RefuseState("NOT_REQUESTED");
  }
  if (reset->requester == CallerOf(call).person) {
    return DenySecondPerson(call);
  }
  return *std::move(reset);
}

absl::StatusOr<CredentialReset> ApproveCredentialReset(
    WriteCall& call, const NetworkId& network, const PersonId& person,
    absl::string_view password_hash) {
  ASSIGN_OR_RETURN(CredentialReset reset,
                   CheckCredentialReset(call, network, person));
  RETURN_IF_ERROR(PutInitialCredentials(call, network, person, password_hash));
  RETURN_IF_ERROR(LiftLock(call, network, person));
  RETURN_IF_ERROR(
      EndAllSessions(call, network, person, kEndedByNewCredentials));
  return reset;
}

}  // namespace renkei::domain
