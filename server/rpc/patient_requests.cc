#include "server/rpc/patient_requests.h"

#include <utility>

#include "server/domain/directory_fields.h"
#include "server/domain/refusal.h"
#include "server/domain/text.h"
#include "server/rpc/directory_requests.h"
#include "server/rpc/names.h"
#include "server/rpc/page_token.h"
#include "storage/base/status_macros.h"

namespace renkei::rpc {
namespace {

constexpr int32_t kSearchPageSizeDefault = 20;

}  // namespace

absl::StatusOr<domain::NewPatient> Parse(
    const v1::CreatePatientRequest& request) {
  const v1::Patient& from = request.patient();
  domain::NewPatient patient;
  ASSIGN_OR_RETURN(patient.network, ParseParent(request.parent()));
  ASSIGN_OR_RETURN(patient.insured_number,
                   domain::ParseInsuredNumber("patient.insured_number",
                                              from.insured_number()));
  ASSIGN_OR_RETURN(domain::HumanName name,
                   ParseHumanName("patient.human_name", from.human_name()));
  patient.display_name = std::move(name.text);
  patient.reading = std::move(name.reading);
  RETURN_IF_ERROR(domain::CheckDate("patient.birth_date", from.birth_date()));
  patient.birth_date = from.birth_date();
  if (!request.facility().empty()) {
    ASSIGN_OR_RETURN(
        patient.facility,
        ParseFacility("facility", request.facility(), patient.network));
  }
  return patient;
}

absl::StatusOr<PatientsQuery> Parse(const v1::SearchPatientsRequest& request) {
  PatientsQuery query;
  ASSIGN_OR_RETURN(query.search.network, ParseParent(request.parent()));
  switch (request.query_case()) {
    case v1::SearchPatientsRequest::kInsuredNumber: {
      ASSIGN_OR_RETURN(std::string number,
                       domain::ParseInsuredNumber("insured_number",
                                                  request.insured_number()));
      query.search.query = domain::InsuredNumber{std::move(number)};
      break;
    }
    case v1::SearchPatientsRequest::kExactName: {
      ASSIGN_OR_RETURN(std::string name,
                       domain::ParseLine("exact_name", request.exact_name(),
                                         domain::kNameLimits));
      query.search.query = domain::ExactName{std::move(name)};
      break;
    }
    default:
      return domain::RefuseField("query", "insured_number or exact_name");
  }
  ASSIGN_OR_RETURN(query.limit, ParsePageSize(request.page_size() == 0
                                                  ? kSearchPageSizeDefault
                                                  : request.page_size()));
  return query;
}

absl::StatusOr<storage::PatientKey> ParsePatientKey(absl::string_view field,
                                                    absl::string_view name) {
  ASSIGN_OR_RETURN(const PatientName parsed, ParsePatientName(field, name));
  return storage::PatientKey{parsed.network, parsed.patient};
}

}  // namespace renkei::rpc
