#include "server/rpc/audit_service.h"

#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/domain/audit_query.h"
#include "server/domain/refusal.h"
#include "server/rpc/names.h"
#include "server/rpc/page_token.h"
#include "storage/base/status_macros.h"

namespace renkei::rpc {
namespace {

// Names and roles of today beside the ids of then: the log itself holds ids
// only, so that a person's name can change, or go, without touching it.
absl::Status AddSignature(const domain::ReadCall& call,
                          const storage::v1::AuditLeaf& leaf,
                          v1::AuditActor& actor) {
  const NetworkId network = domain::CallerOf(call).network;
  v1::Signature& signature = *actor.mutable_signature();
  signature.set_profession(leaf.actor_profession());
  const auto person = PersonId::FromBytes(leaf.actor());
  const auto facility = FacilityId::FromBytes(leaf.actor_facility());
  const auto affiliation = AffiliationId::FromBytes(leaf.actor_affiliation());
  if (person) {
    ASSIGN_OR_RETURN(const auto record,
                     call.view.Find(storage::kPeople, {network, *person}));
    signature.set_display_name(record ? record->display_name() : "");
  }
  if (facility) {
    ASSIGN_OR_RETURN(const auto record, call.view.Find(storage::kFacilities,
                                                       {network, *facility}));
    signature.set_facility_display_name(record ? record->display_name() : "");
    actor.set_facility(Format(FacilityName{network, *facility}));
  }
  if (person && affiliation) {
    signature.set_affiliation(
        Format(AffiliationName{network, *person, *affiliation}));
  }
  return absl::OkStatus();
}

absl::Status AddActor(const domain::ReadCall& call,
                      const storage::v1::AuditLeaf& leaf,
                      v1::AuditActor& actor) {
  const NetworkId network = domain::CallerOf(call).network;
  actor.set_client_address(leaf.client_address());
  const auto person = PersonId::FromBytes(leaf.actor());
  if (!person) {
    return absl::OkStatus();
  }
  actor.set_person(Format(PersonName{network, *person}));
  RETURN_IF_ERROR(AddSignature(call, leaf, actor));
  const auto session = SessionId::FromBytes(leaf.session());
  if (!session) {
    return absl::OkStatus();
  }
  actor.set_session(Format(SessionName{network, *person, *session}));
  ASSIGN_OR_RETURN(const auto record,
                   call.view.Find(storage::kSessions, {network, *session}));
  actor.set_device_id(record ? record->device_id() : "");
  return absl::OkStatus();
}

void AddTargets(const NetworkId& network, const storage::v1::AuditLeaf& leaf,
                v1::AuditEvent& event) {
  if (const auto patient = PatientId::FromBytes(leaf.patient())) {
    event.set_patient(Format(PatientName{network, *patient}));
  }
  if (const auto group = GroupId::FromBytes(leaf.group())) {
    event.set_group(Format(GroupName{network, *group}));
  }
  if (leaf.messages() != 0) {
    event.mutable_messages()->set_first_sequence(
        static_cast<int64_t>(leaf.first_message()));
    event.mutable_messages()->set_last_sequence(
        static_cast<int64_t>(leaf.last_message()));
    event.mutable_messages()->set_count(static_cast<int32_t>(leaf.messages()));
  }
  if (const auto person = PersonId::FromBytes(leaf.target_person())) {
    event.add_targets(Format(PersonName{network, *person}));
  }
  if (const auto facility = FacilityId::FromBytes(leaf.target_facility())) {
    event.add_targets(Format(FacilityName{network, *facility}));
  }
  if (!leaf.target().empty()) {
    event.add_targets(leaf.target());
  }
}

absl::Status ToApi(const domain::ReadCall& call, const domain::AuditEvent& from,
                   v1::AuditEvent& event) {
  const NetworkId network = domain::CallerOf(call).network;
  const storage::v1::AuditLeaf& leaf = from.leaf;
  event.set_name(Format(AuditEventName{network, leaf.index()}));
  event.set_index(static_cast<int64_t>(leaf.index()));
  *event.mutable_time() = ToTimestamp(leaf.time_micros());
  event.set_type(static_cast<v1::AuditEventType>(leaf.type()));
  event.set_outcome(static_cast<v1::AuditEvent::Outcome>(leaf.outcome()));
  RETURN_IF_ERROR(AddActor(call, leaf, *event.mutable_actor()));
  event.set_action(leaf.action());
  event.set_rule(leaf.rule());
  event.set_access_version(static_cast<int64_t>(leaf.access_version()));
  AddTargets(network, leaf, event);
  event.set_count(static_cast<int32_t>(
      leaf.folded_denials() == 0 ? 1 : leaf.folded_denials()));
  event.set_error_reason(leaf.reason());
  for (const auto& [name, value] : from.details) {
    if (name == "reason") {
      event.set_stated_reason(value);
    } else {
      (*event.mutable_details())[name] = value;
    }
  }
  event.set_correlation_id(leaf.correlation_id());
  event.set_server_build(leaf.server_build());
  return absl::OkStatus();
}

absl::StatusOr<domain::AuditQuery> ParseQuery(
    const v1::ListAuditEventsRequest& request) {
  domain::AuditQuery query;
  ASSIGN_OR_RETURN(const NetworkName parent,
                   ParseNetworkName("parent", request.parent()));
  query.network = parent.network;
  if (!request.patient().empty()) {
    ASSIGN_OR_RETURN(const PatientName patient,
                     ParsePatientName("patient", request.patient()));
    query.filter.patient = patient.patient;
  }
  if (!request.actor().empty()) {
    ASSIGN_OR_RETURN(const PersonName actor,
                     ParsePersonName("actor", request.actor()));
    query.filter.actor = actor.person;
  }
  if (!request.facility().empty()) {
    ASSIGN_OR_RETURN(const FacilityName facility,
                     ParseFacilityName("facility", request.facility()));
    query.filter.facility = facility.facility;
  }
  if (request.type() != v1::AUDIT_EVENT_TYPE_UNSPECIFIED) {
    query.filter.type = static_cast<uint32_t>(request.type());
  }
  if (request.has_start_time()) {
    ASSIGN_OR_RETURN(query.filter.from,
                     ParseTime("start_time", request.start_time()));
  }
  if (request.has_end_time()) {
    ASSIGN_OR_RETURN(query.filter.until,
                     ParseTime("end_time", request.end_time()));
  }
  query.oldest_first = request.order() == v1::ORDER_OLDEST_FIRST;
  ASSIGN_OR_RETURN(query.limit, ParsePageSize(request.page_size()));
  return query;
}

absl::Status List(domain::ReadCall& call, domain::AuditQuery query,
                  const v1::ListAuditEventsRequest& request,
                  v1::ListAuditEventsResponse& response) {
  ASSIGN_OR_RETURN(const std::string place,
                   OpenPageToken(call, request, request.page_token()));
  uint64_t index = 0;
  if (absl::SimpleAtoi(place, &index)) {
    query.place = index;
  }
  ASSIGN_OR_RETURN(const domain::AuditPage page,
                   domain::ListAuditEvents(call, query));
  for (const domain::AuditEvent& event : page.events) {
    RETURN_IF_ERROR(ToApi(call, event, *response.add_audit_events()));
  }
  if (page.next) {
    response.set_next_page_token(
        MakePageToken(call, request, absl::StrCat(*page.next)));
  }
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* AuditServiceHandler::ListAuditEvents(
    grpc::CallbackServerContext* context,
    const v1::ListAuditEventsRequest* request,
    v1::ListAuditEventsResponse* response) {
  return calls_.Read(context, *request, *response, ParseQuery(*request),
                     [request, response](domain::ReadCall& call,
                                         const domain::AuditQuery& query) {
                       return List(call, query, *request, *response);
                     });
}

grpc::ServerUnaryReactor* AuditServiceHandler::GetAuditEvent(
    grpc::CallbackServerContext* context,
    const v1::GetAuditEventRequest* request, v1::AuditEvent* response) {
  return calls_.Read(
      context, *request, *response,
      ParseAuditEventName("name", request->name()),
      [response](domain::ReadCall& call,
                 const AuditEventName& name) -> absl::Status {
        ASSIGN_OR_RETURN(const auto event,
                         domain::GetAuditEvent(call, name.network, name.index));
        return ToApi(call, event, *response);
      });
}

}  // namespace renkei::rpc
