#include "server/domain/audit.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "server/domain/audit_tree.h"
#include "server/domain/build.h"
#include "server/domain/refusal.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"

namespace renkei::domain {
namespace {

using storage::v1::AuditLeaf;

constexpr uint32_t kLeafFormat = 1;
constexpr absl::Duration kDenialWindow = absl::Minutes(1);
constexpr size_t kSaltBytes = 16;

template <typename Tag>
void SetId(const Id<Tag>& id, std::string& field) {
  if (!id.IsZero()) {
    field.assign(id.bytes().data(), id.bytes().size());
  }
}

bool IsDenial(const absl::Status& outcome, const ReadCall& call) {
  return !outcome.ok() && !call.authorizations.empty() &&
         !call.authorizations.back().decision.allowed;
}

AuditLeaf NewLeaf(const WriteCall& call, uint32_t type,
                  const absl::Status& outcome) {
  const AuditNote& note = call.note;
  AuditLeaf leaf;
  leaf.set_format(kLeafFormat);
  leaf.set_time_micros(absl::ToUnixMicros(call.now));
  leaf.set_type(type);
  leaf.set_outcome(outcome.ok() ? storage::v1::AUDIT_OUTCOME_ALLOWED
                   : IsDenial(outcome, call)
                       ? storage::v1::AUDIT_OUTCOME_DENIED
                       : storage::v1::AUDIT_OUTCOME_FAILED);
  SetId(call.caller ? call.caller->person : note.actor, *leaf.mutable_actor());
  SetId(note.actor_facility, *leaf.mutable_actor_facility());
  SetId(note.actor_affiliation, *leaf.mutable_actor_affiliation());
  leaf.set_actor_profession(note.actor_profession);
  if (call.caller) {
    SetId(call.caller->session, *leaf.mutable_session());
  }
  leaf.set_client_address(call.origin.client_address);
  if (!call.authorizations.empty()) {
    const Authorization& last = call.authorizations.back();
    leaf.set_action(std::string(RuleOf(last.action).name));
    leaf.set_rule(std::string(last.decision.rule));
    leaf.set_access_version(last.decision.access_version);
  }
  if (!outcome.ok()) {
    const Reason reason = ReasonOf(outcome);
    leaf.set_reason(reason == Reason::kUnspecified
                        ? absl::StatusCodeToString(outcome.code())
                        : std::string(ReasonName(reason)));
  } else {
    leaf.set_reason(note.reason);
  }
  leaf.set_policy_version(kPolicyVersion);
  SetId(note.patient, *leaf.mutable_patient());
  SetId(note.group, *leaf.mutable_group());
  SetId(note.hosting_facility, *leaf.mutable_hosting_facility());
  SetId(note.target_person, *leaf.mutable_target_person());
  SetId(note.target_facility, *leaf.mutable_target_facility());
  leaf.set_first_message(note.first_message);
  leaf.set_last_message(note.last_message);
  leaf.set_messages(note.messages);
  leaf.set_target(note.target);
  leaf.set_correlation_id(call.origin.correlation_id);
  leaf.set_server_build(std::string(kServerBuild));
  leaf.set_previous_checkpoint(note.previous_checkpoint);
  if (outcome.ok()) {
    leaf.set_group_head_hash(note.group_head_hash);
    if (!note.group_head_hash.empty()) {
      leaf.set_previous_group_head_hash(note.previous_group_head_hash);
    }
    leaf.set_previous_content_hash(note.previous_content_hash);
  }
  return leaf;
}

absl::Status CommitDetails(WriteCall& call, const NetworkId& network,
                           uint64_t index, AuditLeaf& leaf) {
  if (call.note.details.empty()) {
    return absl::OkStatus();
  }
  storage::v1::AuditDetails details;
  for (const auto& [name, value] : call.note.details) {
    (*details.mutable_values())[name] = value;
  }
  std::array<uint8_t, kSaltBytes> salt;
  call.tx.FillRandom(absl::MakeSpan(salt));
  storage::v1::AuditDetailsRecord record;
  record.set_salt(salt.data(), salt.size());
  record.set_details(details.SerializeAsString());
  leaf.set_details_commitment(
      std::string(crypto::Sha256({record.salt(), record.details()}).bytes()));
  return call.tx.Put(storage::kAuditDetails, {network, index},
                     std::move(record));
}

// Numbers the leaf and writes it.
absl::Status AppendLeaf(WriteCall& call, AuditLeaf& leaf) {
  const NetworkId network = call.note.network;
  ASSIGN_OR_RETURN(auto found, call.tx.Find(storage::kNetworkHeads, {network}));
  storage::v1::NetworkHeadRecord head =
      found ? *std::move(found) : storage::v1::NetworkHeadRecord();
  leaf.set_index(head.audit_size());
  SetId(network, *leaf.mutable_network());
  RETURN_IF_ERROR(CommitDetails(call, network, leaf.index(), leaf));
  storage::v1::AuditRecord record;
  if (!leaf.SerializeToString(record.mutable_leaf())) {
    return absl::InternalError("audit leaf");
  }
  RETURN_IF_ERROR(AppendToTree(call.tx, network, leaf.index(), record.leaf()));
  RETURN_IF_ERROR(
      call.tx.Put(storage::kAudit, {network, leaf.index()}, std::move(record)));
  head.set_audit_size(head.audit_size() + 1);
  call.tx.NoteLogSize(network, head.audit_size());
  return call.tx.Put(storage::kNetworkHeads, {network}, std::move(head));
}

storage::DenialKey DenialKeyOf(const NetworkId& network,
                               const AuditLeaf& leaf) {
  return {network,
          crypto::Sha256({leaf.actor(), leaf.action(), "|", leaf.group(), "|",
                          leaf.patient(), "|", leaf.target_person(), "|",
                          leaf.target_facility(), "|", leaf.target()})};
}

absl::Status AppendFolded(WriteCall& call,
                          const storage::v1::DenialRecord& window) {
  if (window.folded() == 0) {
    return absl::OkStatus();
  }
  AuditLeaf leaf = window.sample();
  leaf.set_time_micros(absl::ToUnixMicros(call.now));
  leaf.set_folded_denials(window.folded());
  return AppendLeaf(call, leaf);
}

// True when the denial was only counted.
absl::StatusOr<bool> FoldDenial(WriteCall& call, AuditLeaf& leaf) {
  const storage::DenialKey key = DenialKeyOf(call.note.network, leaf);
  ASSIGN_OR_RETURN(auto window, call.tx.Find(storage::kDenials, key));
  const bool open =
      window && call.now - absl::FromUnixMicros(window->window_began_micros()) <
                    kDenialWindow;
  if (open) {
    window->set_folded(window->folded() + 1);
    RETURN_IF_ERROR(call.tx.Put(storage::kDenials, key, *window));
    return true;
  }
  if (window) {
    RETURN_IF_ERROR(AppendFolded(call, *window));
  }
  storage::v1::DenialRecord fresh;
  fresh.set_window_began_micros(absl::ToUnixMicros(call.now));
  *fresh.mutable_sample() = leaf;
  RETURN_IF_ERROR(call.tx.Put(storage::kDenials, key, fresh));
  return false;
}

void SetSubject(AuditNote& note, const AuditSubject& subject) {
  note.patient = subject.patient;
  note.group = subject.group;
  note.hosting_facility = subject.hosting_facility;
}

}  // namespace

absl::Status AppendAuditAs(WriteCall& call, AuditType type,
                           const absl::Status& outcome) {
  if (call.caller) {
    call.note.network = call.caller->network;
  }
  AuditLeaf leaf = NewLeaf(call, static_cast<uint32_t>(type), outcome);
  if (leaf.outcome() == storage::v1::AUDIT_OUTCOME_DENIED) {
    ASSIGN_OR_RETURN(const bool folded, FoldDenial(call, leaf));
    if (folded) {
      return absl::OkStatus();
    }
  }
  return AppendLeaf(call, leaf);
}

absl::Status AppendAudit(WriteCall& call, const absl::Status& outcome) {
  const auto type = static_cast<AuditType>(call.note.type);
  RETURN_IF_ERROR(AppendAuditAs(call, type, outcome));
  if (!outcome.ok()) {
    return absl::OkStatus();
  }
  for (const AuditSubject& subject : call.note.further) {
    SetSubject(call.note, subject);
    RETURN_IF_ERROR(AppendAuditAs(call, type, outcome));
  }
  return absl::OkStatus();
}

void NoteSubject(AuditNote& note, const AuditSubject& subject) {
  if (note.patient.IsZero() && note.group.IsZero()) {
    SetSubject(note, subject);
  } else {
    note.further.push_back(subject);
  }
}

absl::Status CloseDenialWindows(WriteCall& call, const NetworkId& network) {
  struct Ended {
    storage::DenialKey key;
    storage::v1::DenialRecord window;
  };
  std::vector<Ended> ended;
  RETURN_IF_ERROR(call.tx.Scan(
      storage::kDenials, storage::KeysUnder(storage::kDenials, network),
      storage::Direction::kForward,
      [&](const storage::DenialKey& key,
          const storage::v1::DenialRecord& window) {
        if (call.now - absl::FromUnixMicros(window.window_began_micros()) >=
            kDenialWindow) {
          ended.push_back({key, window});
        }
        return true;
      }));
  call.note.network = network;
  for (const Ended& window : ended) {
    RETURN_IF_ERROR(AppendFolded(call, window.window));
    call.tx.Delete(storage::kDenials, window.key);
  }
  return absl::OkStatus();
}

absl::Status CheckAuditSizes(const storage::Snapshot& view,
                             const std::map<NetworkId, uint64_t>& noted) {
  for (const auto& [network, size] : noted) {
    ASSIGN_OR_RETURN(const auto head,
                     view.Find(storage::kNetworkHeads, {network}));
    const uint64_t kept = head ? head->audit_size() : 0;
    if (kept < size) {
      return absl::DataLossError(absl::StrCat(
          "the store has lost acknowledged data: the audit log of network ",
          network.ToText(), " had ", size, " events and has ", kept));
    }
  }
  return absl::OkStatus();
}

}  // namespace renkei::domain
