// Everything on disk, on one page. A prefix, a key's parts and their order are
// for ever.
#pragma once

#include <array>
#include <cstdint>
#include <tuple>

#include "absl/time/time.h"
#include "renkei/storage/v1/records.pb.h"
#include "storage/base/hash32.h"
#include "storage/base/id.h"
#include "storage/group_head.h"
#include "storage/table.h"

namespace renkei::storage {

// A store of a later format is refused at start. One of an earlier format reads
// well and has this one from then on, as programs of before would misread it: 2
// has heads that lag behind their group's messages.
inline constexpr uint32_t kFormat = 2;
inline constexpr uint32_t kFormatMin = 1;

// A stream of events is a group's or a person's; an audit index has a subject
// of any kind.
using StreamId = Id<struct StreamTag>;
using SubjectId = Id<struct SubjectTag>;
template <typename Tag>
StreamId StreamOf(const Id<Tag>& id) {
  return *StreamId::FromBytes(id.bytes());
}
template <typename Tag>
SubjectId SubjectOf(const Id<Tag>& id) {
  return *SubjectId::FromBytes(id.bytes());
}

enum class AuditIndexKind : uint8_t {
  kActor = 1,
  kPatient = 2,
  kFacility = 3,
  kType = 4,
  kGroup = 5
};

inline constexpr uint64_t kReceiptBlockMessages = 64;

struct NetworkKey {
  NetworkId network;
  auto parts() const { return std::tie(network); }
};
struct FacilityKey {
  NetworkId network;
  FacilityId facility;
  auto parts() const { return std::tie(network, facility); }
};
struct PersonKey {
  NetworkId network;
  PersonId person;
  auto parts() const { return std::tie(network, person); }
};
struct FacilityPersonKey {
  NetworkId network;
  FacilityId facility;
  PersonId person;
  auto parts() const { return std::tie(network, facility, person); }
};
struct NetworkHashKey {  // keyed hash (HMAC) of a login, an insured number …
  NetworkId network;
  Hash32 hash;
  auto parts() const { return std::tie(network, hash); }
};
struct PatientKey {
  NetworkId network;
  PatientId patient;
  auto parts() const { return std::tie(network, patient); }
};
struct PatientNameKey {
  NetworkId network;
  Hash32 name;
  PatientId patient;
  auto parts() const { return std::tie(network, name, patient); }
};
struct TokenKey {
  Hash32 token;  // SHA-256 of the token
  auto parts() const { return std::tie(token); }
};
struct SessionKey {
  NetworkId network;
  SessionId session;
  auto parts() const { return std::tie(network, session); }
};
struct PersonSessionKey {
  NetworkId network;
  PersonId person;
  SessionId session;
  auto parts() const { return std::tie(network, person, session); }
};
struct GroupKey {
  NetworkId network;
  GroupId group;
  auto parts() const { return std::tie(network, group); }
};
struct GroupPersonKey {
  NetworkId network;
  GroupId group;
  PersonId person;
  auto parts() const { return std::tie(network, group, person); }
};
struct PersonGroupKey {
  NetworkId network;
  PersonId person;
  GroupId group;
  auto parts() const { return std::tie(network, person, group); }
};
struct ConsentKey {
  NetworkId network;
  GroupId group;
  ConsentId consent;
  auto parts() const { return std::tie(network, group, consent); }
};
struct InvitationKey {
  NetworkId network;
  GroupId group;
  InvitationId invitation;
  auto parts() const { return std::tie(network, group, invitation); }
};
struct PersonInvitationKey {
  NetworkId network;
  PersonId person;
  InvitationId invitation;
  auto parts() const { return std::tie(network, person, invitation); }
};
struct MessageKey {
  NetworkId network;
  GroupId group;
  uint64_t sequence = 0;
  auto parts() const { return std::tie(network, group, sequence); }
};
struct ThreadMessageKey {
  NetworkId network;
  GroupId group;
  uint64_t thread = 0;
  uint64_t sequence = 0;
  auto parts() const { return std::tie(network, group, thread, sequence); }
};
struct ReceiptBlockKey {
  NetworkId network;
  GroupId group;
  PersonId person;
  uint64_t block = 0;  // sequence / kReceiptBlockMessages
  auto parts() const { return std::tie(network, group, person, block); }
};
struct EventsKey {
  NetworkId network;
  StreamId stream;
  uint64_t commit = 0;
  auto parts() const { return std::tie(network, stream, commit); }
};
struct DeviceKey {
  NetworkId network;
  PersonId person;
  Hash32 device;  // SHA-256 of the device id
  auto parts() const { return std::tie(network, person, device); }
};
// How long the answer to a request is kept for its repetition.
inline constexpr absl::Duration kRequestPeriod = absl::Hours(24 * 30);
// REQUIRES: `time` is not before the Unix epoch.
inline uint32_t RequestPeriodOf(absl::Time time) {
  return static_cast<uint32_t>((time - absl::UnixEpoch()) / kRequestPeriod);
}
struct RequestKey {
  NetworkId network;
  uint32_t period = 0;  // RequestPeriodOf; those before the last one leave the
                        // database by themselves (engine_expiry.h)
  PersonId person;
  RequestId request;
  auto parts() const { return std::tie(network, period, person, request); }
};
struct AuditKey {
  NetworkId network;  // zero: the log of the server itself
  uint64_t index = 0;
  auto parts() const { return std::tie(network, index); }
};
struct AuditTileKey {
  NetworkId network;
  uint8_t level = 0;  // of tiles: 16 hashes of one are one hash of the next
  uint64_t index = 0;
  auto parts() const { return std::tie(network, level, index); }
};
struct AuditIndexKey {
  NetworkId network;
  uint8_t kind = 0;  // AuditIndexKind
  SubjectId subject;
  uint64_t index = 0;
  auto parts() const { return std::tie(network, kind, subject, index); }
};
struct AuditPostingsKey {
  NetworkId network;
  uint8_t kind = 0;  // AuditIndexKind
  SubjectId subject;
  uint64_t block = 0;
  auto parts() const { return std::tie(network, kind, subject, block); }
};
struct DenialKey {
  NetworkId network;
  Hash32 actor_action_target;
  auto parts() const { return std::tie(network, actor_action_target); }
};

// clang-format off
inline constexpr Table<NetworkKey, v1::NetworkRecord>           kNetworks       {{'n', "networks",        Family::kEntities, Scope::kNetwork, Memory::kRecords}};
inline constexpr Table<NetworkKey, v1::NetworkHeadRecord>       kNetworkHeads   {{'h', "network_heads",   Family::kEntities, Scope::kNetwork, Memory::kRecords}};
inline constexpr Table<FacilityKey, v1::FacilityRecord>         kFacilities     {{'f', "facilities",      Family::kEntities, Scope::kNetwork, Memory::kRecords}};
inline constexpr Table<NetworkHashKey, v1::FacilityRef>         kFacilityNumbers{{'u', "facility_numbers", Family::kEntities, Scope::kNetwork, Memory::kNone}};
inline constexpr Table<PersonKey, v1::PersonRecord>             kPeople         {{'p', "people",          Family::kEntities, Scope::kNetwork, Memory::kRecords}};
inline constexpr Table<PersonKey, v1::CredentialsRecord>        kCredentials    {{'k', "credentials",     Family::kEntities, Scope::kNetwork, Memory::kNone}};
inline constexpr Table<FacilityPersonKey, v1::Mark>             kFacilityPeople {{'F', "facility_people", Family::kEntities, Scope::kNetwork, Memory::kNone, true}};
inline constexpr Table<NetworkHashKey, v1::PersonRef>           kLogins         {{'l', "logins",          Family::kEntities, Scope::kNetwork, Memory::kNone}};
inline constexpr Table<TokenKey, v1::TokenRecord>               kTokens         {{'o', "tokens",          Family::kEntities, Scope::kServer,  Memory::kRecords}};
inline constexpr Table<SessionKey, v1::SessionRecord>           kSessions       {{'s', "sessions",        Family::kEntities, Scope::kNetwork, Memory::kRecords}};
inline constexpr Table<PersonSessionKey, v1::Mark>              kPersonSessions {{'S', "person_sessions", Family::kEntities, Scope::kNetwork, Memory::kNone, true}};
inline constexpr Table<PatientKey, v1::PatientRecord>           kPatients       {{'P', "patients",        Family::kEntities, Scope::kNetwork, Memory::kNone}};
inline constexpr Table<NetworkHashKey, v1::PatientRef>          kInsuredNumbers {{'i', "insured_numbers", Family::kEntities, Scope::kNetwork, Memory::kNone}};
inline constexpr Table<PatientNameKey, v1::Mark>                kPatientNames   {{'N', "patient_names",   Family::kEntities, Scope::kNetwork, Memory::kNone, true}};
inline constexpr Table<GroupKey, v1::GroupRecord>               kGroups         {{'g', "groups",          Family::kEntities, Scope::kGroup,   Memory::kRecords}};
inline constexpr Table<GroupKey, v1::GroupHeadRecord>           kGroupHeads     {{'H', "group_heads",     Family::kEntities, Scope::kGroup,   Memory::kRecords, false, false, CatchUpGroupHead}};
inline constexpr Table<ConsentKey, v1::ConsentRecord>           kConsents       {{'c', "consents",        Family::kEntities, Scope::kGroup,   Memory::kNone}};
inline constexpr Table<GroupPersonKey, v1::MembershipRecord>    kMemberships    {{'t', "memberships",     Family::kEntities, Scope::kGroup,   Memory::kRecords}};
inline constexpr Table<PersonGroupKey, v1::PersonGroupRecord>   kPersonGroups   {{'G', "person_groups",   Family::kEntities, Scope::kNetwork, Memory::kNone}};
inline constexpr Table<InvitationKey, v1::InvitationRecord>     kInvitations    {{'v', "invitations",     Family::kEntities, Scope::kGroup,   Memory::kNone}};
inline constexpr Table<PersonInvitationKey, v1::GroupRef>       kPersonInvitations{{'V', "person_invitations", Family::kEntities, Scope::kNetwork, Memory::kNone}};
inline constexpr Table<MessageKey, v1::MessageRecord>           kMessages       {{'m', "messages",        Family::kTimeline, Scope::kGroup,   Memory::kMessages}};
inline constexpr Table<MessageKey, v1::ThreadRecord>            kThreads        {{'T', "threads",         Family::kTimeline, Scope::kGroup,   Memory::kNone}};
inline constexpr Table<ThreadMessageKey, v1::Mark>              kThreadMessages {{'M', "thread_messages", Family::kTimeline, Scope::kGroup,   Memory::kNone, true}};
inline constexpr Table<ReceiptBlockKey, v1::ReceiptBlockRecord> kReceipts       {{'r', "receipts",        Family::kTimeline, Scope::kGroup,   Memory::kRecords}};
inline constexpr Table<EventsKey, v1::EventsRecord>             kEvents         {{'e', "events",          Family::kTimeline, Scope::kNetwork, Memory::kNone}};
inline constexpr Table<DeviceKey, v1::DeviceSyncRecord>         kDeviceSyncs    {{'y', "device_syncs",    Family::kTimeline, Scope::kNetwork, Memory::kNone}};
inline constexpr Table<RequestKey, v1::RequestRecord>           kRequests       {{'q', "requests",        Family::kAudit,    Scope::kNetwork, Memory::kNone}};
inline constexpr Table<AuditKey, v1::AuditRecord>               kAudit          {{'a', "audit",           Family::kAudit,    Scope::kNetwork, Memory::kNone, false, true}};
inline constexpr Table<AuditKey, v1::AuditDetailsRecord>        kAuditDetails   {{'d', "audit_details",   Family::kAudit,    Scope::kNetwork, Memory::kNone}};
// Stores of before audit_postings have these rows; nobody reads or writes them any more.
inline constexpr Table<AuditIndexKey, v1::Mark>                 kAuditIndex     {{'x', "audit_index",     Family::kAudit,    Scope::kNetwork, Memory::kNone, true}};
inline constexpr Table<AuditPostingsKey, v1::AuditPostingsRecord> kAuditPostings{{'X', "audit_postings", Family::kAudit,     Scope::kNetwork, Memory::kNone}};
inline constexpr Table<NetworkKey, v1::AuditTreeRecord>         kAuditTrees     {{'A', "audit_trees",     Family::kAudit,    Scope::kNetwork, Memory::kRecords}};
inline constexpr Table<AuditTileKey, v1::AuditTileRecord>       kAuditTiles     {{'B', "audit_tiles",     Family::kAudit,    Scope::kNetwork, Memory::kNone}};
inline constexpr Table<NetworkKey, v1::CheckpointRecord>        kCheckpoints    {{'C', "checkpoints",     Family::kAudit,    Scope::kNetwork, Memory::kNone}};
inline constexpr Table<DenialKey, v1::DenialRecord>             kDenials        {{'D', "denials",         Family::kAudit,    Scope::kNetwork, Memory::kNone}};

inline constexpr std::array kTables = {
    kNetworks.facts, kNetworkHeads.facts, kFacilities.facts, kFacilityNumbers.facts, kPeople.facts, kCredentials.facts, kFacilityPeople.facts,
    kLogins.facts, kTokens.facts, kSessions.facts, kPersonSessions.facts, kPatients.facts, kInsuredNumbers.facts,
    kPatientNames.facts, kGroups.facts, kGroupHeads.facts, kConsents.facts, kMemberships.facts, kPersonGroups.facts,
    kInvitations.facts, kPersonInvitations.facts, kMessages.facts, kThreads.facts, kThreadMessages.facts, kReceipts.facts,
    kEvents.facts, kDeviceSyncs.facts, kRequests.facts, kAudit.facts, kAuditDetails.facts, kAuditIndex.facts, kAuditPostings.facts,
    kAuditTrees.facts, kAuditTiles.facts, kCheckpoints.facts, kDenials.facts};
// clang-format on

}  // namespace renkei::storage
