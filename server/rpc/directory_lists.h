// The lists of the directory, a page at a time.
#pragma once

#include "absl/status/status.h"
#include "renkei/v1/directory.pb.h"
#include "server/domain/call.h"
#include "server/rpc/directory_requests.h"
#include "server/rpc/patient_requests.h"

namespace renkei::rpc {

// Each fills `response` with the page that `request`, whose parsed form is
// `query`, asks for. PAGE_TOKEN_INVALID.
absl::Status List(domain::ReadCall& call, const FacilitiesQuery& query,
                  const v1::ListFacilitiesRequest& request,
                  v1::ListFacilitiesResponse& response);
absl::Status List(domain::ReadCall& call, const PeopleQuery& query,
                  const v1::ListPeopleRequest& request,
                  v1::ListPeopleResponse& response);
absl::Status List(domain::ReadCall& call, const PatientsQuery& query,
                  const v1::SearchPatientsRequest& request,
                  v1::SearchPatientsResponse& response);

}  // namespace renkei::rpc
