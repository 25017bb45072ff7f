// People: one person, one account, for life.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/domain/call.h"
#include "server/domain/directory_entries.h"
#include "server/domain/person_view.h"

namespace renkei::domain {

struct NewPerson {
  NetworkId network;
  std::string login;
  std::string display_name;
  std::string reading;
  FacilityId facility;  // of the first affiliation
  std::string profession;
  bool first_administrator = false;
};

// Whether the caller may register this person: NOT_PERMITTED, NOT_FOUND for the
// facility, LOGIN_TAKEN. To be asked before the password is hashed;
// CreatePerson asks again.
absl::Status CheckNewPerson(ReadCall& call, const NewPerson& person);

// `password_hash` is that of the one-time password.
absl::StatusOr<PersonView> CreatePerson(WriteCall& call,
                                        const NewPerson& person,
                                        absl::string_view password_hash);

absl::StatusOr<PersonView> GetPerson(ReadCall& call, const NetworkId& network,
                                     const PersonId& person);

struct PeopleFilter {
  NetworkId network;
  std::optional<FacilityId>
      facility;  // with an affiliation there that has not ended
};

// In the order of registration, from the one after `after`.
absl::StatusOr<Page<PersonView>> ListPeople(
    ReadCall& call, const PeopleFilter& filter,
    const std::optional<PersonId>& after, size_t limit);

struct HumanName {
  std::string text;
  std::string reading;
};

struct PersonChange {
  NetworkId network;
  PersonId person;
  std::optional<HumanName> human_name;
  std::string etag;  // empty: not checked
};

// What was signed before keeps the earlier name. ETAG_MISMATCH.
absl::StatusOr<PersonView> UpdatePerson(WriteCall& call,
                                        const PersonChange& change);

}  // namespace renkei::domain
