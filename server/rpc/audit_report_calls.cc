#include <vector>

#include "server/domain/audit_reports.h"
#include "server/domain/refusal.h"
#include "server/domain/text.h"
#include "server/rpc/audit_service.h"
#include "server/rpc/names.h"
#include "storage/base/status_macros.h"

namespace renkei::rpc {
namespace {

constexpr domain::CodePointLimits kFindingsLimits = {1, 2000};

struct ReportForm {
  NetworkId network;
  audit::QuestionForm question;
};

absl::Status ParseTargets(const v1::GetAuditReportRequest& request,
                          audit::QuestionForm& form) {
  if (!request.patient().empty()) {
    ASSIGN_OR_RETURN(const PatientName name,
                     ParsePatientName("patient", request.patient()));
    form.patient = std::string(name.patient.bytes());
  }
  if (!request.actor().empty()) {
    ASSIGN_OR_RETURN(const PersonName name,
                     ParsePersonName("actor", request.actor()));
    form.actor = std::string(name.person.bytes());
  }
  if (!request.session().empty()) {
    ASSIGN_OR_RETURN(const SessionName name,
                     ParseSessionName("session", request.session()));
    form.actor = std::string(name.person.bytes());
    form.session = std::string(name.session.bytes());
  }
  if (!request.facility().empty()) {
    ASSIGN_OR_RETURN(const FacilityName name,
                     ParseFacilityName("facility", request.facility()));
    form.facility = std::string(name.facility.bytes());
  }
  return absl::OkStatus();
}

absl::StatusOr<ReportForm> Parse(const v1::GetAuditReportRequest& request) {
  ReportForm form;
  ASSIGN_OR_RETURN(const NetworkName parent,
                   ParseNetworkName("parent", request.parent()));
  form.network = parent.network;
  if (request.question() == v1::AUDIT_QUESTION_UNSPECIFIED ||
      !v1::AuditQuestion_IsValid(request.question())) {
    return domain::RefuseField("question", "one of AuditQuestion");
  }
  form.question.question = static_cast<audit::Question>(request.question());
  RETURN_IF_ERROR(ParseTargets(request, form.question));
  if (request.has_start_time()) {
    ASSIGN_OR_RETURN(const absl::Time from,
                     ParseTime("start_time", request.start_time()));
    form.question.from_micros = absl::ToUnixMicros(from);
  }
  if (request.has_end_time()) {
    ASSIGN_OR_RETURN(const absl::Time until,
                     ParseTime("end_time", request.end_time()));
    form.question.until_micros = absl::ToUnixMicros(until);
  }
  if (request.threshold() < 0) {
    return domain::RefuseField("threshold", "not negative");
  }
  form.question.threshold =
      request.threshold() != 0
          ? static_cast<uint32_t>(request.threshold())
          : audit::NameOf(form.question.question).threshold;
  if (const std::string why = audit::WhyUnanswerable(form.question);
      !why.empty()) {
    return domain::RefuseField("question", why);
  }
  return form;
}

absl::StatusOr<domain::AuditReview> Parse(
    const v1::RecordAuditReviewRequest& request) {
  domain::AuditReview review;
  ASSIGN_OR_RETURN(const FacilityName facility,
                   ParseFacilityName("facility", request.facility()));
  review.network = facility.network;
  review.facility = facility.facility;
  ASSIGN_OR_RETURN(review.from, ParseTime("start_time", request.start_time()));
  ASSIGN_OR_RETURN(review.until, ParseTime("end_time", request.end_time()));
  if (review.from >= review.until) {
    return domain::RefuseField("end_time", "after start_time");
  }
  ASSIGN_OR_RETURN(
      review.findings,
      domain::ParseNote("findings", request.findings(), kFindingsLimits));
  return review;
}

// Names of today beside the ids of then.
absl::Status AddNames(const domain::ReadCall& call, const NetworkId& network,
                      v1::AuditFinding& finding, const audit::Finding& from) {
  const auto person = PersonId::FromBytes(from.actor);
  const auto facility = FacilityId::FromBytes(from.actor_facility);
  v1::Signature& signature = *finding.mutable_actor()->mutable_signature();
  signature.set_profession(from.actor_profession);
  if (person) {
    finding.mutable_actor()->set_person(Format(PersonName{network, *person}));
    ASSIGN_OR_RETURN(const auto record,
                     call.view.Find(storage::kPeople, {network, *person}));
    signature.set_display_name(record ? record->display_name() : "");
  }
  if (facility) {
    finding.mutable_actor()->set_facility(
        Format(FacilityName{network, *facility}));
    ASSIGN_OR_RETURN(const auto record, call.view.Find(storage::kFacilities,
                                                       {network, *facility}));
    signature.set_facility_display_name(record ? record->display_name() : "");
  }
  return absl::OkStatus();
}

absl::Status ToApi(const domain::ReadCall& call, const NetworkId& network,
                   const audit::Finding& from, v1::AuditFinding& finding) {
  RETURN_IF_ERROR(AddNames(call, network, finding, from));
  if (const auto patient = PatientId::FromBytes(from.patient)) {
    finding.set_patient(Format(PatientName{network, *patient}));
  }
  finding.set_what(from.what);
  finding.set_count(static_cast<int64_t>(from.count));
  finding.set_patients(static_cast<int64_t>(from.patients));
  *finding.mutable_first_time() = ToTimestamp(from.first_micros);
  *finding.mutable_last_time() = ToTimestamp(from.last_micros);
  finding.set_first_event(Format(AuditEventName{network, from.first_index}));
  finding.set_last_event(Format(AuditEventName{network, from.last_index}));
  for (const uint32_t type : from.types) {
    finding.add_types(static_cast<v1::AuditEventType>(type));
  }
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* AuditServiceHandler::GetAuditReport(
    grpc::CallbackServerContext* context,
    const v1::GetAuditReportRequest* request, v1::AuditReport* response) {
  return calls_.Read(
      context, *request, *response, Parse(*request),
      [response](domain::ReadCall& call,
                 const ReportForm& form) -> absl::Status {
        ASSIGN_OR_RETURN(
            const std::vector<audit::Finding> findings,
            domain::GetAuditReport(call, form.network, form.question));
        for (const audit::Finding& finding : findings) {
          RETURN_IF_ERROR(
              ToApi(call, form.network, finding, *response->add_findings()));
        }
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* AuditServiceHandler::RecordAuditReview(
    grpc::CallbackServerContext* context,
    const v1::RecordAuditReviewRequest* request,
    v1::RecordAuditReviewResponse* response) {
  return calls_.Write(
      context, *request, *response, Parse(*request),
      [response](domain::WriteCall& call,
                 const domain::AuditReview& review) -> absl::Status {
        ASSIGN_OR_RETURN(const uint64_t index,
                         domain::RecordAuditReview(call, review));
        response->set_audit_event(
            Format(AuditEventName{review.network, index}));
        return absl::OkStatus();
      });
}

}  // namespace renkei::rpc
