// A care team that came to be through the public API: three facilities and a
// pharmacy, one patient, the patient's open group.
#pragma once

#include <string>

#include "renkei/v1/group.grpc.pb.h"
#include "renkei/v1/message.grpc.pb.h"
#include "tests/support/live_server.h"

namespace renkei::testing {

struct LiveNetwork {
  Person office;
  Person physician;     // administrator of the clinic, attending physician
  Person nurse;         // administrator of the station; created the group
  Person care_manager;  // administrator of the care office
  Person stranger;      // pharmacist, no member
  std::string patient;
  std::string group;
};

// On a server that was just initialized. Every text that somebody writes ends
// with `tag`.
LiveNetwork MakeLiveNetwork(LiveServer& server, const std::string& tag);

// The same people with a group of their own for a patient with this number.
LiveNetwork WithGroup(LiveServer& server, LiveNetwork team,
                      const std::string& insured_number,
                      const std::string& tag);

// Invites somebody, who accepts.
void Join(LiveServer& server, const LiveNetwork& team, const Person& invitee,
          bool attending_physician, const std::string& note);

// Posts a message.
v1::Message Send(LiveServer& server, const LiveNetwork& team,
                 const Person& author, const std::string& body);

}  // namespace renkei::testing
