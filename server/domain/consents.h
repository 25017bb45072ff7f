// The patient's consent to share personal information, as a record of the
// signed paper.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/domain/call.h"

namespace renkei::domain {

struct ConsentView {
  GroupId group;
  ConsentId id;
  storage::v1::ConsentRecord record;
};

// Records a signed consent; with it a draft opens. Of `consent` what the paper
// says is taken: form, signer, relation, date, place and what is covered.
// CONSENT_EXISTS if one is in force; FIELD_INVALID for a date to come, a
// facility not of the network, or a coverage without somebody who is a member.
absl::StatusOr<ConsentView> RecordConsent(WriteCall& call,
                                          const storage::GroupKey& key,
                                          storage::v1::ConsentRecord consent);

// Records that the consent was withdrawn and closes the group. STATE_WRONG if
// it was withdrawn before.
absl::StatusOr<ConsentView> WithdrawConsent(WriteCall& call,
                                            const storage::ConsentKey& key,
                                            absl::string_view reason);

// Covers facility and profession of the affiliation.
bool Covers(const storage::v1::ConsentRecord& consent,
            const storage::v1::Affiliation& affiliation);

// FAILED_PRECONDITION, CONSENT_DOES_NOT_COVER unless the group's consent does,
// CONSENT_MISSING if there is none in force.
absl::Status CheckConsentCovers(const ReadCall& call, const GroupId& group,
                                const storage::v1::GroupRecord& record,
                                const storage::v1::Affiliation& affiliation);

}  // namespace renkei::domain
