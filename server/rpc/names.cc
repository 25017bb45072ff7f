#include "server/rpc/names.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/domain/refusal.h"
#include "storage/base/status_macros.h"

namespace renkei::rpc {
namespace {

constexpr size_t kNameBytesMax = 256;

template <typename Tag>
bool ParsePart(absl::string_view text, Id<Tag>& id) {
  const std::optional<Id<Tag>> parsed = Id<Tag>::FromText(text);
  if (!parsed || parsed->IsZero()) {
    return false;
  }
  id = *parsed;
  return true;
}

// Canonical decimal: no sign, no leading zero.
bool ParsePart(absl::string_view text, uint64_t& number) {
  return absl::SimpleAtoi(text, &number) && absl::StrCat(number) == text &&
         number <= INT64_MAX;
}

template <typename Tag>
void AppendPart(const Id<Tag>& id, std::string& name) {
  id.AppendText(name);
}
void AppendPart(uint64_t number, std::string& name) {
  absl::StrAppend(&name, number);
}

// `pattern` names the collections: "networks/groups".
template <typename... Parts>
absl::Status ParseParts(absl::string_view field, absl::string_view text,
                        absl::string_view pattern, Parts&... parts) {
  const std::vector<absl::string_view> collections =
      absl::StrSplit(pattern, '/');
  const std::vector<absl::string_view> pieces = absl::StrSplit(
      text.size() <= kNameBytesMax ? text : absl::string_view(), '/');
  bool whole = pieces.size() == 2 * collections.size();
  size_t place = 0;
  const auto take = [&](auto& part) {
    whole = whole && pieces[2 * place] == collections[place] &&
            ParsePart(pieces[2 * place + 1], part);
    ++place;
  };
  (take(parts), ...);
  if (whole) {
    return absl::OkStatus();
  }
  std::string wanted = "a name of the form ";
  for (const absl::string_view collection : collections) {
    absl::StrAppend(&wanted, collection, "/*",
                    collection == collections.back() ? "" : "/");
  }
  return domain::RefuseField(field, wanted);
}

template <typename... Parts>
std::string FormatParts(absl::string_view pattern, const Parts&... parts) {
  constexpr size_t kPartBytesMax = 28;  // with the slashes before and after
  std::string name;
  name.reserve(pattern.size() + sizeof...(parts) * kPartBytesMax);
  const auto add = [&](const auto& part) {
    const absl::string_view collection = pattern.substr(0, pattern.find('/'));
    absl::StrAppend(&name, name.empty() ? "" : "/", collection, "/");
    AppendPart(part, name);
    pattern.remove_prefix(std::min(collection.size() + 1, pattern.size()));
  };
  (add(parts), ...);
  return name;
}

constexpr absl::string_view kNetwork = "networks";
constexpr absl::string_view kFacility = "networks/facilities";
constexpr absl::string_view kPerson = "networks/people";
constexpr absl::string_view kAffiliation = "networks/people/affiliations";
constexpr absl::string_view kRoleGrant = "networks/people/roleGrants";
constexpr absl::string_view kSession = "networks/people/sessions";
constexpr absl::string_view kPatient = "networks/patients";
constexpr absl::string_view kGroup = "networks/groups";
constexpr absl::string_view kMember = "networks/groups/members";
constexpr absl::string_view kInvitation = "networks/groups/invitations";
constexpr absl::string_view kConsent = "networks/groups/consents";
constexpr absl::string_view kMessage = "networks/groups/messages";
constexpr absl::string_view kAuditEvent = "networks/auditEvents";

}  // namespace

absl::StatusOr<NetworkName> ParseNetworkName(absl::string_view field,
                                             absl::string_view text) {
  NetworkName name;
  RETURN_IF_ERROR(ParseParts(field, text, kNetwork, name.network));
  return name;
}
absl::StatusOr<FacilityName> ParseFacilityName(absl::string_view field,
                                               absl::string_view text) {
  FacilityName name;
  RETURN_IF_ERROR(
      ParseParts(field, text, kFacility, name.network, name.facility));
  return name;
}
absl::StatusOr<PersonName> ParsePersonName(absl::string_view field,
                                           absl::string_view text) {
  PersonName name;
  RETURN_IF_ERROR(ParseParts(field, text, kPerson, name.network, name.person));
  return name;
}
absl::StatusOr<AffiliationName> ParseAffiliationName(absl::string_view field,
                                                     absl::string_view text) {
  AffiliationName name;
  RETURN_IF_ERROR(ParseParts(field, text, kAffiliation, name.network,
                             name.person, name.affiliation));
  return name;
}
absl::StatusOr<RoleGrantName> ParseRoleGrantName(absl::string_view field,
                                                 absl::string_view text) {
  RoleGrantName name;
  RETURN_IF_ERROR(ParseParts(field, text, kRoleGrant, name.network, name.person,
                             name.grant));
  return name;
}
absl::StatusOr<SessionName> ParseSessionName(absl::string_view field,
                                             absl::string_view text) {
  SessionName name;
  RETURN_IF_ERROR(ParseParts(field, text, kSession, name.network, name.person,
                             name.session));
  return name;
}
absl::StatusOr<PatientName> ParsePatientName(absl::string_view field,
                                             absl::string_view text) {
  PatientName name;
  RETURN_IF_ERROR(
      ParseParts(field, text, kPatient, name.network, name.patient));
  return name;
}
absl::StatusOr<GroupName> ParseGroupName(absl::string_view field,
                                         absl::string_view text) {
  GroupName name;
  RETURN_IF_ERROR(ParseParts(field, text, kGroup, name.network, name.group));
  return name;
}
absl::StatusOr<MemberName> ParseMemberName(absl::string_view field,
                                           absl::string_view text) {
  MemberName name;
  RETURN_IF_ERROR(
      ParseParts(field, text, kMember, name.network, name.group, name.person));
  return name;
}
absl::StatusOr<InvitationName> ParseInvitationName(absl::string_view field,
                                                   absl::string_view text) {
  InvitationName name;
  RETURN_IF_ERROR(ParseParts(field, text, kInvitation, name.network, name.group,
                             name.invitation));
  return name;
}
absl::StatusOr<ConsentName> ParseConsentName(absl::string_view field,
                                             absl::string_view text) {
  ConsentName name;
  RETURN_IF_ERROR(ParseParts(field, text, kConsent, name.network, name.group,
                             name.consent));
  return name;
}
absl::StatusOr<MessageName> ParseMessageName(absl::string_view field,
                                             absl::string_view text) {
  MessageName name;
  RETURN_IF_ERROR(ParseParts(field, text, kMessage, name.network, name.group,
                             name.sequence));
  return name;
}
absl::StatusOr<AuditEventName> ParseAuditEventName(absl::string_view field,
                                                   absl::string_view text) {
  AuditEventName name;
  RETURN_IF_ERROR(
      ParseParts(field, text, kAuditEvent, name.network, name.index));
  return name;
}

std::string Format(const NetworkName& name) {
  return FormatParts(kNetwork, name.network);
}
std::string Format(const FacilityName& name) {
  return FormatParts(kFacility, name.network, name.facility);
}
std::string Format(const PersonName& name) {
  return FormatParts(kPerson, name.network, name.person);
}
std::string Format(const AffiliationName& name) {
  return FormatParts(kAffiliation, name.network, name.person, name.affiliation);
}
std::string Format(const RoleGrantName& name) {
  return FormatParts(kRoleGrant, name.network, name.person, name.grant);
}
std::string Format(const SessionName& name) {
  return FormatParts(kSession, name.network, name.person, name.session);
}
std::string Format(const PatientName& name) {
  return FormatParts(kPatient, name.network, name.patient);
}
std::string Format(const GroupName& name) {
  return FormatParts(kGroup, name.network, name.group);
}
std::string Format(const MemberName& name) {
  return FormatParts(kMember, name.network, name.group, name.person);
}
std::string Format(const InvitationName& name) {
  return FormatParts(kInvitation, name.network, name.group, name.invitation);
}
std::string Format(const ConsentName& name) {
  return FormatParts(kConsent, name.network, name.group, name.consent);
}
std::string Format(const MessageName& name) {
  return FormatParts(kMessage, name.network, name.group, name.sequence);
}
std::string Format(const AuditEventName& name) {
  return FormatParts(kAuditEvent, name.network, name.index);
}

google::protobuf::Timestamp ToTimestamp(int64_t micros) {
  google::protobuf::Timestamp time;
  time.set_seconds(micros / 1'000'000);
  time.set_nanos(static_cast<int32_t>(micros % 1'000'000) * 1000);
  return time;
}

absl::StatusOr<absl::Time> ParseTime(absl::string_view field,
                                     const google::protobuf::Timestamp& time) {
  constexpr int64_t kSecondsMax = 253402300799;  // the last second of year 9999
  if (time.seconds() < 0 || time.seconds() > kSecondsMax || time.nanos() < 0 ||
      time.nanos() > 999'999'999) {
    return domain::RefuseField(field, "a time between the years 1970 and 9999");
  }
  return absl::FromUnixSeconds(time.seconds()) +
         absl::Nanoseconds(time.nanos());
}

}  // namespace renkei::rpc
