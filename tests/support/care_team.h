// A standing care team: three facilities, a physician, a visiting nurse and a
// care manager, one patient, and their open group with consent.
#pragma once

#include <cstdint>

#include "storage/base/id.h"
#include "tests/support/world.h"

namespace renkei::testing {

struct CareTeam {
  FacilityId clinic;   // hosts the group
  FacilityId station;  // visiting nurses
  FacilityId office;   // care managers
  Actor physician;     // of the clinic; attending physician
  Actor nurse;         // visiting nurse of the station; created the group
  Actor care_manager;  // of the office
  Actor stranger;      // pharmacist of the clinic, no member
  PatientId patient;
  GroupId group;
  ConsentId consent;  // of all facilities and professions
};

// Three facilities, four people and a patient without a group.
CareTeam MakePeople(World& world);

// The same with the group. Written directly, without asking the policy.
CareTeam MakeCareTeam(World& world);

// Makes `actor` a member of the professional lane who sees the messages from
// `visible_from` on. Written directly.
void AddMember(World& world, const CareTeam& team, const Actor& actor,
               uint64_t visible_from);

}  // namespace renkei::testing
