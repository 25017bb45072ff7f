// A person as the directory shows them to somebody: colleagues find each other,
// administrators see the account.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/domain/call.h"

namespace renkei::domain {

// A reset that nobody approved, and a proposed role that nobody approved, are
// void after this.
inline constexpr absl::Duration kCredentialResetLifetime = absl::Hours(24);
inline constexpr absl::Duration kRoleProposalLifetime = absl::Hours(24 * 7);

enum class AccountState : uint8_t {
  kUntold,
  kEnrolling,
  kActive,
  kLocked,
  kInactive
};

struct CredentialReset {
  PersonId person;
  std::string reason;
  PersonId requester;
  absl::Time requested_at;
};

struct PersonView {
  PersonId person;
  // Without login, roles and lock where `account_state` is kUntold; its roles
  // are those in force or proposed.
  storage::v1::PersonRecord record;
  std::vector<std::string> facility_names;  // of its affiliations, in order
  AccountState account_state = AccountState::kUntold;
  std::optional<CredentialReset> reset;
};

// As the caller may see `record`, which is of `person`.
absl::StatusOr<PersonView> ViewOf(const ReadCall& call, const PersonId& person,
                                  storage::v1::PersonRecord record);

// A proposal that nobody approved in time is none any more.
bool IsExpired(const storage::v1::RoleGrant& grant, absl::Time now);

// The reset that waits for a second administrator, nullopt if none does.
std::optional<CredentialReset> WaitingReset(
    const PersonId& person, const storage::v1::CredentialsRecord& credentials,
    absl::Time now);

}  // namespace renkei::domain
