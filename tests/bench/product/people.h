// Signing people in at the product, as their devices would.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/bench/load/caller.h"

namespace renkei::bench {

inline constexpr absl::string_view kNetworkCode = "bench";

// Somebody with a session in full use.
struct Person {
  std::string name;  // networks/{network}/people/{person}
  std::string login;
  std::string access_token;
  std::string refresh_token;
};

// Version 7, as the command line makes them, in lower case.
std::string NewUuid();

// The whole enrolment of somebody new: password, TOTP, a full session. `caller`
// calls as that person from then on.
absl::StatusOr<Person> Enrol(Caller& caller, absl::string_view login,
                             absl::string_view one_time_password);

// New tokens, before the old ones run out.
absl::Status Refresh(Caller& caller, Person& person);

}  // namespace renkei::bench
