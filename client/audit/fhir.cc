#include "client/audit/fhir.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/audit/fhir_kinds.h"
#include "client/audit/fhir_parts.h"
#include "client/audit/json.h"
#include "client/audit/options.h"
#include "client/audit/proof.h"
#include "storage/base/status_macros.h"

namespace renkei::audit {
namespace {

using storage::v1::AuditLeaf;

// What no standard has a name for has one of ours; docs/AUDITING.md lists them.
constexpr absl::string_view kNameSystem = "urn:renkei:name";
constexpr absl::string_view kLogSystem = "urn:renkei:log";
constexpr absl::string_view kTypeSystem = "urn:renkei:audit-event-type";
constexpr absl::string_view kProfessionSystem = "urn:renkei:profession";
constexpr absl::string_view kLogEntryUrl = "urn:renkei:log-entry";

constexpr FhirCode kFacility = {
    "http://terminology.hl7.org/CodeSystem/v3-RoleClass", "PROV",
    "healthcare provider"};
constexpr FhirCode kEmergency = {
    "http://terminology.hl7.org/CodeSystem/v3-ActReason", "ETREAT",
    "Emergency Treatment"};
constexpr FhirCode kApplicationServer = {
    "http://terminology.hl7.org/CodeSystem/security-source-type", "4",
    "Application Server"};
constexpr FhirCode kCorrelation = {
    "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType",
    "XrequestId", ""};

constexpr FhirCode EntityType(absl::string_view code,
                              absl::string_view display) {
  return {"http://terminology.hl7.org/CodeSystem/audit-entity-type", code,
          display};
}
constexpr FhirCode ObjectRole(absl::string_view code,
                              absl::string_view display) {
  return {"http://terminology.hl7.org/CodeSystem/object-role", code, display};
}
constexpr FhirCode ResourceType(absl::string_view code) {
  return {"http://hl7.org/fhir/resource-types", code, code};
}
constexpr FhirCode Part(absl::string_view code) {
  return {"urn:renkei:part", code, ""};
}

std::string Named(absl::string_view name) {
  return FhirIdentified("", kNameSystem, name);
}

// One event on its way to a resource.
class Resource {
 public:
  Resource(const Hash32& hash, const AuditLeaf& leaf, absl::string_view origin,
           const FhirKind& kind)
      : hash_(hash), leaf_(leaf), origin_(origin), kind_(kind) {}

  // `query` is what was asked for, where the kind is a query.
  std::string Write(absl::string_view query) const {
    return JsonObject(
        {{"resourceType", JsonString("AuditEvent")},
         {"id", JsonString(absl::BytesToHexString(hash_.bytes()))},
         {"meta", Meta()},
         {"extension", JsonArray({LogEntry()})},
         {"type", FhirCoding(kind_.type)},
         {"subtype", JsonArray({FhirCoding(kind_.subtype)})},
         {"action", JsonString(kind_.action)},
         {"recorded",
          JsonString(absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ",
                                      absl::FromUnixMicros(leaf_.time_micros()),
                                      absl::UTCTimeZone()))},
         {"outcome", JsonString(Outcome())},
         {"outcomeDesc", FhirText(leaf_.reason())},
         {"purposeOfEvent", Purpose()},
         {"agent", Agents()},
         {"source",
          JsonObject({{"observer", Server()},
                      {"type", JsonArray({FhirCoding(kApplicationServer)})}})},
         {"entity", Entities(query)}});
  }

 private:
  bool IsAllowed() const {
    return leaf_.outcome() == storage::v1::AUDIT_OUTCOME_ALLOWED;
  }

  // Minor or serious failure; there is no code for a refusal.
  absl::string_view Outcome() const {
    return IsAllowed()                                            ? "0"
           : leaf_.outcome() == storage::v1::AUDIT_OUTCOME_DENIED ? "8"
                                                                  : "4";
  }

  // BALP's profiles are of what succeeded, and of what a client did.
  std::string Profile() const {
    return kind_.balp.empty() || !IsAllowed() || leaf_.session().empty()
               ? ""
               : JsonString(absl::StrCat(
                     "https://profiles.ihe.net/ITI/BALP/StructureDefinition/"
                     "IHE.BasicAudit.",
                     leaf_.patient().empty() ? "" : "Patient", kind_.balp));
  }

  std::string Meta() const {
    return JsonObject(
        {{"profile", JsonArray({Profile()})},
         {"tag",
          JsonArray({FhirCoding({kTypeSystem, TypeName(leaf_.type()), ""})})}});
  }

  // The way back to the proof; and how many more denials this one stands for.
  std::string LogEntry() const {
    const auto part = [](absl::string_view url, absl::string_view type,
                         absl::string_view value) {
      return JsonObject({{"url", JsonString(url)}, {type, JsonString(value)}});
    };
    const uint32_t folded = leaf_.folded_denials();
    return JsonObject(
        {{"url", JsonString(kLogEntryUrl)},
         {"extension",
          JsonArray({part("origin", "valueString", origin_),
                     part("index", "valueString", absl::StrCat(leaf_.index())),
                     part("leafHash", "valueBase64Binary",
                          absl::Base64Escape(hash_.bytes())),
                     folded == 0 ? ""
                                 : part("foldedDenials", "valueString",
                                        absl::StrCat(folded))})}});
  }

  std::string Purpose() const {
    return kind_.is_emergency ? JsonArray({FhirConcept(kEmergency)}) : "";
  }

  // ---- who ----

  std::string Name(absl::string_view collection, const std::string& id) const {
    return id.empty() ? ""
                      : absl::StrCat("networks/", FormatId(leaf_.network()),
                                     "/", collection, "/", FormatId(id));
  }

  std::string Server() const { return FhirIdentified("", kLogSystem, origin_); }

  std::string Session() const {
    return leaf_.session().empty()
               ? ""
               : absl::StrCat(Name("people", leaf_.actor()), "/sessions/",
                              FormatId(leaf_.session()));
  }

  // The session and the rule that decided, as BALP has it for tokens.
  std::string Policies() const {
    if (!kind_.has_policy) {
      return "";
    }
    const std::string session = FormatId(leaf_.session());
    return JsonArray(
        {session.empty()
             ? ""
             : JsonString(absl::StrCat("urn:renkei:session:", session)),
         leaf_.rule().empty() ? ""
                              : JsonString(absl::StrCat(
                                    "urn:renkei:rule:", leaf_.policy_version(),
                                    ":", leaf_.action(), ":", leaf_.rule()))});
  }

  std::string User() const {
    return JsonObject(
        {{"type", FhirConcept(kind_.agents.user)},
         {"role",
          JsonArray({leaf_.actor_profession().empty()
                         ? ""
                         : FhirConcept({kProfessionSystem,
                                        leaf_.actor_profession(), ""})})},
         {"who", Named(Name("people", leaf_.actor()))},
         {"requestor", FhirBoolean(true)},
         {"policy", Policies()},
         {"purposeOfUse", Purpose()}});
  }

  std::string Agents() const {
    const bool has_user = !leaf_.actor().empty();
    const bool has_client =
        !leaf_.session().empty() || !leaf_.client_address().empty();
    const std::string facility =
        Named(Name("facilities", leaf_.actor_facility()));
    return JsonArray(
        {has_user ? User() : "",
         has_client
             ? JsonObject({{"type", FhirConcept(kind_.agents.client)},
                           {"who", Named(Session())},
                           {"requestor", FhirBoolean(!has_user)},
                           {"network", FhirNetwork(leaf_.client_address())}})
             : "",
         JsonObject({{"type", FhirConcept(kind_.agents.server)},
                     {"who", Server()},
                     {"requestor", FhirBoolean(!has_user && !has_client)},
                     {"network", FhirNetwork("")}}),
         facility.empty() ? ""
                          : JsonObject({{"type", FhirConcept(kFacility)},
                                        {"who", facility},
                                        {"requestor", FhirBoolean(false)}})});
  }

  // ---- what ----

  std::string Group() const { return Name("groups", leaf_.group()); }

  // The most particular thing that the event was about.
  std::string Object() const {
    if (!leaf_.target().empty()) {
      return leaf_.target();
    }
    if (leaf_.first_message() != 0 &&
        leaf_.first_message() == leaf_.last_message()) {
      return absl::StrCat(Group(), "/messages/", leaf_.first_message());
    }
    for (const auto& name : {Group(), Name("patients", leaf_.patient()),
                             Name("people", leaf_.target_person()),
                             Name("facilities", leaf_.target_facility())}) {
      if (!name.empty()) {
        return name;
      }
    }
    return leaf_.network().empty()
               ? ""
               : absl::StrCat("networks/", FormatId(leaf_.network()));
  }

  std::string Details() const {
    const auto number = [](absl::string_view type, uint64_t value) {
      return value == 0 ? ""
                        : JsonObject({{"type", JsonString(type)},
                                      {"valueString",
                                       JsonString(absl::StrCat(value))}});
    };
    return JsonArray({number("first_message", leaf_.first_message()),
                      number("last_message", leaf_.last_message()),
                      number("messages", leaf_.messages())});
  }

  std::string Subject(absl::string_view query) const {
    constexpr FhirCode kObject = EntityType("2", "System Object");
    if (kind_.is_query) {
      return JsonObject({{"type", FhirCoding(kObject)},
                         {"role", FhirCoding(ObjectRole("24", "Query"))},
                         {"query", FhirText(absl::Base64Escape(query))}});
    }
    const std::string what = Named(Object());
    return what.empty()
               ? ""
               : JsonObject(
                     {{"what", what},
                      {"type", FhirCoding(kObject)},
                      {"role", FhirCoding(ObjectRole("4", "Domain Resource"))},
                      {"detail", Details()}});
  }

  std::string Patient() const {
    const std::string what = FhirIdentified("Patient", kNameSystem,
                                            Name("patients", leaf_.patient()));
    return what.empty()
               ? ""
               : JsonObject({{"what", what},
                             {"type", FhirCoding(EntityType("1", "Person"))},
                             {"role", FhirCoding(ObjectRole("1", "Patient"))}});
  }

  // Empty for what stands there as the subject already.
  std::string Further(absl::string_view name, absl::string_view resource_type,
                      absl::string_view part) const {
    return name.empty() || (!kind_.is_query && name == Object())
               ? ""
               : JsonObject({{"what", Named(name)},
                             {"type", FhirCoding(ResourceType(resource_type))},
                             {"role", FhirCoding(Part(part))}});
  }

  std::string Entities(absl::string_view query) const {
    return JsonArray(
        {Subject(query), Patient(), Further(Group(), "CareTeam", "group"),
         Further(Name("people", leaf_.target_person()), "Practitioner",
                 "target_person"),
         Further(Name("facilities", leaf_.target_facility()), "Organization",
                 "target_facility"),
         Further(Name("facilities", leaf_.hosting_facility()), "Organization",
                 "hosting_facility"),
         leaf_.correlation_id().empty()
             ? ""
             : JsonObject(
                   {{"what", FhirIdentified("", "", leaf_.correlation_id())},
                    {"type", FhirCoding(kCorrelation)}})});
  }

  const Hash32 hash_;
  const AuditLeaf& leaf_;
  const absl::string_view origin_;
  const FhirKind& kind_;
};

// What was asked for: the action, and by what was searched. The words searched
// for are personal details: they stay in the log, where they can be erased.
absl::StatusOr<std::string> QueryText(const ExportedEvent& event,
                                      const AuditLeaf& leaf) {
  storage::v1::AuditDetails details;
  if (!details.ParseFromString(event.details)) {
    return absl::InvalidArgumentError("its details are none");
  }
  std::string text = leaf.action();
  for (const absl::string_view criterion : {"insured_number", "exact_name"}) {
    if (details.values().contains(std::string(criterion))) {
      absl::StrAppend(&text, "?", criterion);
    }
  }
  return text;
}

}  // namespace

absl::StatusOr<std::string> FhirAuditEvent(const ExportedEvent& event,
                                           const AuditLeaf& leaf,
                                           absl::string_view origin) {
  const FhirKind* kind = FindFhirKind(leaf.type());
  if (kind == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("events of type ", leaf.type(),
                     " are unknown to this program: take a newer one"));
  }
  std::string query;
  if (kind->is_query) {
    ASSIGN_OR_RETURN(query, QueryText(event, leaf));
  }
  const Hash32 hash = LeafHash(event.leaf);
  if (hash != event.leaf_hash) {
    return absl::InvalidArgumentError(
        "its hash is not that of its bytes: verify the export");
  }
  return Resource(hash, leaf, origin, *kind).Write(query);
}

}  // namespace renkei::audit
