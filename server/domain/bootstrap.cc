#include "server/domain/bootstrap.h"

#include "absl/strings/str_cat.h"
#include "server/domain/audit.h"
#include "server/domain/credentials.h"
#include "server/domain/directory_fields.h"
#include "server/domain/refusal.h"
#include "server/domain/text.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::v1::NetworkRecord;
using storage::v1::PersonRecord;

absl::Status CheckCode(const ReadCall& call, const std::string& code) {
  bool taken = false;
  RETURN_IF_ERROR(call.view.Scan(
      storage::kNetworks, storage::KeysUnder(storage::kNetworks),
      storage::Direction::kForward,
      [&](const storage::NetworkKey&, const NetworkRecord& other) {
        taken = other.code() == code;
        return !taken;
      }));
  return taken ? absl::AlreadyExistsError(
                     absl::StrCat("there is a network with the code ", code))
               : absl::OkStatus();
}

absl::Status PutOfficePerson(WriteCall& call, const NewNetwork& network,
                             const PersonId& person) {
  const int64_t now = absl::ToUnixMicros(call.now);
  PersonRecord record;
  record.set_login(network.office_login);
  record.set_display_name(network.office_name);
  record.set_access_version(1);
  record.set_revision(1);
  record.set_created_at_micros(now);
  record.set_updated_at_micros(now);
  storage::v1::RoleGrant& grant = *record.add_roles();
  grant.set_grant(std::string(call.tx.NewId<RoleGrantId>().bytes()));
  grant.set_role(storage::v1::ROLE_NETWORK_OFFICE);
  grant.set_requested_at_micros(now);
  grant.set_approved_at_micros(now);
  RETURN_IF_ERROR(
      call.tx.Put(storage::kPeople, {network.network, person}, record));
  ASSIGN_OR_RETURN(const Hash32 login,
                   LoginHash(call.keys, network.network, network.office_login));
  storage::v1::PersonRef ref;
  ref.set_person(std::string(person.bytes()));
  RETURN_IF_ERROR(call.tx.Put(storage::kLogins, {network.network, login}, ref));
  return PutInitialCredentials(call, network.network, person,
                               network.password_hash);
}

}  // namespace

absl::Status CheckNewNetwork(const NewNetwork& network) {
  RETURN_IF_ERROR(CheckNetworkCode("code", network.code));
  RETURN_IF_ERROR(
      ParseLine("display_name", network.display_name, kNameLimits).status());
  RETURN_IF_ERROR(
      ParseLine("by_law.version", network.by_law.version, kByLawVersionLimits)
          .status());
  RETURN_IF_ERROR(CheckLogin("office_login", network.office_login));
  return ParseLine("office_name", network.office_name, kNameLimits).status();
}

absl::StatusOr<PersonId> CreateNetwork(WriteCall& call,
                                       const NewNetwork& network) {
  RETURN_IF_ERROR(CheckNewNetwork(network));
  RETURN_IF_ERROR(CheckCode(call, network.code));
  const int64_t now = absl::ToUnixMicros(call.now);
  NetworkRecord record;
  record.set_code(network.code);
  record.set_display_name(network.display_name);
  record.set_by_law_variant(network.by_law.variant);
  record.set_by_law_version(network.by_law.version);
  record.set_revision(1);
  record.set_created_at_micros(now);
  record.set_updated_at_micros(now);
  RETURN_IF_ERROR(call.tx.Put(storage::kNetworks, {network.network}, record));
  const PersonId person = call.tx.NewId<PersonId>();
  RETURN_IF_ERROR(PutOfficePerson(call, network, person));

  call.note.network = network.network;
  RETURN_IF_ERROR(
      AppendAuditAs(call, AuditType::kNetworkCreated, absl::OkStatus()));
  call.note.target_person = person;
  RETURN_IF_ERROR(
      AppendAuditAs(call, AuditType::kPersonCreated, absl::OkStatus()));
  RETURN_IF_ERROR(
      AppendAuditAs(call, AuditType::kRoleGrantApproved, absl::OkStatus()));
  return person;
}

}  // namespace renkei::domain
