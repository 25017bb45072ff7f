#include "client/audit/leaf_rules.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "storage/base/id.h"
#include "storage/crypto/hash.h"

namespace renkei::audit {
namespace {

constexpr uint32_t kFormat = 1;
// Numbers of renkei.v1.AuditEventType: a message always changes its group.
constexpr uint32_t kMessageSent = 300;

bool IsOneOf(const std::string& bytes, size_t size) {
  return bytes.empty() || bytes.size() == size;
}

}  // namespace

std::vector<std::string> LeafRules::Check(const ExportedEvent& event) {
  if (!leaf_.ParseFromString(event.leaf)) {
    leaf_.Clear();
    return {"its bytes are no event"};
  }
  const Leaf& leaf = leaf_;
  Faults faults;
  if (leaf.index() != event.index) {
    faults.push_back(
        absl::StrCat("its bytes say that it is event ", leaf.index()));
  }
  CheckForm(leaf, faults);
  if (leaf.time_micros() < last_time_micros_) {
    faults.push_back("its time is before that of the event before it");
  }
  last_time_micros_ = leaf.time_micros();
  CheckDetails(event, leaf, faults);
  CheckGroupChain(leaf, faults);
  return faults;
}

void LeafRules::CheckForm(const Leaf& leaf, Faults& faults) const {
  if (leaf.format() != kFormat) {
    faults.push_back("its format is unknown");
  }
  const auto network = NetworkId::FromBytes(leaf.network());
  const std::string log = network ? network->ToText() : "server";
  if (!absl::StartsWith(origin_, absl::StrCat("renkei/", log, "/"))) {
    faults.push_back("it is of another network's log");
  }
  if (leaf.type() < 10 || leaf.time_micros() <= 0 ||
      leaf.outcome() < storage::v1::AUDIT_OUTCOME_ALLOWED ||
      leaf.outcome() > storage::v1::AUDIT_OUTCOME_FAILED) {
    faults.push_back("it has no type, time or outcome");
  }
  for (const std::string* id :
       {&leaf.actor(), &leaf.actor_facility(), &leaf.actor_affiliation(),
        &leaf.session(), &leaf.patient(), &leaf.group(),
        &leaf.hosting_facility(), &leaf.target_person(),
        &leaf.target_facility()}) {
    if (!IsOneOf(*id, kIdBytes)) {
      faults.push_back("an id in it has not 16 bytes");
      break;
    }
  }
  for (const std::string* hash :
       {&leaf.group_head_hash(), &leaf.previous_group_head_hash(),
        &leaf.details_commitment(), &leaf.previous_content_hash()}) {
    if (!IsOneOf(*hash, kHash32Bytes)) {
      faults.push_back("a hash in it has not 32 bytes");
      break;
    }
  }
}

void LeafRules::CheckDetails(const ExportedEvent& event, const Leaf& leaf,
                             Faults& faults) {
  if (leaf.details_commitment().empty()) {
    if (event.salt) {
      faults.push_back("it has details that it does not commit to");
    }
    return;
  }
  if (!event.salt) {
    ++erased_details_;
    return;
  }
  if (crypto::Sha256({*event.salt, event.details}).bytes() !=
      leaf.details_commitment()) {
    faults.push_back("its details are not those it commits to");
  }
}

// Each change of a group says what the group's chain was before it. A database
// that was set back while the log went on breaks that.
void LeafRules::CheckGroupChain(const Leaf& leaf, Faults& faults) {
  if (leaf.group_head_hash().empty()) {
    if (leaf.type() == kMessageSent &&
        leaf.outcome() == storage::v1::AUDIT_OUTCOME_ALLOWED &&
        leaf.reason().empty()) {
      faults.push_back("it changes a group without the group's head");
    }
    return;
  }
  const auto known = heads_.find(leaf.group());
  if (known != heads_.end()) {
    const GroupHead& last = known->second;
    // Two events of one commit tell the same change.
    const bool same_change = last.index + 1 == leaf.index() &&
                             last.before == leaf.previous_group_head_hash() &&
                             last.head == leaf.group_head_hash();
    if (!same_change && leaf.previous_group_head_hash() != last.head) {
      faults.push_back(
          absl::StrCat("the group was not in the state that event ", last.index,
                       " left it in"));
    }
  }
  heads_[leaf.group()] = {leaf.index(), leaf.previous_group_head_hash(),
                          leaf.group_head_hash()};
}

}  // namespace renkei::audit
