#include "client/audit/fhir_parts.h"

#include "client/audit/json.h"

namespace renkei::audit {

std::string FhirText(absl::string_view text) {
  return text.empty() ? "" : JsonString(text);
}

std::string FhirBoolean(bool value) { return value ? "true" : "false"; }

std::string FhirCoding(const FhirCode& code) {
  return code.code.empty() ? ""
                           : JsonObject({{"system", JsonString(code.system)},
                                         {"code", JsonString(code.code)},
                                         {"display", FhirText(code.display)}});
}

std::string FhirConcept(const FhirCode& code) {
  return JsonObject({{"coding", JsonArray({FhirCoding(code)})}});
}

std::string FhirIdentified(absl::string_view type, absl::string_view system,
                           absl::string_view value) {
  return value.empty()
             ? ""
             : JsonObject({{"type", FhirText(type)},
                           {"identifier",
                            JsonObject({{"system", FhirText(system)},
                                        {"value", JsonString(value)}})}});
}

std::string FhirNetwork(absl::string_view address) {
  if (!address.empty()) {
    return JsonObject(
        {{"address", JsonString(address)}, {"type", JsonString("2")}});
  }
  return JsonObject(
      {{"extension",
        JsonArray({JsonObject(
            {{"url", JsonString("http://hl7.org/fhir/StructureDefinition/"
                                "data-absent-reason")},
             {"valueCode", JsonString("unknown")}})})}});
}

}  // namespace renkei::audit
