#include "tests/support/every_event.h"

#include <cstdint>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "client/audit/proof.h"
#include "storage/base/id.h"
#include "storage/crypto/hash.h"
#include "storage/crypto/secret.h"
#include "storage/crypto/sign.h"

namespace renkei::testing {
namespace {

using storage::v1::AuditLeaf;

constexpr int64_t kFirstMicros = 1'775'001'600'000'000;
constexpr absl::string_view kSalt = "sixteen of salt.";

// 16 bytes, for each letter others.
std::string MadeUpId(char letter) { return std::string(kIdBytes, letter); }

bool IsAboutMessages(v1::AuditEventType type) {
  return (type >= v1::AUDIT_EVENT_TYPE_MESSAGE_SENT &&
          type <= v1::AUDIT_EVENT_TYPE_RECEIPTS_LISTED) ||
         type == v1::AUDIT_EVENT_TYPE_STREAM_DELIVERED;
}

void ClearPatient(AuditLeaf& leaf) {
  leaf.clear_patient();
  leaf.clear_group();
  leaf.clear_hosting_facility();
  leaf.clear_first_message();
  leaf.clear_last_message();
  leaf.clear_messages();
}

AuditLeaf Refused(AuditLeaf leaf) {
  leaf.set_outcome(storage::v1::AUDIT_OUTCOME_DENIED);
  leaf.set_reason("NOT_PERMITTED");
  leaf.set_rule("no_relation");
  leaf.set_folded_denials(2);
  leaf.clear_details_commitment();
  return leaf;
}

// Such as a sign-in with a wrong password.
AuditLeaf Unproven(AuditLeaf leaf) {
  ClearPatient(leaf);
  leaf.set_outcome(storage::v1::AUDIT_OUTCOME_FAILED);
  leaf.set_reason("CREDENTIALS_WRONG");
  leaf.clear_actor();
  leaf.clear_actor_facility();
  leaf.clear_actor_profession();
  leaf.clear_session();
  leaf.clear_target_person();
  leaf.clear_target_facility();
  leaf.clear_details_commitment();
  return leaf;
}

AuditLeaf OfTheServer(AuditLeaf leaf) {
  leaf = Unproven(std::move(leaf));
  leaf.set_outcome(storage::v1::AUDIT_OUTCOME_ALLOWED);
  leaf.clear_reason();
  leaf.clear_action();
  leaf.clear_rule();
  leaf.clear_client_address();
  leaf.clear_correlation_id();
  return leaf;
}

}  // namespace

std::string MadeUpOrigin() {
  return absl::StrCat("renkei/", NetworkId::FromBytes(MadeUpId('n'))->ToText(),
                      "/0123456789abcdef");
}

std::vector<v1::AuditEventType> EventTypes() {
  std::vector<v1::AuditEventType> types;
  const auto* names = v1::AuditEventType_descriptor();
  for (int i = 0; i < names->value_count(); ++i) {
    const auto type =
        static_cast<v1::AuditEventType>(names->value(i)->number());
    if (type != v1::AUDIT_EVENT_TYPE_UNSPECIFIED &&
        type != v1::AUDIT_EVENT_TYPE_NONE) {
      types.push_back(type);
    }
  }
  return types;
}

std::string SearchDetails() {
  storage::v1::AuditDetails details;
  (*details.mutable_values())["exact_name"] = "試験 太郎";
  return details.SerializeAsString();
}

AuditLeaf FullEvent(v1::AuditEventType type) {
  AuditLeaf leaf;
  leaf.set_format(1);
  leaf.set_network(MadeUpId('n'));
  leaf.set_time_micros(kFirstMicros);
  leaf.set_type(static_cast<uint32_t>(type));
  leaf.set_outcome(storage::v1::AUDIT_OUTCOME_ALLOWED);
  leaf.set_actor(MadeUpId('p'));
  leaf.set_actor_facility(MadeUpId('f'));
  leaf.set_actor_profession("visiting_nurse");
  leaf.set_session(MadeUpId('s'));
  leaf.set_client_address("192.0.2.7");
  leaf.set_action("made_up_action");
  leaf.set_rule("member");
  leaf.set_policy_version(1);
  leaf.set_patient(MadeUpId('k'));
  leaf.set_group(MadeUpId('g'));
  leaf.set_hosting_facility(MadeUpId('h'));
  leaf.set_target_person(MadeUpId('t'));
  leaf.set_target_facility(MadeUpId('u'));
  leaf.set_correlation_id("c-1");
  if (IsAboutMessages(type)) {
    leaf.set_first_message(3);
    leaf.set_last_message(9);
    leaf.set_messages(5);
  }
  if (type == v1::AUDIT_EVENT_TYPE_PATIENT_SEARCHED) {
    leaf.set_details_commitment(
        std::string(crypto::Sha256({kSalt, SearchDetails()}).bytes()));
  }
  return leaf;
}

std::vector<AuditLeaf> EveryEvent() {
  std::vector<AuditLeaf> leaves;
  for (const v1::AuditEventType type : EventTypes()) {
    const AuditLeaf full = FullEvent(type);
    AuditLeaf without_patient = full;
    ClearPatient(without_patient);
    for (const AuditLeaf& leaf : {full, without_patient, Refused(full),
                                  Unproven(full), OfTheServer(full)}) {
      leaves.push_back(leaf);
      leaves.back().set_index(leaves.size() - 1);
      leaves.back().set_time_micros(kFirstMicros +
                                    static_cast<int64_t>(leaves.size()));
    }
  }
  return leaves;
}

std::string ExportOf(const std::vector<AuditLeaf>& leaves) {
  audit::TreeHasher tree;
  std::string events;
  for (const AuditLeaf& leaf : leaves) {
    const std::string bytes = leaf.SerializeAsString();
    const Hash32 hash = audit::LeafHash(bytes);
    absl::StrAppend(&events, "event ", leaf.index(), " ",
                    absl::Base64Escape(hash.bytes()), " ",
                    absl::Base64Escape(bytes));
    if (!leaf.details_commitment().empty()) {
      absl::StrAppend(&events, " ", absl::Base64Escape(kSalt), " ",
                      absl::Base64Escape(SearchDetails()));
    }
    absl::StrAppend(&events, "\n");
    tree.Append(hash);
  }
  const crypto::SigningKey signer(
      crypto::Secret::CopyOf("thirty-two bytes of made-up keys"));
  const std::string origin = MadeUpOrigin();
  const std::string key =
      audit::FormatVerifierKey(origin, false, signer.PublicKey());
  const std::string text =
      absl::StrCat(origin, "\n", tree.size(), "\n",
                   absl::Base64Escape(tree.Root().bytes()), "\n");
  const std::string note =
      absl::StrCat(text, "\n— ", origin, " ",
                   absl::Base64Escape(absl::StrCat(
                       audit::ParseVerifierKey(key)->id, signer.Sign(text))),
                   "\n");
  return absl::StrCat("renkei-audit-export 1\nkey ", key, "\ncheckpoint ",
                      absl::Base64Escape(note), "\nfrom 0\n", events, "end ",
                      tree.size(), "\n");
}

}  // namespace renkei::testing
