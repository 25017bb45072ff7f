// What the directory answers, as the API says it.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "renkei/v1/directory.pb.h"
#include "server/domain/affiliations.h"
#include "server/domain/facilities.h"
#include "server/domain/patients.h"
#include "server/domain/person_view.h"
#include "server/domain/professions.h"

namespace renkei::rpc {

// The name of a person's credential reset after that of the person.
inline constexpr absl::string_view kCredentialResetSuffix = "/credentialReset";

// KIND_DAY_CARE is "day_care" on disk, and so on.
std::string FacilityKindCode(v1::Facility::Kind kind);

v1::Network ToApi(const NetworkId& id,
                  const storage::v1::NetworkRecord& record);
v1::Facility ToApi(const NetworkId& network, const domain::Facility& facility);
v1::Affiliation ToApi(const NetworkId& network,
                      const domain::AffiliationView& view);
v1::RoleGrant ToApi(const NetworkId& network, const PersonId& person,
                    const storage::v1::RoleGrant& grant);
v1::CredentialReset ToApi(const NetworkId& network,
                          const domain::CredentialReset& reset);
v1::Person ToApi(const NetworkId& network, const domain::PersonView& view);
v1::Patient ToApi(const NetworkId& network, const domain::Patient& patient);
v1::Profession ToApi(const domain::Profession& profession);

// The warning that somebody of this name and birth date is registered.
v1::Warning SimilarPatient(const NetworkId& network, const PatientId& patient);

}  // namespace renkei::rpc
