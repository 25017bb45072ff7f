#include "server/domain/person_view.h"

#include <algorithm>
#include <utility>

#include "server/domain/directory_entries.h"
#include "server/domain/standing.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::v1::Affiliation;
using storage::v1::CredentialsRecord;
using storage::v1::PersonRecord;
using storage::v1::RoleGrant;

bool MaySeeAccount(const ReadCall& call, const PersonRecord& actor,
                   const PersonId& person, const PersonRecord& record) {
  return CallerOf(call).person == person ||
         HasRole(actor, storage::v1::ROLE_NETWORK_OFFICE) ||
         HasRole(actor, storage::v1::ROLE_AUDITOR) ||
         HasRole(actor, storage::v1::ROLE_PRIVACY_OFFICER) ||
         std::any_of(record.affiliations().begin(), record.affiliations().end(),
                     [&](const Affiliation& affiliation) {
                       return affiliation.state() !=
                                  storage::v1::AFFILIATION_STATE_ENDED &&
                              Administers(actor, affiliation.facility(),
                                          call.now);
                     });
}

AccountState StateOf(const PersonRecord& record,
                     const CredentialsRecord& credentials, absl::Time now) {
  PersonRecord unlocked = record;
  unlocked.set_locked(false);
  if (!InGoodStanding(unlocked, now)) {
    return AccountState::kInactive;
  }
  if (record.locked()) {
    return AccountState::kLocked;
  }
  return credentials.password_is_initial() || !credentials.totp_confirmed()
             ? AccountState::kEnrolling
             : AccountState::kActive;
}

void DropExpired(PersonRecord& record, absl::Time now) {
  auto& roles = *record.mutable_roles();
  roles.erase(std::remove_if(roles.begin(), roles.end(),
                             [now](const RoleGrant& grant) {
                               return IsExpired(grant, now);
                             }),
              roles.end());
}

}  // namespace

bool IsExpired(const RoleGrant& grant, absl::Time now) {
  return !InForce(grant) &&
         absl::FromUnixMicros(grant.expires_at_micros()) <= now;
}

std::optional<CredentialReset> WaitingReset(
    const PersonId& person, const CredentialsRecord& credentials,
    absl::Time now) {
  const std::optional<PersonId> requester =
      PersonId::FromBytes(credentials.reset_requested_by());
  const absl::Time at =
      absl::FromUnixMicros(credentials.reset_requested_at_micros());
  if (!requester || at + kCredentialResetLifetime <= now) {
    return std::nullopt;
  }
  return CredentialReset{person, credentials.reset_reason(), *requester, at};
}

absl::StatusOr<PersonView> ViewOf(const ReadCall& call, const PersonId& person,
                                  PersonRecord record) {
  PersonView view;
  view.person = person;
  for (const Affiliation& affiliation : record.affiliations()) {
    ASSIGN_OR_RETURN(std::string name,
                     FacilityNameOf(call, affiliation.facility()));
    view.facility_names.push_back(std::move(name));
  }
  ASSIGN_OR_RETURN(const PersonRecord actor, ActorOf(call));
  if (MaySeeAccount(call, actor, person, record)) {
    ASSIGN_OR_RETURN(const auto found,
                     call.view.Find(storage::kCredentials,
                                    {CallerOf(call).network, person}));
    const CredentialsRecord credentials = found.value_or(CredentialsRecord());
    view.account_state = StateOf(record, credentials, call.now);
    view.reset = WaitingReset(person, credentials, call.now);
    DropExpired(record, call.now);
  } else {
    record.clear_login();
    record.clear_roles();
    record.clear_locked();
  }
  view.record = std::move(record);
  return view;
}

}  // namespace renkei::domain
