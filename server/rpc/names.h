// Resource names of the API: "networks/{network}/groups/{group}" and so on.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "storage/base/id.h"

namespace renkei::rpc {

// Parsed names. A name that has not this form is INVALID_ARGUMENT for `field`.
struct NetworkName {
  NetworkId network;
};
struct FacilityName {
  NetworkId network;
  FacilityId facility;
};
struct PersonName {
  NetworkId network;
  PersonId person;
};
struct AffiliationName {
  NetworkId network;
  PersonId person;
  AffiliationId affiliation;
};
struct RoleGrantName {
  NetworkId network;
  PersonId person;
  RoleGrantId grant;
};
struct SessionName {
  NetworkId network;
  PersonId person;
  SessionId session;
};
struct PatientName {
  NetworkId network;
  PatientId patient;
};
struct GroupName {
  NetworkId network;
  GroupId group;
};
struct MemberName {
  NetworkId network;
  GroupId group;
  PersonId person;
};
struct InvitationName {
  NetworkId network;
  GroupId group;
  InvitationId invitation;
};
struct ConsentName {
  NetworkId network;
  GroupId group;
  ConsentId consent;
};
struct MessageName {
  NetworkId network;
  GroupId group;
  uint64_t sequence = 0;  // from 1
};
struct AuditEventName {
  NetworkId network;
  uint64_t index = 0;  // from 0
};

absl::StatusOr<NetworkName> ParseNetworkName(absl::string_view field,
                                             absl::string_view text);
absl::StatusOr<FacilityName> ParseFacilityName(absl::string_view field,
                                               absl::string_view text);
absl::StatusOr<PersonName> ParsePersonName(absl::string_view field,
                                           absl::string_view text);
absl::StatusOr<AffiliationName> ParseAffiliationName(absl::string_view field,
                                                     absl::string_view text);
absl::StatusOr<RoleGrantName> ParseRoleGrantName(absl::string_view field,
                                                 absl::string_view text);
absl::StatusOr<SessionName> ParseSessionName(absl::string_view field,
                                             absl::string_view text);
absl::StatusOr<PatientName> ParsePatientName(absl::string_view field,
                                             absl::string_view text);
absl::StatusOr<GroupName> ParseGroupName(absl::string_view field,
                                         absl::string_view text);
absl::StatusOr<MemberName> ParseMemberName(absl::string_view field,
                                           absl::string_view text);
absl::StatusOr<InvitationName> ParseInvitationName(absl::string_view field,
                                                   absl::string_view text);
absl::StatusOr<ConsentName> ParseConsentName(absl::string_view field,
                                             absl::string_view text);
absl::StatusOr<MessageName> ParseMessageName(absl::string_view field,
                                             absl::string_view text);
absl::StatusOr<AuditEventName> ParseAuditEventName(absl::string_view field,
                                                   absl::string_view text);

std::string Format(const NetworkName& name);
std::string Format(const FacilityName& name);
std::string Format(const PersonName& name);
std::string Format(const AffiliationName& name);
std::string Format(const RoleGrantName& name);
std::string Format(const SessionName& name);
std::string Format(const PatientName& name);
std::string Format(const GroupName& name);
std::string Format(const MemberName& name);
std::string Format(const InvitationName& name);
std::string Format(const ConsentName& name);
std::string Format(const MessageName& name);
std::string Format(const AuditEventName& name);

// Microseconds on disk; 0 is no time and leaves `out` unset when used through
// SetTime.
google::protobuf::Timestamp ToTimestamp(int64_t micros);
// INVALID_ARGUMENT outside of years 1970 to 9999.
absl::StatusOr<absl::Time> ParseTime(absl::string_view field,
                                     const google::protobuf::Timestamp& time);

}  // namespace renkei::rpc
