// What an action is about.
#pragma once

#include "renkei/storage/v1/records.pb.h"
#include "storage/base/id.h"

namespace renkei::domain {

// Zero ids: not part of the question.
struct Target {
  NetworkId network;  // another network's resources do not exist
  GroupId group;
  storage::v1::Lane lane =
      storage::v1::LANE_UNSPECIFIED;  // unspecified: any lane of the actor
  FacilityId facility;
  PersonId person;
  PatientId patient;
  InvitationId invitation;     // of `group`
  bool by_law_allows = false;  // kCreateGroup: what MayCreateGroup said
};

}  // namespace renkei::domain
