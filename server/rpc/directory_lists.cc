#include "server/rpc/directory_lists.h"

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "server/domain/refusal.h"
#include "server/rpc/directory_conversion.h"
#include "server/rpc/page_token.h"
#include "storage/base/status_macros.h"

namespace renkei::rpc {
namespace {

using domain::ReadCall;

// Where a list goes on: after the item whose id the token holds.
template <typename IdType, typename Request>
absl::StatusOr<std::optional<IdType>> PlaceIn(const ReadCall& call,
                                              const Request& request) {
  ASSIGN_OR_RETURN(const std::string place,
                   OpenPageToken(call, request, request.page_token()));
  std::optional<IdType> after = IdType::FromBytes(place);
  if (!place.empty() && !after) {
    return domain::Refuse(absl::StatusCode::kInvalidArgument,
                          domain::Reason::kPageTokenInvalid,
                          "page_token: not of this list");
  }
  return after;
}

template <typename Request, typename Item, typename Response>
void SetNextPage(const ReadCall& call, const Request& request,
                 const domain::Page<Item>& page, absl::string_view last_place,
                 Response& response) {
  if (page.more) {
    response.set_next_page_token(MakePageToken(call, request, last_place));
  }
}

}  // namespace

absl::Status List(ReadCall& call, const FacilitiesQuery& query,
                  const v1::ListFacilitiesRequest& request,
                  v1::ListFacilitiesResponse& response) {
  ASSIGN_OR_RETURN(const auto after, PlaceIn<FacilityId>(call, request));
  ASSIGN_OR_RETURN(const auto page, domain::ListFacilities(call, query.network,
                                                           after, query.limit));
  FacilityId last;
  for (const domain::Facility& facility : page.items) {
    *response.add_facilities() = ToApi(query.network, facility);
    last = facility.id;
  }
  SetNextPage(call, request, page, last.bytes(), response);
  return absl::OkStatus();
}

absl::Status List(ReadCall& call, const PeopleQuery& query,
                  const v1::ListPeopleRequest& request,
                  v1::ListPeopleResponse& response) {
  ASSIGN_OR_RETURN(const auto after, PlaceIn<PersonId>(call, request));
  ASSIGN_OR_RETURN(const auto page,
                   domain::ListPeople(call, query.filter, after, query.limit));
  PersonId last;
  for (const domain::PersonView& person : page.items) {
    *response.add_people() = ToApi(query.filter.network, person);
    last = person.person;
  }
  SetNextPage(call, request, page, last.bytes(), response);
  return absl::OkStatus();
}

absl::Status List(ReadCall& call, const PatientsQuery& query,
                  const v1::SearchPatientsRequest& request,
                  v1::SearchPatientsResponse& response) {
  ASSIGN_OR_RETURN(const auto after, PlaceIn<PatientId>(call, request));
  ASSIGN_OR_RETURN(const auto page, domain::SearchPatients(call, query.search,
                                                           after, query.limit));
  PatientId last;
  for (const domain::Patient& patient : page.items) {
    *response.add_patients() = ToApi(query.search.network, patient);
    last = patient.id;
  }
  SetNextPage(call, request, page, last.bytes(), response);
  return absl::OkStatus();
}

}  // namespace renkei::rpc
