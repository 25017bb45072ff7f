#include "server/domain/patients.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "server/domain/audit.h"
#include "server/domain/authorize.h"
#include "server/domain/refusal.h"
#include "server/domain/standing.h"
#include "server/domain/text.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::v1::Affiliation;
using storage::v1::PatientRecord;

constexpr absl::string_view kNumberKind = "insured-number";
constexpr absl::string_view kNameKind = "patient-name";

// So many of one name are looked at for one of the same birth date.
constexpr size_t kNamesakesMax = 100;

absl::StatusOr<Hash32> NumberHash(const ReadCall& call,
                                  const NetworkId& network,
                                  absl::string_view number) {
  return LookupHash(call, network, kNumberKind, FoldNumber(number));
}

absl::StatusOr<Hash32> NameHash(const ReadCall& call, const NetworkId& network,
                                absl::string_view name) {
  return LookupHash(call, network, kNameKind, FoldName(name));
}

absl::StatusOr<std::vector<PatientId>> PatientsNamed(
    const ReadCall& call, const NetworkId& network, const Hash32& name,
    const std::optional<PatientId>& after, size_t limit) {
  storage::KeyRange range =
      storage::KeysUnder(storage::kPatientNames, network, name);
  if (after) {
    range = KeysAfter(storage::kPatientNames, std::move(range),
                      {network, name, *after});
  }
  std::vector<PatientId> patients;
  RETURN_IF_ERROR(call.view.Scan(
      storage::kPatientNames, range, storage::Direction::kForward,
      [&](const storage::PatientNameKey& key, const storage::v1::Mark&) {
        patients.push_back(key.patient);
        return patients.size() < limit;
      }));
  return patients;
}

// By which the caller registers somebody.
absl::StatusOr<Affiliation> RegisteringAffiliation(
    const ReadCall& call, const std::optional<FacilityId>& facility) {
  ASSIGN_OR_RETURN(const auto actor, ActorOf(call));
  const Affiliation* chosen = nullptr;
  for (const Affiliation& affiliation : actor.affiliations()) {
    if (!InForce(affiliation, call.now) ||
        (facility && affiliation.facility() != facility->bytes())) {
      continue;
    }
    if (chosen == nullptr) {
      chosen = &affiliation;
    } else if (chosen->facility() != affiliation.facility()) {
      chosen = nullptr;
      break;
    }
  }
  if (chosen == nullptr) {
    const Caller& caller = CallerOf(call);
    return Refuse(absl::StatusCode::kFailedPrecondition,
                  Reason::kAffiliationMissing,
                  "no affiliation in force with the facility, or several and "
                  "none was named",
                  {{"person", PersonResource(caller.network, caller.person)}});
  }
  return *chosen;
}

absl::Status CheckBirthDate(const ReadCall& call, absl::string_view date) {
  // It is never earlier anywhere than in UTC+14.
  const absl::CivilDay latest =
      absl::ToCivilDay(call.now + absl::Hours(14), absl::UTCTimeZone());
  return date <= absl::FormatCivilTime(latest)
             ? absl::OkStatus()
             : RefuseField("patient.birth_date", "not in the future");
}

absl::Status TakeNumber(WriteCall& call, const NewPatient& patient,
                        const PatientId& id) {
  ASSIGN_OR_RETURN(const Hash32 hash,
                   NumberHash(call, patient.network, patient.insured_number));
  ASSIGN_OR_RETURN(const auto taken, call.tx.Find(storage::kInsuredNumbers,
                                                  {patient.network, hash}));
  if (taken) {
    const PatientId other = *PatientId::FromBytes(taken->patient());
    return Refuse(absl::StatusCode::kAlreadyExists, Reason::kPatientExists,
                  "a patient with this insured number is registered",
                  {{"patient", PatientResource(patient.network, other)}});
  }
  storage::v1::PatientRef ref;
  ref.set_patient(std::string(id.bytes()));
  return call.tx.Put(storage::kInsuredNumbers, {patient.network, hash}, ref);
}

absl::StatusOr<std::optional<PatientId>> FindSimilar(const ReadCall& call,
                                                     const NewPatient& patient,
                                                     const Hash32& name) {
  std::optional<PatientId> similar;
  ASSIGN_OR_RETURN(
      const std::vector<PatientId> namesakes,
      PatientsNamed(call, patient.network, name, std::nullopt, kNamesakesMax));
  for (const PatientId& namesake : namesakes) {
    ASSIGN_OR_RETURN(
        const PatientRecord record,
        call.view.Get(storage::kPatients, {patient.network, namesake}));
    if (record.birth_date() == patient.birth_date) {
      similar = namesake;
      break;
    }
  }
  return similar;
}

// What the facts about each patient leave in the note belongs to no event.
absl::StatusOr<Patient> Shown(ReadCall& call, const NetworkId& network,
                              const PatientId& id) {
  ASSIGN_OR_RETURN(PatientRecord record,
                   call.view.Get(storage::kPatients, {network, id}));
  AuditNote kept = call.note;
  const absl::StatusOr<Facts> facts =
      FactsAbout(call, {.network = network, .patient = id});
  call.note = std::move(kept);
  RETURN_IF_ERROR(facts.status());
  if ((facts->relations & (kMember | kRegistrar)) == 0) {
    record.clear_insured_number();
  }
  return Patient{id, std::move(record)};
}

absl::StatusOr<std::vector<PatientId>> Matches(
    ReadCall& call, const PatientSearch& search,
    const std::optional<PatientId>& after, size_t limit) {
  if (const auto* number = std::get_if<InsuredNumber>(&search.query)) {
    call.note.details.emplace_back("insured_number", number->text);
    ASSIGN_OR_RETURN(const Hash32 hash,
                     NumberHash(call, search.network, number->text));
    ASSIGN_OR_RETURN(const auto found, call.view.Find(storage::kInsuredNumbers,
                                                      {search.network, hash}));
    std::vector<PatientId> patients;
    if (found) {
      patients.push_back(*PatientId::FromBytes(found->patient()));
    }
    return patients;
  }
  const std::string& name = std::get<ExactName>(search.query).text;
  call.note.details.emplace_back("exact_name", name);
  ASSIGN_OR_RETURN(const Hash32 hash, NameHash(call, search.network, name));
  return PatientsNamed(call, search.network, hash, after, limit);
}

void AuditFound(ReadCall& call, const std::vector<Patient>& found) {
  call.note.details.emplace_back("found", absl::StrCat(found.size()));
  for (const Patient& patient : found) {
    NoteSubject(call.note, {.patient = patient.id});
  }
}

}  // namespace

absl::StatusOr<CreatedPatient> CreatePatient(WriteCall& call,
                                             const NewPatient& patient) {
  RETURN_IF_ERROR(
      Authorize(call, Action::kCreatePatient, {.network = patient.network}));
  ASSIGN_OR_RETURN(const Affiliation affiliation,
                   RegisteringAffiliation(call, patient.facility));
  RETURN_IF_ERROR(CheckBirthDate(call, patient.birth_date));
  CreatedPatient created;
  const PatientId id = call.tx.NewId<PatientId>();
  RETURN_IF_ERROR(TakeNumber(call, patient, id));
  ASSIGN_OR_RETURN(const Hash32 name,
                   NameHash(call, patient.network, patient.display_name));
  ASSIGN_OR_RETURN(created.similar, FindSimilar(call, patient, name));

  const int64_t now = absl::ToUnixMicros(call.now);
  PatientRecord record;
  record.set_display_name(patient.display_name);
  record.set_display_name_reading(patient.reading);
  record.set_birth_date(patient.birth_date);
  record.set_insured_number(patient.insured_number);
  record.set_revision(1);
  record.set_created_at_micros(now);
  record.set_updated_at_micros(now);
  record.set_created_by(std::string(CallerOf(call).person.bytes()));
  record.set_registered_facility(affiliation.facility());
  RETURN_IF_ERROR(
      call.tx.Put(storage::kPatients, {patient.network, id}, record));
  RETURN_IF_ERROR(call.tx.Put(storage::kPatientNames,
                              {patient.network, name, id},
                              storage::v1::Mark()));
  call.note.patient = id;
  call.note.actor_affiliation =
      *AffiliationId::FromBytes(affiliation.affiliation());
  call.note.actor_facility = *FacilityId::FromBytes(affiliation.facility());
  call.note.actor_profession = affiliation.profession();
  created.patient = {id, std::move(record)};
  return created;
}

absl::StatusOr<Patient> GetPatient(ReadCall& call, const NetworkId& network,
                                   const PatientId& patient) {
  RETURN_IF_ERROR(Authorize(call, Action::kGetPatient,
                            {.network = network, .patient = patient}));
  ASSIGN_OR_RETURN(const auto found,
                   call.view.Find(storage::kPatients, {network, patient}));
  if (!found) {
    return RefuseUnknown();
  }
  return Shown(call, network, patient);
}

absl::StatusOr<Page<Patient>> SearchPatients(
    ReadCall& call, const PatientSearch& search,
    const std::optional<PatientId>& after, size_t limit) {
  RETURN_IF_ERROR(
      Authorize(call, Action::kSearchPatients, {.network = search.network}));
  ASSIGN_OR_RETURN(const std::vector<PatientId> matches,
                   Matches(call, search, after, limit + 1));
  Page<Patient> page;
  for (const PatientId& match : matches) {
    page.more = page.items.size() == limit;
    if (page.more) {
      break;
    }
    ASSIGN_OR_RETURN(Patient patient, Shown(call, search.network, match));
    page.items.push_back(std::move(patient));
  }
  AuditFound(call, page.items);
  return page;
}

}  // namespace renkei::domain
