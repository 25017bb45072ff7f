// A made-up audit log with events of every type, those without a producer yet
// among them, and its export.
#pragma once

#include <string>
#include <vector>

#include "renkei/storage/v1/records.pb.h"
#include "renkei/v1/audit_event_type.pb.h"

namespace renkei::testing {

// Of the log.
std::string MadeUpOrigin();

// Every type that can be in a log.
std::vector<v1::AuditEventType> EventTypes();

// Somebody's event about a patient, with all that its type can have.
storage::v1::AuditLeaf FullEvent(v1::AuditEventType type);

// Of each type: full; without a patient; denied; failed before anybody was
// proven; of the server itself. Always the same.
std::vector<storage::v1::AuditLeaf> EveryEvent();

// What the full search for a patient commits to.
std::string SearchDetails();

// The file that the server would write, signed with a key of its own.
std::string ExportOf(const std::vector<storage::v1::AuditLeaf>& leaves);

}  // namespace renkei::testing
