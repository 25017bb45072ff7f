#include "server/domain/facilities.h"

#include <utility>

#include "server/domain/authorize.h"
#include "server/domain/refusal.h"
#include "server/domain/standing.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"

namespace renkei::domain {
namespace {

using storage::v1::FacilityRecord;

constexpr absl::string_view kNumberKind = "facility-number";

// Nothing to do for a facility without a number.
absl::Status TakeNumber(WriteCall& call, const NetworkId& network,
                        const FacilityId& facility, const std::string& number) {
  if (number.empty()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const Hash32 hash,
                   LookupHash(call, network, kNumberKind, number));
  ASSIGN_OR_RETURN(const auto taken,
                   call.tx.Find(storage::kFacilityNumbers, {network, hash}));
  if (taken) {
    const FacilityId other = *FacilityId::FromBytes(taken->facility());
    return Refuse(absl::StatusCode::kAlreadyExists, Reason::kFacilityExists,
                  "a facility with this number is registered",
                  {{"facility", FacilityResource(network, other)}});
  }
  storage::v1::FacilityRef ref;
  ref.set_facility(std::string(facility.bytes()));
  return call.tx.Put(storage::kFacilityNumbers, {network, hash}, ref);
}

absl::Status ChangeNumber(WriteCall& call, const FacilityChange& change,
                          FacilityRecord& record) {
  if (!change.number || *change.number == record.number()) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(
      TakeNumber(call, change.network, change.facility, *change.number));
  if (!record.number().empty()) {
    ASSIGN_OR_RETURN(
        const Hash32 given_up,
        LookupHash(call, change.network, kNumberKind, record.number()));
    call.tx.Delete(storage::kFacilityNumbers, {change.network, given_up});
  }
  record.set_number(*change.number);
  return absl::OkStatus();
}

absl::StatusOr<FacilityRecord> ReadFacility(const ReadCall& call,
                                            const NetworkId& network,
                                            const FacilityId& facility) {
  ASSIGN_OR_RETURN(auto record,
                   call.view.Find(storage::kFacilities, {network, facility}));
  if (!record) {
    return RefuseUnknown();
  }
  return *std::move(record);
}

}  // namespace

absl::StatusOr<Facility> CreateFacility(WriteCall& call,
                                        const NewFacility& facility) {
  RETURN_IF_ERROR(
      Authorize(call, Action::kCreateFacility, {.network = facility.network}));
  Facility made;
  made.id = call.tx.NewId<FacilityId>();
  RETURN_IF_ERROR(TakeNumber(call, facility.network, made.id, facility.number));
  const int64_t now = absl::ToUnixMicros(call.now);
  made.record.set_number(facility.number);
  made.record.set_display_name(facility.display_name);
  made.record.set_kind(facility.kind);
  made.record.set_state(storage::v1::FACILITY_STATE_ACTIVE);
  made.record.set_phone(facility.telephone);
  made.record.set_revision(1);
  made.record.set_created_at_micros(now);
  made.record.set_updated_at_micros(now);
  call.note.target_facility = made.id;
  RETURN_IF_ERROR(call.tx.Put(storage::kFacilities, {facility.network, made.id},
                              made.record));
  return made;
}

absl::StatusOr<Facility> GetFacility(ReadCall& call, const NetworkId& network,
                                     const FacilityId& facility) {
  RETURN_IF_ERROR(Authorize(call, Action::kGetFacility,
                            {.network = network, .facility = facility}));
  ASSIGN_OR_RETURN(FacilityRecord record,
                   ReadFacility(call, network, facility));
  return Facility{facility, std::move(record)};
}

absl::StatusOr<Page<Facility>> ListFacilities(
    ReadCall& call, const NetworkId& network,
    const std::optional<FacilityId>& after, size_t limit) {
  RETURN_IF_ERROR(
      Authorize(call, Action::kListFacilities, {.network = network}));
  storage::KeyRange range = storage::KeysUnder(storage::kFacilities, network);
  if (after) {
    range =
        KeysAfter(storage::kFacilities, std::move(range), {network, *after});
  }
  Page<Facility> page;
  RETURN_IF_ERROR(call.view.Scan(
      storage::kFacilities, range, storage::Direction::kForward,
      [&](const storage::FacilityKey& key, const FacilityRecord& record) {
        page.more = page.items.size() == limit;
        if (!page.more) {
          page.items.push_back({key.facility, record});
        }
        return !page.more;
      }));
  return page;
}

absl::StatusOr<Facility> UpdateFacility(WriteCall& call,
                                        const FacilityChange& change) {
  RETURN_IF_ERROR(
      Authorize(call, Action::kUpdateFacility,
                {.network = change.network, .facility = change.facility}));
  ASSIGN_OR_RETURN(FacilityRecord record,
                   ReadFacility(call, change.network, change.facility));
  ASSIGN_OR_RETURN(const auto actor, ActorOf(call));
  const bool number_or_kind =
      change.number.value_or(record.number()) != record.number() ||
      change.kind.value_or(record.kind()) != record.kind();
  if (number_or_kind && !HasRole(actor, storage::v1::ROLE_NETWORK_OFFICE)) {
    return Deny(call, "number_and_kind_by_network_office");
  }
  RETURN_IF_ERROR(CheckEtag(change.etag, record.revision()));
  call.note.previous_content_hash =
      std::string(crypto::Sha256(record.SerializeAsString()).bytes());
  RETURN_IF_ERROR(ChangeNumber(call, change, record));
  record.set_kind(change.kind.value_or(record.kind()));
  record.set_display_name(change.display_name.value_or(record.display_name()));
  record.set_phone(change.telephone.value_or(record.phone()));
  record.set_revision(record.revision() + 1);
  record.set_updated_at_micros(absl::ToUnixMicros(call.now));
  RETURN_IF_ERROR(call.tx.Put(storage::kFacilities,
                              {change.network, change.facility}, record));
  return Facility{change.facility, std::move(record)};
}

}  // namespace renkei::domain
