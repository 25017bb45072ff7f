// The people who keep a directory: the network's office, the administrators of
// a clinic, and those they look after.
#pragma once

#include "tests/support/world.h"

namespace renkei::testing {

struct Administration {
  FacilityId clinic;
  FacilityId station;
  Actor office;  // network office, of no facility that matters
  Actor second_office;
  Actor administrator;  // of the clinic
  Actor deputy;         // of the clinic too
  Actor neighbour;      // administrator of the station
  Actor nurse;          // of the clinic
  Actor auditor;        // of the station
};

Administration MakeAdministration(World& world);

// Another network in the same store, with a facility, a person and a patient
// whose names nobody of the first may use.
struct Abroad {
  NetworkId network;
  FacilityId facility;
  PersonId person;
  PatientId patient;
};
Abroad MakeAbroad(World& world);

}  // namespace renkei::testing
