// How a network begins: `renkeid init`.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/call.h"
#include "server/domain/network.h"

namespace renkei::domain {

struct NewNetwork {
  NetworkId network;  // whose key is in the key store
  std::string code;   // 2 to 20 characters of a-z 0-9 -, what people sign in to
  std::string display_name;
  ByLaw by_law;
  std::string office_login;
  std::string office_name;    // of the one person it begins with
  std::string password_hash;  // of that person's one-time password
};

// FIELD_INVALID for what UpdateNetwork or CreatePerson would not take either.
absl::Status CheckNewNetwork(const NewNetwork& network);

// Makes the network with one person who holds its office, and writes the audit
// events. The one operation that asks no policy: it is for the operator, before
// anybody can sign in. ALREADY_EXISTS for a code in use; FIELD_INVALID.
// REQUIRES: no call.caller.
absl::StatusOr<PersonId> CreateNetwork(WriteCall& call,
                                       const NewNetwork& network);

}  // namespace renkei::domain
