#include "server/domain/credentials.h"

#include <array>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/domain/audit.h"
#include "server/domain/refusal.h"
#include "storage/base/base32.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"
#include "storage/crypto/password.h"
#include "storage/crypto/secret.h"

namespace renkei::domain {
namespace {

using crypto::KeyScope;
using crypto::MacUse;
using storage::v1::CredentialsRecord;

constexpr size_t kOneTimePasswordBytes = 10;
constexpr size_t kGroupCharacters = 4;

absl::StatusOr<std::shared_ptr<const crypto::Secret>> MacKey(
    const crypto::KeyRing& keys, const NetworkId& network, MacUse use) {
  std::shared_ptr<const crypto::Secret> key = keys.Mac(
      network.IsZero() ? KeyScope::Server() : KeyScope::Network(network), use);
  if (key == nullptr) {
    return Refuse(absl::StatusCode::kUnavailable, Reason::kServerSealed,
                  "the network's keys are not open");
  }
  return key;
}

std::string OneTimePassword() {
  crypto::Secret random = crypto::Secret::Random(kOneTimePasswordBytes);
  std::string characters = EncodeBase32(random.mutable_span());
  std::string text;
  for (size_t i = 0; i < characters.size(); i += kGroupCharacters) {
    absl::StrAppend(&text, i == 0 ? "" : "-",
                    absl::string_view(characters).substr(i, kGroupCharacters));
  }
  crypto::Wipe(characters);
  return text;
}

}  // namespace

absl::StatusOr<Hash32> LoginHash(const crypto::KeyRing& keys,
                                 const NetworkId& network,
                                 absl::string_view login) {
  ASSIGN_OR_RETURN(const auto key, MacKey(keys, network, MacUse::kLookup));
  return crypto::HmacSha256(
      *key, absl::StrCat("login ", absl::AsciiStrToLower(login)));
}

absl::StatusOr<std::shared_ptr<const crypto::Secret>> PasswordPepper(
    const crypto::KeyRing& keys, const NetworkId& network) {
  return MacKey(keys, network, MacUse::kPasswordPepper);
}

absl::StatusOr<InitialCredentials> NewInitialCredentials(
    const crypto::KeyRing& keys, const NetworkId& network,
    const crypto::Argon2Cost& cost) {
  ASSIGN_OR_RETURN(const auto pepper, PasswordPepper(keys, network));
  InitialCredentials credentials;
  credentials.one_time_password = OneTimePassword();
  ASSIGN_OR_RETURN(
      credentials.hash,
      crypto::HashPassword(credentials.one_time_password, *pepper, cost));
  return credentials;
}

absl::Status PutInitialCredentials(WriteCall& call, const NetworkId& network,
                                   const PersonId& person,
                                   absl::string_view hash) {
  const storage::PersonKey key{network, person};
  CredentialsRecord fresh;
  ASSIGN_OR_RETURN(auto earlier, call.tx.Find(storage::kCredentials, key));
  if (earlier) {
    VoidTickets(call, *earlier);
    KeepEarlierPassword(*earlier);
    *fresh.mutable_earlier_password_hashes() =
        earlier->earlier_password_hashes();
  }
  fresh.set_password_hash(std::string(hash));
  fresh.set_password_is_initial(true);
  fresh.set_initial_password_expires_at_micros(
      absl::ToUnixMicros(call.now + kInitialPasswordLifetime));
  return call.tx.Put(storage::kCredentials, key, fresh);
}

void KeepEarlierPassword(CredentialsRecord& credentials) {
  auto& earlier = *credentials.mutable_earlier_password_hashes();
  *earlier.Add() = credentials.password_hash();
  for (int i = earlier.size() - 1; i > 0; --i) {
    earlier.SwapElements(i, i - 1);
  }
  if (earlier.size() > kEarlierPasswordsMax) {
    earlier.RemoveLast();
  }
}

absl::Status LockAccount(WriteCall& call, const NetworkId& network,
                         const PersonId& person) {
  const storage::PersonKey key{network, person};
  ASSIGN_OR_RETURN(auto record, call.tx.Get(storage::kPeople, key));
  if (record.locked()) {
    return absl::OkStatus();
  }
  record.set_locked(true);
  record.set_access_version(record.access_version() + 1);
  RETURN_IF_ERROR(call.tx.Put(storage::kPeople, key, record));
  RETURN_IF_ERROR(EndAllSessions(call, network, person, kEndedByLock));
  call.note.network = network;
  call.note.target_person = person;
  return AppendAuditAs(call, AuditType::kAccountLocked, absl::OkStatus());
}

absl::Status LiftLock(WriteCall& call, const NetworkId& network,
                      const PersonId& person) {
  const storage::PersonKey key{network, person};
  ASSIGN_OR_RETURN(auto record, call.tx.Get(storage::kPeople, key));
  ASSIGN_OR_RETURN(auto credentials, call.tx.Get(storage::kCredentials, key));
  record.set_locked(false);
  record.set_access_version(record.access_version() + 1);
  credentials.set_failed_attempts(0);
  RETURN_IF_ERROR(call.tx.Put(storage::kPeople, key, record));
  return call.tx.Put(storage::kCredentials, key, credentials);
}

void VoidTickets(WriteCall& call, CredentialsRecord& credentials) {
  for (const std::string& ticket : credentials.ticket_hashes()) {
    call.tx.Delete(storage::kTokens, {*Hash32::FromBytes(ticket)});
  }
  credentials.clear_ticket_hashes();
}

}  // namespace renkei::domain
