// A patient's own report (開示): everybody who had to do with the patient's
// information, for the patient to keep, in Japanese and in Japan's time.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "client/command.h"
#include "renkei/v1/audit.pb.h"
#include "renkei/v1/directory.pb.h"

namespace renkei::client {

struct Disclosure {
  v1::Patient patient;  // without a name where the issuer may not see it
  v1::Network network;
  v1::Person issuer;
  std::optional<absl::Time> from;   // nothing: from the log's beginning
  std::optional<absl::Time> until;  // nothing: until it was issued
  absl::Time issued_at;
  v1::AuditReport accesses;   // to the question PATIENT_ACCESS
  v1::AuditReport denials;    // to the question DENIALS, about the patient
  v1::Checkpoint checkpoint;  // fetched after both
  std::map<std::string, std::string> professions;  // Japanese names by code
};

// For a spreadsheet. Begins with a byte order mark, without which Excel takes
// the Japanese for something else.
std::string DisclosureCsv(const Disclosure& disclosure);

// An HTML page to print on A4. It loads nothing and runs nothing.
std::string DisclosurePage(const Disclosure& disclosure);

// ---- what both say ----

// "患者情報の閲覧、投稿の閲覧".
std::string ActionsText(const v1::AuditFinding& finding);

// Who it was: name, profession and facility; what is not known is said to be.
struct DisclosedPerson {
  std::string name;
  std::string profession;
  std::string facility;
};
DisclosedPerson PersonOf(const v1::AuditFinding& finding,
                         const Disclosure& disclosure);

// The number of an event in the log, out of its resource name.
std::string EventNumber(const std::string& event);

absl::TimeZone JapanTimeZone();

}  // namespace renkei::client
