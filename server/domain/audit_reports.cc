#include "server/domain/audit_reports.h"

#include <array>
#include <optional>
#include <utility>

#include "server/domain/audit_query.h"
#include "server/domain/authorize.h"
#include "server/domain/refusal.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

constexpr size_t kPageEvents = 5000;
constexpr int kPagesMax = 10;
// Numbers of renkei.v1.AuditEventType: what brings a facility into a team.
constexpr std::array<uint32_t, 3> kTeamTypes = {150, 200, 222};

AuditFilter FilterOf(const audit::QuestionForm& form) {
  AuditFilter filter;
  filter.patient = PatientId::FromBytes(form.patient);
  // Who is in a team is told by events of others, too.
  if (form.question != audit::Question::kOutsideTeam) {
    filter.actor = PersonId::FromBytes(form.actor);
    filter.facility = FacilityId::FromBytes(form.facility);
  }
  filter.from = absl::FromUnixMicros(form.from_micros);
  filter.until = absl::FromUnixMicros(form.until_micros);
  return filter;
}

absl::Status TakeAll(const storage::Snapshot& view, AuditQuery query,
                     audit::Answerer& answerer) {
  query.oldest_first = true;
  query.limit = kPageEvents;
  for (int pages = 0; pages < kPagesMax; ++pages) {
    ASSIGN_OR_RETURN(const AuditPage page, ScanAudit(view, query));
    for (const AuditEvent& event : page.events) {
      answerer.Take(event.leaf);
    }
    if (!page.next) {
      return absl::OkStatus();
    }
    query.place = page.next;
  }
  return RefuseField("start_time", "a shorter interval or a narrower question");
}

}  // namespace

absl::StatusOr<std::vector<audit::Finding>> GetAuditReport(
    ReadCall& call, const NetworkId& network, const audit::QuestionForm& form) {
  Target target;
  target.network = network;
  target.person = PersonId::FromBytes(form.actor).value_or(PersonId());
  target.patient = PatientId::FromBytes(form.patient).value_or(PatientId());
  target.facility = FacilityId::FromBytes(form.facility).value_or(FacilityId());
  RETURN_IF_ERROR(Authorize(call, Action::kGetAuditReport, target));
  audit::Answerer answerer(form);
  AuditQuery query;
  query.network = network;
  query.filter = FilterOf(form);
  if (form.question == audit::Question::kOutsideTeam) {
    for (const uint32_t type : kTeamTypes) {
      AuditQuery before = query;
      before.filter.type = type;
      before.filter.from = absl::InfinitePast();
      before.filter.until = query.filter.from;
      RETURN_IF_ERROR(TakeAll(call.view, std::move(before), answerer));
    }
  }
  RETURN_IF_ERROR(TakeAll(call.view, std::move(query), answerer));
  return answerer.Answer();
}

absl::StatusOr<uint64_t> RecordAuditReview(WriteCall& call,
                                           const AuditReview& review) {
  Target target;
  target.network = review.network;
  target.facility = review.facility;
  RETURN_IF_ERROR(Authorize(call, Action::kRecordAuditReview, target));
  ASSIGN_OR_RETURN(
      const auto facility,
      call.view.Find(storage::kFacilities, {review.network, review.facility}));
  if (!facility) {
    return RefuseUnknown();
  }
  if (review.until > call.now) {
    return RefuseField("end_time", "a time that has passed");
  }
  const auto text = [](absl::Time time) {
    return absl::FormatTime(absl::RFC3339_full, time, absl::UTCTimeZone());
  };
  call.note.details = {{"start_time", text(review.from)},
                       {"end_time", text(review.until)},
                       {"findings", review.findings}};
  ASSIGN_OR_RETURN(const auto head,
                   call.tx.Find(storage::kNetworkHeads, {review.network}));
  return head ? head->audit_size() : 0;
}

}  // namespace renkei::domain
