// How a membership begins and ends, by which affiliation, and what it is at a
// moment.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/domain/call.h"

namespace renkei::domain {

inline constexpr size_t kMembersMax = 200;        // of a group
inline constexpr size_t kPersonGroupsMax = 2000;  // of a person

// The affiliation in force by which `person` can be in the professional lane:
// the named one, or the only one. FAILED_PRECONDITION, AFFILIATION_MISSING if
// there is none or it would have to be guessed.
absl::StatusOr<storage::v1::Affiliation> ChooseAffiliation(
    const ReadCall& call, const PersonId& person,
    const storage::v1::PersonRecord& record,
    const std::optional<AffiliationId>& named);

// What a membership is at a moment.
enum class MemberState : uint8_t { kActive, kResting, kLeft, kRemoved, kEnded };
MemberState StateOf(const PersonId& person,
                    const storage::v1::MembershipRecord& membership,
                    const storage::v1::PersonRecord& record, absl::Time now);
// Active, or will be again without anybody's doing.
bool IsMember(MemberState state);

struct MemberView {
  PersonId person;
  storage::v1::MembershipRecord membership;
  storage::v1::PersonRecord record;
  MemberState state = MemberState::kEnded;
};

// nullopt if the person never was a member.
absl::StatusOr<std::optional<MemberView>> FindMember(const ReadCall& call,
                                                     const GroupId& group,
                                                     const PersonId& person);

// Everybody who is or was a member, in the order of joining.
absl::StatusOr<std::vector<MemberView>> MembersOf(const ReadCall& call,
                                                  const GroupId& group);

// LIMIT_REACHED if the group is full or the person in too many.
absl::Status CheckRoomFor(const ReadCall& call,
                          const storage::v1::GroupRecord& group,
                          const PersonId& person);

// Begins the membership now and tells the group and the person. `group` is
// changed, not kept; `membership` holds affiliation, history and what was
// agreed. REQUIRES: IsMember is not true of the person.
absl::Status BeginMembership(WriteCall& call, const GroupId& id,
                             storage::v1::GroupRecord& group,
                             const PersonId& person,
                             storage::v1::MembershipRecord membership);

// Ends it now, by the caller's will, and tells the group and the person.
// `group` is changed, not kept. REQUIRES: the membership's state is ACTIVE.
absl::Status EndMembership(WriteCall& call, const GroupId& id,
                           storage::v1::GroupRecord& group,
                           const MemberView& member, absl::string_view reason);

}  // namespace renkei::domain
