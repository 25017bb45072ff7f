#include "server/domain/audience.h"

#include <algorithm>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "server/domain/refusal.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

constexpr absl::string_view kProfessionalPrefix = "p";

// Error details travel in the trailers of the answer, which have little room.
constexpr size_t kNamesMax = 20;

// Joined and left alternate, so an odd number of changes means a member.
bool WasMember(const storage::v1::MembershipRecord& membership,
               uint64_t audience) {
  const auto changes =
      std::count_if(membership.audience_changes().begin(),
                    membership.audience_changes().end(),
                    [audience](uint64_t at) { return at <= audience; });
  return changes % 2 == 1;
}

void AddName(const storage::GroupPersonKey& key,
             std::vector<std::string>& names) {
  if (names.size() < kNamesMax) {
    names.push_back(absl::StrCat("networks/", key.network.ToText(), "/people/",
                                 key.person.ToText()));
  }
}

}  // namespace

std::string AudienceEtag(const storage::v1::GroupRecord& group) {
  return absl::StrCat(kProfessionalPrefix, group.professional_audience());
}

std::optional<uint64_t> ParseAudienceEtag(absl::string_view etag) {
  uint64_t audience = 0;
  if (!absl::ConsumePrefix(&etag, kProfessionalPrefix) ||
      !absl::SimpleAtoi(etag, &audience) || absl::StrCat(audience) != etag) {
    return std::nullopt;
  }
  return audience;
}

void ChangeAudience(storage::v1::GroupRecord& group,
                    storage::v1::MembershipRecord& membership) {
  group.set_professional_audience(group.professional_audience() + 1);
  membership.add_audience_changes(group.professional_audience());
}

bool InAudience(const storage::v1::MembershipRecord& membership) {
  return membership.audience_changes_size() % 2 == 1;
}

absl::Status CheckAudience(const ReadCall& call, const GroupId& group,
                           uint64_t seen) {
  const NetworkId& network = CallerOf(call).network;
  ASSIGN_OR_RETURN(const auto record,
                   call.view.Get(storage::kGroups, {network, group}));
  if (record.professional_audience() == seen) {
    return absl::OkStatus();
  }
  std::vector<std::string> added;
  std::vector<std::string> removed;
  RETURN_IF_ERROR(call.view.Scan(
      storage::kMemberships,
      storage::KeysUnder(storage::kMemberships, network, group),
      storage::Direction::kForward,
      [&](const storage::GroupPersonKey& key,
          const storage::v1::MembershipRecord& membership) {
        const bool then = WasMember(membership, seen);
        const bool now = WasMember(membership, record.professional_audience());
        if (then != now) {
          AddName(key, now ? added : removed);
        }
        return true;
      }));
  return Refuse(absl::StatusCode::kAborted, Reason::kAudienceChanged,
                "the members of the lane changed since the client looked",
                {{"added", absl::StrJoin(added, ",")},
                 {"removed", absl::StrJoin(removed, ",")},
                 {"audience_etag", AudienceEtag(record)}});
}

}  // namespace renkei::domain
