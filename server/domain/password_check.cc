#include "server/domain/password_check.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "server/domain/credentials.h"
#include "server/domain/refusal.h"
#include "server/domain/text.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/password.h"

namespace renkei::domain {
namespace {

using storage::v1::CredentialsRecord;

// Zero if there is none. Networks are few.
absl::StatusOr<NetworkId> FindNetwork(const storage::Snapshot& view,
                                      absl::string_view code) {
  const std::string wanted = absl::AsciiStrToLower(code);
  NetworkId found;
  RETURN_IF_ERROR(
      view.Scan(storage::kNetworks, storage::KeysUnder(storage::kNetworks),
                storage::Direction::kForward,
                [&](const storage::NetworkKey& key,
                    const storage::v1::NetworkRecord& record) {
                  if (absl::AsciiStrToLower(record.code()) == wanted) {
                    found = key.network;
                  }
                  return true;
                }));
  return found;
}

// Fills the rest of `proof`, which names the person or nobody.
absl::Status Compare(ReadCall& call, absl::string_view password,
                     const crypto::Argon2Cost& cost, PasswordProof& proof) {
  ASSIGN_OR_RETURN(const auto pepper, PasswordPepper(call.keys, proof.network));
  ASSIGN_OR_RETURN(
      const auto credentials,
      call.view.Find(storage::kCredentials, {proof.network, proof.person}));
  const std::string form_c = ToNfc(password);
  if (!credentials || credentials->password_hash().empty()) {
    const absl::Status nobody =
        crypto::VerifyPasswordOfNobody(form_c, *pepper, cost);
    return absl::IsUnauthenticated(nobody) ? absl::OkStatus() : nobody;
  }
  proof.hash = credentials->password_hash();
  const absl::Status compared =
      crypto::VerifyPassword(form_c, *pepper, proof.hash);
  if (absl::IsUnauthenticated(compared)) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(compared);
  proof.right = true;
  if (crypto::NeedsRehash(proof.hash, cost)) {
    ASSIGN_OR_RETURN(proof.renewed,
                     crypto::HashPassword(form_c, *pepper, cost));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PasswordProof> ProveLogin(ReadCall& call,
                                         absl::string_view network_code,
                                         absl::string_view login,
                                         absl::string_view password,
                                         const crypto::Argon2Cost& cost) {
  PasswordProof proof;
  ASSIGN_OR_RETURN(proof.network, FindNetwork(call.view, network_code));
  ASSIGN_OR_RETURN(const Hash32 hash,
                   LoginHash(call.keys, proof.network, login));
  ASSIGN_OR_RETURN(const auto known,
                   call.view.Find(storage::kLogins, {proof.network, hash}));
  if (known) {
    proof.person = *PersonId::FromBytes(known->person());
  }
  RETURN_IF_ERROR(Compare(call, password, cost, proof));
  return proof;
}

absl::StatusOr<PasswordProof> ProveOwnPassword(ReadCall& call,
                                               absl::string_view password,
                                               const crypto::Argon2Cost& cost) {
  PasswordProof proof;
  proof.network = CallerOf(call).network;
  proof.person = CallerOf(call).person;
  RETURN_IF_ERROR(Compare(call, password, cost, proof));
  return proof;
}

bool StillRight(const PasswordProof& proof,
                const CredentialsRecord& credentials) {
  return proof.right && proof.hash == credentials.password_hash();
}

absl::Status CountFailure(WriteCall& call, const NetworkId& network,
                          const PersonId& person,
                          CredentialsRecord& credentials) {
  credentials.set_failed_attempts(credentials.failed_attempts() + 1);
  RETURN_IF_ERROR(
      call.tx.Put(storage::kCredentials, {network, person}, credentials));
  return credentials.failed_attempts() < kFailuresMax
             ? absl::OkStatus()
             : LockAccount(call, network, person);
}

absl::StatusOr<bool> AcceptOwnPassword(WriteCall& call,
                                       const PasswordProof& proof,
                                       CredentialsRecord& credentials) {
  if (StillRight(proof, credentials)) {
    return true;
  }
  // Who guessed at credentials that have changed since did not guess at these.
  if (proof.hash == credentials.password_hash()) {
    RETURN_IF_ERROR(
        CountFailure(call, proof.network, proof.person, credentials));
  }
  call.answer = Refuse(absl::StatusCode::kPermissionDenied,
                       Reason::kPasswordWrong, "the current password is wrong");
  return false;
}

}  // namespace renkei::domain
