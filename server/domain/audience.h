// Who reads the professional lane, as a number that clients keep and send back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/domain/call.h"

namespace renkei::domain {

// Stands for the lane's members of today: Group.audience_etag of the API.
std::string AudienceEtag(const storage::v1::GroupRecord& group);

// The audience number in an etag made above; nullopt for anything else.
std::optional<uint64_t> ParseAudienceEtag(absl::string_view etag);

// The person joins the professional lane, or leaves it when in: raises the
// group's audience number and notes it in the membership. The caller puts both
// records.
void ChangeAudience(storage::v1::GroupRecord& group,
                    storage::v1::MembershipRecord& membership);

// Whether the person is in the professional lane by the last such change; not
// so while the affiliation rests.
bool InAudience(const storage::v1::MembershipRecord& membership);

// ABORTED, AUDIENCE_CHANGED with who came and who went, unless the members of
// the lane are those whom `seen` stands for.
absl::Status CheckAudience(const ReadCall& call, const GroupId& group,
                           uint64_t seen);

}  // namespace renkei::domain
