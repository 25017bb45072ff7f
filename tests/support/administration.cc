#include "tests/support/administration.h"

#include <string>

#include "storage/base/status_macros.h"
#include "storage/crypto/random.h"

namespace renkei::testing {
namespace {

// Time passes between registrations, so that ids tell their order.
FacilityId NextFacility(World& world, absl::string_view name) {
  world.Advance(absl::Milliseconds(1));
  return world.AddFacility(name);
}
Actor NextPerson(World& world, absl::string_view name,
                 absl::string_view profession, const FacilityId& facility) {
  world.Advance(absl::Milliseconds(1));
  return world.AddPerson(name, profession, facility);
}

}  // namespace

Administration MakeAdministration(World& world) {
  Administration they;
  they.clinic = NextFacility(world, "けやき在宅クリニック");
  they.station = NextFacility(world, "訪問看護ステーションひばり");
  const FacilityId association = NextFacility(world, "調布市医師会");
  they.office = NextPerson(world, "事務 一郎", "clerk", association);
  they.second_office = NextPerson(world, "事務 二郎", "clerk", association);
  they.administrator = NextPerson(world, "管理 花子", "clerk", they.clinic);
  they.deputy = NextPerson(world, "管理 次子", "nurse", they.clinic);
  they.neighbour = NextPerson(world, "隣 三郎", "nurse", they.station);
  they.nurse = NextPerson(world, "染地 由美", "visiting_nurse", they.clinic);
  they.auditor = NextPerson(world, "監査 四郎", "clerk", they.station);
  world.GrantRole(they.office, storage::v1::ROLE_NETWORK_OFFICE);
  world.GrantRole(they.second_office, storage::v1::ROLE_NETWORK_OFFICE);
  world.GrantRole(they.auditor, storage::v1::ROLE_AUDITOR);
  const storage::v1::Role administrator =
      storage::v1::ROLE_FACILITY_ADMINISTRATOR;
  world.GrantRole(they.administrator, administrator, they.clinic);
  world.GrantRole(they.deputy, administrator, they.clinic);
  world.GrantRole(they.neighbour, administrator, they.station);
  return they;
}

Abroad MakeAbroad(World& world) {
  Abroad abroad;
  abroad.network = NetworkId::Make(world.now(), crypto::RandomIdBytes());
  world.keys().Add(crypto::KeyScope::Network(abroad.network), {9000, 1},
                   crypto::Secret::Random(crypto::kKeyBytes));
  world.Change([&](storage::Transaction& tx) -> absl::Status {
    abroad.facility = tx.NewId<FacilityId>();
    abroad.person = tx.NewId<PersonId>();
    abroad.patient = tx.NewId<PatientId>();
    storage::v1::NetworkRecord network;
    network.set_code("inagi");
    RETURN_IF_ERROR(tx.Put(storage::kNetworks, {abroad.network}, network));
    storage::v1::FacilityRecord facility;
    facility.set_display_name("よその診療所");
    RETURN_IF_ERROR(tx.Put(storage::kFacilities,
                           {abroad.network, abroad.facility}, facility));
    storage::v1::PersonRecord person;
    person.set_display_name("よその人");
    RETURN_IF_ERROR(
        tx.Put(storage::kPeople, {abroad.network, abroad.person}, person));
    storage::v1::PatientRecord patient;
    patient.set_display_name("よその患者");
    return tx.Put(storage::kPatients, {abroad.network, abroad.patient},
                  patient);
  });
  return abroad;
}

}  // namespace renkei::testing
