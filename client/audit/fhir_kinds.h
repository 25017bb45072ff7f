// What each type of audit event is in the words of FHIR, IHE BALP and DICOM:
// one table.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "client/audit/fhir_parts.h"

namespace renkei::audit {

// As what somebody took part in an event.
struct FhirAgents {
  FhirCode client;
  FhirCode server;
  FhirCode user;
};

struct FhirKind {
  // The profile IHE.BasicAudit.NAME, or Patient and NAME where a patient is
  // concerned; empty where BALP has none.
  absl::string_view balp;
  FhirCode type;
  FhirCode subtype;          // without a code where none is apt
  absl::string_view action;  // C, R, U, D or E
  FhirAgents agents;
  bool is_query = false;      // tells what was asked for, not what was touched
  bool has_policy = true;     // Delete allows its user none
  bool is_emergency = false;  // for the purpose of emergency treatment
};

// Of a number of renkei.v1.AuditEventType; nullptr for one that this program
// does not know.
const FhirKind* FindFhirKind(uint32_t type);

}  // namespace renkei::audit
