// What the operations of the directory share: names in refusals, etags, keyed
// hashes, and a further page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/domain/call.h"
#include "storage/base/hash32.h"
#include "storage/base/id.h"

namespace renkei::domain {

// Resource names, as the metadata of refusals and audit events carry them.
std::string FacilityResource(const NetworkId& network,
                             const FacilityId& facility);
std::string PersonResource(const NetworkId& network, const PersonId& person);
std::string AffiliationResource(const NetworkId& network,
                                const PersonId& person,
                                const AffiliationId& affiliation);
std::string RoleGrantResource(const NetworkId& network, const PersonId& person,
                              const RoleGrantId& grant);
std::string PatientResource(const NetworkId& network, const PatientId& patient);

// The etag of a record at this revision.
std::string EtagOf(uint64_t revision);
// ABORTED, ETAG_MISMATCH unless `sent` is empty or the etag of `revision`.
absl::Status CheckEtag(absl::string_view sent, uint64_t revision);

// Turns the call's last decision, which allowed, into a denial by `rule`, a
// literal, for what the policy table cannot tell apart. PERMISSION_DENIED,
// NOT_PERMITTED; SECOND_PERSON_NEEDED. REQUIRES: Authorize was called.
absl::Status Deny(ReadCall& call, absl::string_view rule);
absl::Status DenySecondPerson(ReadCall& call);

// By which an entry of the directory is found without being readable. `kind`
// keeps the hashes of different things apart.
absl::StatusOr<Hash32> LookupHash(const ReadCall& call,
                                  const NetworkId& network,
                                  absl::string_view kind,
                                  absl::string_view text);

// The person who calls. REQUIRES: call.caller, and Authorize allowed.
absl::StatusOr<storage::v1::PersonRecord> ActorOf(const ReadCall& call);

// The record of the person; the one NOT_FOUND if there is none.
absl::StatusOr<storage::v1::PersonRecord> ReadPerson(const ReadCall& call,
                                                     const PersonId& person);

// The one NOT_FOUND if there is no such facility.
absl::Status CheckFacility(const ReadCall& call, const FacilityId& facility);

// Keeps a person's record whose rights have changed, and tells the person.
absl::Status KeepPerson(WriteCall& call, const PersonId& person,
                        storage::v1::PersonRecord& record);

// The facility's name of today; empty if there is no such facility.
absl::StatusOr<std::string> FacilityNameOf(const ReadCall& call,
                                           absl::string_view facility);

// The keys of `range` that come after `key`.
template <typename Key, typename Record>
storage::KeyRange KeysAfter(const storage::Table<Key, Record>& table,
                            storage::KeyRange range, const Key& key) {
  range.begin = storage::EncodeKey(table.facts, key);
  range.begin.push_back('\0');
  return range;
}

// A part of a list. `more`: there is a further one after the last item.
template <typename Item>
struct Page {
  std::vector<Item> items;
  bool more = false;
};

}  // namespace renkei::domain
