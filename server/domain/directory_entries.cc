#include "server/domain/directory_entries.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "server/domain/refusal.h"
#include "server/domain/session_notices.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"

namespace renkei::domain {
namespace {

using crypto::KeyScope;
using crypto::MacUse;

template <typename IdType>
std::string ResourceUnder(const NetworkId& network,
                          absl::string_view collection, const IdType& id) {
  return absl::StrCat("networks/", network.ToText(), "/", collection, "/",
                      id.ToText());
}

}  // namespace

std::string FacilityResource(const NetworkId& network,
                             const FacilityId& facility) {
  return ResourceUnder(network, "facilities", facility);
}

std::string PersonResource(const NetworkId& network, const PersonId& person) {
  return ResourceUnder(network, "people", person);
}

std::string AffiliationResource(const NetworkId& network,
                                const PersonId& person,
                                const AffiliationId& affiliation) {
  return absl::StrCat(PersonResource(network, person), "/affiliations/",
                      affiliation.ToText());
}

std::string RoleGrantResource(const NetworkId& network, const PersonId& person,
                              const RoleGrantId& grant) {
  return absl::StrCat(PersonResource(network, person), "/roleGrants/",
                      grant.ToText());
}

std::string PatientResource(const NetworkId& network,
                            const PatientId& patient) {
  return ResourceUnder(network, "patients", patient);
}

std::string EtagOf(uint64_t revision) { return absl::StrCat("r", revision); }

absl::Status CheckEtag(absl::string_view sent, uint64_t revision) {
  std::string current = EtagOf(revision);
  if (sent.empty() || sent == current) {
    return absl::OkStatus();
  }
  return Refuse(absl::StatusCode::kAborted, Reason::kEtagMismatch,
                "the resource changed since it was read",
                {{"etag", std::move(current)}});
}

absl::Status Deny(ReadCall& call, absl::string_view rule) {
  Authorization& last = call.authorizations.back();
  last.decision.allowed = false;
  last.decision.rule = rule;
  last.decision.reason = Reason::kNotPermitted;
  return Refuse(absl::StatusCode::kPermissionDenied, Reason::kNotPermitted,
                "not permitted",
                {{"action", std::string(RuleOf(last.action).name)},
                 {"rule", std::string(rule)}});
}

absl::Status DenySecondPerson(ReadCall& call) {
  Deny(call, "second_person").IgnoreError();  // said below by its own reason
  call.authorizations.back().decision.reason = Reason::kSecondPersonNeeded;
  return Refuse(absl::StatusCode::kPermissionDenied,
                Reason::kSecondPersonNeeded,
                "somebody else must do this: neither who asked for it nor whom "
                "it is about");
}

absl::StatusOr<Hash32> LookupHash(const ReadCall& call,
                                  const NetworkId& network,
                                  absl::string_view kind,
                                  absl::string_view text) {
  const std::shared_ptr<const crypto::Secret> key =
      call.keys.Mac(KeyScope::Network(network), MacUse::kLookup);
  if (key == nullptr) {
    return Refuse(absl::StatusCode::kUnavailable, Reason::kServerSealed,
                  "the network's keys are not open");
  }
  return crypto::HmacSha256(*key, absl::StrCat(kind, " ", text));
}

absl::StatusOr<storage::v1::PersonRecord> ActorOf(const ReadCall& call) {
  const Caller& caller = CallerOf(call);
  return call.view.Get(storage::kPeople, {caller.network, caller.person});
}

absl::StatusOr<storage::v1::PersonRecord> ReadPerson(const ReadCall& call,
                                                     const PersonId& person) {
  ASSIGN_OR_RETURN(
      auto record,
      call.view.Find(storage::kPeople, {CallerOf(call).network, person}));
  if (!record) {
    return RefuseUnknown();
  }
  return *std::move(record);
}

absl::Status CheckFacility(const ReadCall& call, const FacilityId& facility) {
  ASSIGN_OR_RETURN(
      const auto found,
      call.view.Find(storage::kFacilities, {CallerOf(call).network, facility}));
  return found ? absl::OkStatus() : RefuseUnknown();
}

absl::Status KeepPerson(WriteCall& call, const PersonId& person,
                        storage::v1::PersonRecord& record) {
  record.set_revision(record.revision() + 1);
  record.set_access_version(record.access_version() + 1);
  record.set_updated_at_micros(absl::ToUnixMicros(call.now));
  RETURN_IF_ERROR(
      call.tx.Put(storage::kPeople, {CallerOf(call).network, person}, record));
  return NoticePerson(call, person, Notice::kRightsChanged, SessionId());
}

absl::StatusOr<std::string> FacilityNameOf(const ReadCall& call,
                                           absl::string_view facility) {
  const std::optional<FacilityId> id = FacilityId::FromBytes(facility);
  if (!id) {
    return std::string();
  }
  ASSIGN_OR_RETURN(auto record, call.view.Find(storage::kFacilities,
                                               {CallerOf(call).network, *id}));
  return record ? record->display_name() : std::string();
}

}  // namespace renkei::domain
