#include "server/domain/consents.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/domain/authorize.h"
#include "server/domain/group_entries.h"
#include "server/domain/groups.h"
#include "server/domain/memberships.h"
#include "server/domain/refusal.h"
#include "server/domain/standing.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::v1::ConsentRecord;
using storage::v1::GroupRecord;

// Papers are signed in Japan, whose date is ahead of UTC's.
absl::TimeZone PaperTimeZone() { return absl::FixedTimeZone(9 * 60 * 60); }

std::string ConsentResource(const ReadCall& call, const GroupId& group,
                            absl::string_view consent) {
  return absl::StrCat(GroupResource(CallerOf(call).network, group),
                      "/consents/", ConsentId::FromBytes(consent)->ToText());
}

absl::Status TellConsent(WriteCall& call, const GroupId& group) {
  storage::v1::EventItem item;
  item.set_kind(storage::v1::EVENT_KIND_CONSENT_CHANGED);
  RETURN_IF_ERROR(TellGroup(call, group, item));
  item.set_kind(storage::v1::EVENT_KIND_GROUP_CHANGED);
  return TellGroup(call, group, item);
}

absl::Status CheckPaper(const ReadCall& call, const ConsentRecord& consent) {
  const std::string today =
      absl::FormatTime("%Y-%m-%d", call.now, PaperTimeZone());
  if (consent.signed_date() > today) {
    return RefuseField("consent.sign_date", "a date not in the future");
  }
  for (const std::string& bytes : consent.covered_facilities()) {
    const auto id = FacilityId::FromBytes(bytes);
    if (!id) {
      return absl::InternalError("facility id");
    }
    ASSIGN_OR_RETURN(
        const auto facility,
        call.view.Find(storage::kFacilities, {CallerOf(call).network, *id}));
    if (!facility) {
      return RefuseField("consent.covered_facilities",
                         "facilities of the network");
    }
  }
  return absl::OkStatus();
}

// Nobody may be in the group whom the patient has not agreed to.
absl::Status CheckMembersCovered(const ReadCall& call, const GroupId& group,
                                 const ConsentRecord& consent) {
  ASSIGN_OR_RETURN(const std::vector<MemberView> members,
                   MembersOf(call, group));
  const bool all = std::all_of(
      members.begin(), members.end(), [&consent](const MemberView& member) {
        if (!IsMember(member.state)) {
          return true;
        }
        const storage::v1::Affiliation* affiliation =
            FindAffiliation(member.record, member.membership.affiliation());
        return affiliation != nullptr && Covers(consent, *affiliation);
      });
  return all ? absl::OkStatus()
             : RefuseField("consent.covered_facilities, covered_professions",
                           "at least those of every member of the group");
}

}  // namespace

absl::StatusOr<ConsentView> RecordConsent(WriteCall& call,
                                          const storage::GroupKey& key,
                                          ConsentRecord consent) {
  const Caller& caller = CallerOf(call);
  RETURN_IF_ERROR(Authorize(call, Action::kRecordConsent,
                            {.network = key.network,
                             .group = key.group,
                             .lane = storage::v1::LANE_PROFESSIONAL}));
  ASSIGN_OR_RETURN(GroupRecord record, ReadGroup(call, key.group));
  if (!record.consent().empty()) {
    return Refuse(
        absl::StatusCode::kAlreadyExists, Reason::kConsentExists,
        "a consent is in force",
        {{"consent", ConsentResource(call, key.group, record.consent())}});
  }
  RETURN_IF_ERROR(CheckPaper(call, consent));
  RETURN_IF_ERROR(CheckMembersCovered(call, key.group, consent));

  const auto id = call.tx.NewId<ConsentId>();
  consent.set_recorded_by(std::string(caller.person.bytes()));
  consent.set_recorded_at_micros(absl::ToUnixMicros(call.now));
  RETURN_IF_ERROR(KeepEntry(call, storage::kConsents,
                            {caller.network, key.group, id}, consent));
  record.set_consent(std::string(id.bytes()));
  record.set_latest_consent(record.consent());
  record.set_state(storage::v1::GROUP_STATE_OPEN);
  RETURN_IF_ERROR(KeepGroup(call, key.group, record));
  RETURN_IF_ERROR(TellConsent(call, key.group));
  call.note.target = ConsentResource(call, key.group, id.bytes());
  return ConsentView{key.group, id, std::move(consent)};
}

absl::StatusOr<ConsentView> WithdrawConsent(WriteCall& call,
                                            const storage::ConsentKey& key,
                                            absl::string_view reason) {
  const Caller& caller = CallerOf(call);
  RETURN_IF_ERROR(Authorize(call, Action::kWithdrawConsent,
                            {.network = key.network,
                             .group = key.group,
                             .lane = storage::v1::LANE_PROFESSIONAL}));
  ASSIGN_OR_RETURN(auto found, call.tx.Find(storage::kConsents, key));
  if (!found) {
    return RefuseUnknown();
  }
  if (found->withdrawn_at_micros() != 0) {
    return RefuseState("WITHDRAWN");
  }
  found->set_withdrawn_at_micros(absl::ToUnixMicros(call.now));
  found->set_withdrawn_by(std::string(caller.person.bytes()));
  found->set_withdrawn_reason(std::string(reason));
  RETURN_IF_ERROR(KeepEntry(call, storage::kConsents, key, *found));

  ASSIGN_OR_RETURN(GroupRecord record, ReadGroup(call, key.group));
  record.clear_consent();
  if (record.state() != storage::v1::GROUP_STATE_CLOSED) {
    RETURN_IF_ERROR(MarkClosed(call, key.group,
                               storage::v1::CLOSE_REASON_CONSENT_WITHDRAWN, "",
                               record));
  }
  RETURN_IF_ERROR(KeepGroup(call, key.group, record));
  RETURN_IF_ERROR(TellConsent(call, key.group));
  call.note.target = ConsentResource(call, key.group, key.consent.bytes());
  call.note.details.emplace_back("reason", std::string(reason));
  return ConsentView{key.group, key.consent, *std::move(found)};
}

bool Covers(const ConsentRecord& consent,
            const storage::v1::Affiliation& affiliation) {
  const auto& facilities = consent.covered_facilities();
  const auto& professions = consent.covered_professions();
  return (facilities.empty() ||
          std::find(facilities.begin(), facilities.end(),
                    affiliation.facility()) != facilities.end()) &&
         (professions.empty() ||
          std::find(professions.begin(), professions.end(),
                    affiliation.profession()) != professions.end());
}

absl::Status CheckConsentCovers(const ReadCall& call, const GroupId& group,
                                const GroupRecord& record,
                                const storage::v1::Affiliation& affiliation) {
  const NetworkId& network = CallerOf(call).network;
  const auto id = ConsentId::FromBytes(record.consent());
  if (!id) {
    return Refuse(absl::StatusCode::kFailedPrecondition,
                  Reason::kConsentMissing,
                  "no consent of the patient is in force",
                  {{"group", GroupResource(network, group)}});
  }
  ASSIGN_OR_RETURN(const auto consent,
                   call.view.Get(storage::kConsents, {network, group, *id}));
  return Covers(consent, affiliation)
             ? absl::OkStatus()
             : Refuse(absl::StatusCode::kFailedPrecondition,
                      Reason::kConsentDoesNotCover,
                      "the consent does not cover this facility or profession",
                      {{"consent", ConsentResource(call, group, id->bytes())}});
}

}  // namespace renkei::domain
