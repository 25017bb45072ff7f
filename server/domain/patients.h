// Patients (患者・利用者) as the directory knows them: whom a group may be
// about.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "server/domain/call.h"
#include "server/domain/directory_entries.h"

namespace renkei::domain {

// The record is without its insured number unless the caller is in the
// patient's group or registered the patient.
struct Patient {
  PatientId id;
  storage::v1::PatientRecord record;
};

struct NewPatient {
  NetworkId network;
  std::string insured_number;
  std::string display_name;
  std::string reading;
  std::string birth_date;  // YYYY-MM-DD, a day there was
  std::optional<FacilityId>
      facility;  // that registers; nullopt: the caller's only one
};

struct CreatedPatient {
  Patient patient;
  std::optional<PatientId>
      similar;  // of the same name and birth date, under another number
};

// PATIENT_EXISTS if the insured number is registered; AFFILIATION_MISSING if
// the caller has no affiliation in force with the facility, or several and none
// is named.
absl::StatusOr<CreatedPatient> CreatePatient(WriteCall& call,
                                             const NewPatient& patient);

absl::StatusOr<Patient> GetPatient(ReadCall& call, const NetworkId& network,
                                   const PatientId& patient);

struct InsuredNumber {
  std::string text;
};
struct ExactName {
  std::string text;
};

struct PatientSearch {
  NetworkId network;
  std::variant<InsuredNumber, ExactName> query;
};

// What was looked for goes into the audit event, and every patient found has an
// event.
absl::StatusOr<Page<Patient>> SearchPatients(
    ReadCall& call, const PatientSearch& search,
    const std::optional<PatientId>& after, size_t limit);

}  // namespace renkei::domain
