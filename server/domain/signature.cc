#include "server/domain/signature.h"

#include "server/domain/standing.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {

absl::StatusOr<storage::v1::Signature> SignatureOf(
    const ReadCall& call, const storage::v1::PersonRecord& person,
    absl::string_view affiliation) {
  storage::v1::Signature signature;
  signature.set_display_name(person.display_name());
  const storage::v1::Affiliation* through =
      FindAffiliation(person, affiliation);
  if (through == nullptr) {
    return signature;
  }
  signature.set_profession(through->profession());
  const auto facility = FacilityId::FromBytes(through->facility());
  if (!facility) {
    return signature;
  }
  ASSIGN_OR_RETURN(const auto record,
                   call.view.FindShared(storage::kFacilities,
                                        {CallerOf(call).network, *facility}));
  if (record) {
    signature.set_facility_name(record->display_name());
  }
  return signature;
}

}  // namespace renkei::domain
