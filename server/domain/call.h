// One call of an operation: who asks, when, one view of the data, and what its
// audit event will say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/domain/policy.h"
#include "server/domain/target.h"
#include "storage/base/id.h"
#include "storage/crypto/key_ring.h"
#include "storage/schema.h"
#include "storage/store.h"

namespace renkei::domain {

// The person whom the credentials proved.
struct Caller {
  NetworkId network;
  PersonId person;
  SessionId session;
  bool enrolment = false;  // first password or second factor outstanding
  std::string device_id;
  // The access token is the session's newest and was never used before.
  bool first_use = false;
  absl::Time last_active_at = absl::InfinitePast();
};

// Where a call came from, for the audit event.
struct Origin {
  std::string client_address;
  std::string correlation_id;
  bool operator_socket =
      false;  // came in on the local socket, which only the operator can open
};

// What an operation adds to the audit event of its call; ids and numbers only.
// What is personal or free text goes into `details`, which the event holds as a
// salted commitment.
// Whom an event is about. Zero ids: nobody.
struct AuditSubject {
  PatientId patient;
  GroupId group;
  FacilityId hosting_facility;
};

struct AuditNote {
  uint32_t type = 0;  // numbers of renkei.v1.AuditEventType; set by the door
                      // from the rpc's rule
  NetworkId network;  // zero: the log of the server itself
  PersonId
      actor;  // set when no caller is proven but the account is known (sign-in)
  PatientId patient;
  GroupId group;
  FacilityId hosting_facility;
  FacilityId actor_facility;  // through which the actor takes part; else the
                              // first active affiliation's
  AffiliationId actor_affiliation;
  std::string actor_profession;
  PersonId target_person;
  FacilityId target_facility;
  uint64_t first_message = 0;
  uint64_t last_message = 0;
  uint32_t messages = 0;
  std::string target;  // resource name of ids
  std::string reason;  // reason code when it is not that of the returned status
  std::string group_head_hash;
  std::string previous_group_head_hash;  // with group_head_hash; by ChainGroup
  std::string previous_content_hash;
  std::string previous_checkpoint;  // signed note, in the event of a restore
  std::vector<std::pair<std::string, std::string>> details;
  // One further event of the same type about each: whoever asks for a patient's
  // events finds the list that showed this patient among others, and nothing
  // of the others.
  std::vector<AuditSubject> further;
};

struct Authorization {
  Action action;
  Target target;
  Decision decision;
};

// A stream that has news once the commit is durable.
struct Wake {
  NetworkId network;
  storage::StreamId stream;
  uint64_t commit = 0;
};

struct WriteCall;

struct ReadCall {
  const storage::Snapshot& view;
  absl::Time now;
  std::optional<Caller> caller;  // nullopt: a call that needs no credentials
  Origin origin;
  const crypto::KeyRing& keys;

  AuditNote note;
  std::vector<Authorization>
      authorizations;  // every Authorize so far, in order

  // What the commit of a read's audit event keeps too, such as disclosures. Set
  // by the operation, run by the door after it decided anew.
  absl::AnyInvocable<absl::Status(WriteCall&)> with_audit;
};

struct WriteCall : ReadCall {
  storage::Transaction& tx;  // the same view, writable

  // What the caller is answered although the effects are kept: a failed sign-in
  // is counted. An operation that returns an error keeps nothing but its audit
  // event.
  absl::Status answer;

  uint64_t commit = 0;  // number of this operation's events; 0 until the first
  std::vector<Wake> wakes;
  std::vector<SessionId> ended_sessions;  // whose streams must close
};

inline WriteCall NewWriteCall(storage::Transaction& tx,
                              std::optional<Caller> caller, Origin origin,
                              const crypto::KeyRing& keys) {
  return {
      {tx, tx.now(), std::move(caller), std::move(origin), keys, {}, {}, {}},
      tx,
      {},
      0,
      {},
      {}};
}

// REQUIRES: call.caller. For operations behind the door's check of credentials.
inline const Caller& CallerOf(const ReadCall& call) { return *call.caller; }

}  // namespace renkei::domain
