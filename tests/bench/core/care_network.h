// A network of people and patient groups on a real store on the machine's own
// disk, behind the real door, without gRPC: what the core alone costs.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "server/domain/door.h"
#include "storage/base/id.h"
#include "storage/crypto/key_ring.h"
#include "storage/store.h"
#include "tests/bench/core/care_records.h"

namespace renkei::bench {

struct Team {
  GroupId group;
  PatientId patient;
  std::vector<Member> members;
};

class CareNetwork {
 public:
  // Makes the network in `directory`, which must not exist: so many open groups
  // of so many members each, written directly, without asking the policy.
  CareNetwork(const std::string& directory, size_t groups, size_t members);
  CareNetwork(const CareNetwork&) = delete;
  CareNetwork& operator=(const CareNetwork&) = delete;

  const NetworkId& network() const { return network_; }
  const std::vector<Team>& teams() const { return teams_; }
  domain::Door& door() { return *door_; }
  storage::Store& store() { return *store_; }
  const crypto::KeyRing& keys() const { return keys_; }

  // A call of `member` as the rpc layer would hand it to the door, with a new
  // request id.
  domain::Request RequestOf(const Member& member, domain::Action action,
                            uint32_t event_type) const;

 private:
  absl::Status PutNetwork(storage::Transaction& tx);
  absl::Status PutTeam(storage::Transaction& tx, Team& team);
  void Change(storage::Store::Body body);

  crypto::KeyRing keys_;
  uint32_t last_key_id_ = 0;
  NetworkId network_;
  std::vector<FacilityId> facilities_;
  std::vector<Team> teams_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<domain::Door> door_;
};

}  // namespace renkei::bench
