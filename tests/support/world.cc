#include "tests/support/world.h"

#include <algorithm>
#include <future>

#include "absl/strings/str_cat.h"
#include "rocksdb/env.h"
#include "server/domain/session_proof.h"
#include "storage/base/check.h"
#include "storage/crypto/hash.h"
#include "storage/crypto/random.h"

namespace renkei::testing {
namespace {

using crypto::KeyScope;

// The same key for the same number in every process, so that a world on a real
// disk can be opened again by another one.
crypto::Secret SecretOf(uint32_t key_id) {
  return crypto::Secret::CopyOf(
      crypto::Sha256(absl::StrCat("world key ", key_id)).bytes());
}

absl::Time FirstMorning() {
  return absl::FromCivil(absl::CivilSecond(2026, 4, 1, 9, 0, 0),
                         absl::UTCTimeZone());
}

void DeleteDisk(storage::Disk* disk) { delete disk; }

}  // namespace

std::string AccessToken(const Actor& actor) { return actor.session.ToText(); }

World::World()
    : memory_(rocksdb::NewMemEnv(rocksdb::Env::Default()), DeleteDisk),
      disk_(*memory_),
      now_(FirstMorning()) {
  Furnish();
}

World::World(const std::string& directory)
    : directory_(directory),
      memory_(nullptr, DeleteDisk),
      disk_(*rocksdb::Env::Default()),
      now_(FirstMorning()) {
  Furnish();
}

World::World(const std::string& directory, const DiskLimits& limits)
    : directory_(directory),
      memory_(nullptr, DeleteDisk),
      disk_(*rocksdb::Env::Default()),
      limits_(limits),
      may_fence_(true),
      now_(FirstMorning()) {
  Furnish();
}

World::World(storage::Disk& disk, bool sync)
    : memory_(nullptr, DeleteDisk),
      disk_(disk),
      sync_(sync),
      may_fence_(true),
      now_(FirstMorning()) {
  Furnish();
}

World::World(storage::Disk& disk, const DiskLimits& limits)
    : memory_(nullptr, DeleteDisk),
      disk_(disk),
      limits_(limits),
      may_fence_(true),
      now_(FirstMorning()) {
  Furnish();
}

void World::Furnish() {
  network_ = NetworkId::Make(now(), {1, 2, 3});
  AddKey(KeyScope::Server());
  AddKey(KeyScope::Network(network_));
  CHECK_OK(Open());
  Change([this](storage::Transaction& tx) {
    storage::v1::NetworkRecord record;
    record.set_code("chofu");
    record.set_display_name("ちょうふ");
    record.set_by_law_variant(
        storage::v1::BY_LAW_VARIANT_ATTENDING_PHYSICIAN_OR_PERMITTED);
    record.set_by_law_version("2019");
    record.set_revision(1);
    return tx.Put(storage::kNetworks, {network_}, record);
  });
}

void World::AddKey(const crypto::KeyScope& scope) {
  ++last_key_id_;
  keys_.Add(scope, {last_key_id_, 1}, SecretOf(last_key_id_));
}

World::~World() { Close(); }

void World::Close() {
  door_.reset();
  store_.reset();
}

absl::Status World::Open() {
  storage::StoreOptions options;
  options.directory = directory_ + "/store";
  options.store_id = "world";
  options.log_sizes_path = directory_ + "/store-log-sizes";
  options.disk = &disk_;
  options.sync = sync_;
  options.low_water_bytes = limits_.low_water_bytes;
  options.reserve_bytes = limits_.reserve_bytes;
  options.clock = [this] { return now(); };
  options.random = [](absl::Span<uint8_t> bytes) { crypto::FillRandom(bytes); };
  options.on_fence = [this](const absl::Status&) {
    CHECK(may_fence_);
    ++fences_;
  };
  ASSIGN_OR_RETURN(store_, storage::Store::Open(std::move(options), keys_));
  door_ = std::make_unique<domain::Door>(
      *store_, keys_, [this] { return now(); },
      [this](const domain::Outcome& outcome) {
        MutexLock lock(mutex_);
        published_.push_back(outcome);
      });
  return absl::OkStatus();
}

void World::Reopen() {
  Close();
  CHECK_OK(Open());
}

absl::Time World::now() const {
  MutexLock lock(mutex_);
  return now_;
}

void World::Advance(absl::Duration step) {
  MutexLock lock(mutex_);
  now_ += step;
}

std::vector<domain::Outcome> World::published() const {
  MutexLock lock(mutex_);
  return published_;
}

void World::Change(std::function<absl::Status(storage::Transaction&)> body) {
  std::promise<absl::Status> done;
  store_->Write(
      storage::WriteKind::kChange, std::move(body),
      [&done](const absl::Status& status) { done.set_value(status); });
  CHECK_OK(done.get_future().get());
}

FacilityId World::AddFacility(absl::string_view name) {
  FacilityId id;
  Change([&](storage::Transaction& tx) {
    id = tx.NewId<FacilityId>();
    storage::v1::FacilityRecord record;
    record.set_display_name(std::string(name));
    record.set_state(storage::v1::FACILITY_STATE_ACTIVE);
    record.set_revision(1);
    return tx.Put(storage::kFacilities, {network_, id}, record);
  });
  return id;
}

Actor World::AddPerson(absl::string_view name, absl::string_view profession,
                       const FacilityId& facility) {
  Actor actor;
  actor.facility = facility;
  Change([&](storage::Transaction& tx) {
    actor.person = tx.NewId<PersonId>();
    actor.affiliation = tx.NewId<AffiliationId>();
    storage::v1::PersonRecord record;
    record.set_display_name(std::string(name));
    record.set_access_version(1);
    record.set_revision(1);
    storage::v1::Affiliation& affiliation = *record.add_affiliations();
    affiliation.set_affiliation(std::string(actor.affiliation.bytes()));
    affiliation.set_facility(std::string(facility.bytes()));
    affiliation.set_profession(std::string(profession));
    affiliation.set_state(storage::v1::AFFILIATION_STATE_ACTIVE);
    affiliation.set_begin_at_micros(absl::ToUnixMicros(tx.now()));
    RETURN_IF_ERROR(tx.Put(storage::kFacilityPeople,
                           {network_, facility, actor.person},
                           storage::v1::Mark()));
    return tx.Put(storage::kPeople, {network_, actor.person}, record);
  });
  return SignInAgain(actor, "tablet");
}

Actor World::SignInAgain(const Actor& actor, absl::string_view device) {
  Actor again = actor;
  Change([&](storage::Transaction& tx) {
    again.session = tx.NewId<SessionId>();
    again.token = crypto::Sha256(AccessToken(again));
    storage::v1::TokenRecord token;
    token.set_kind(storage::v1::TOKEN_KIND_ACCESS);
    token.set_network(std::string(network_.bytes()));
    token.set_session(std::string(again.session.bytes()));
    token.set_person(std::string(actor.person.bytes()));
    token.set_expires_at_micros(
        absl::ToUnixMicros(tx.now() + domain::kSessionLifetime));
    RETURN_IF_ERROR(tx.Put(storage::kTokens, {again.token}, token));
    storage::v1::SessionRecord session;
    session.set_person(std::string(actor.person.bytes()));
    session.set_state(storage::v1::SESSION_STATE_ACTIVE);
    session.set_device_id(std::string(device));
    session.set_created_at_micros(absl::ToUnixMicros(tx.now()));
    session.set_last_active_at_micros(absl::ToUnixMicros(tx.now()));
    session.set_expires_at_micros(
        absl::ToUnixMicros(tx.now() + domain::kSessionLifetime));
    RETURN_IF_ERROR(tx.Put(storage::kPersonSessions,
                           {network_, actor.person, again.session},
                           storage::v1::Mark()));
    return tx.Put(storage::kSessions, {network_, again.session}, session);
  });
  return again;
}

void World::GrantRole(const Actor& actor, storage::v1::Role role,
                      const FacilityId& facility) {
  Change([&](storage::Transaction& tx) {
    const storage::PersonKey key{network_, actor.person};
    ASSIGN_OR_RETURN(auto person, tx.Get(storage::kPeople, key));
    storage::v1::RoleGrant& grant = *person.add_roles();
    grant.set_role(role);
    if (!facility.IsZero()) {
      grant.set_facility(std::string(facility.bytes()));
    }
    grant.set_approved_at_micros(absl::ToUnixMicros(tx.now()));
    person.set_access_version(person.access_version() + 1);
    return tx.Put(storage::kPeople, key, person);
  });
}

void World::AddGroupKey(const GroupId& group) {
  AddKey(KeyScope::Group(network_, group));
}

domain::Request World::RequestOf(const Actor& actor, domain::Action action,
                                 uint32_t event_type) const {
  domain::Request request;
  request.action = action;
  request.event_type = event_type;
  request.token = actor.token;
  request.origin.client_address = "192.0.2.7";
  request.origin.correlation_id = "test";
  return request;
}

absl::Status World::Write(domain::Request request, WriteOperation operation) {
  std::promise<absl::Status> done;
  domain::Replay replay{
      [] { return std::string(); },
      [](domain::ReadCall&, const std::string&) { return absl::OkStatus(); }};
  door_->Write(std::move(request), std::move(operation), std::move(replay),
               [&done](const absl::Status& status) { done.set_value(status); });
  return done.get_future().get();
}

absl::Status World::Write(const Actor& actor, domain::Action action,
                          uint32_t event_type, WriteOperation operation) {
  return Write(RequestOf(actor, action, event_type), std::move(operation));
}

absl::Status World::Read(domain::Request request, ReadOperation operation) {
  std::promise<absl::Status> done;
  door_->Read(std::move(request), std::move(operation),
              [&done](const absl::Status& status) { done.set_value(status); });
  return done.get_future().get();
}

absl::Status World::Read(const Actor& actor, domain::Action action,
                         uint32_t event_type, ReadOperation operation) {
  return Read(RequestOf(actor, action, event_type), std::move(operation));
}

std::vector<domain::AuditEvent> World::Audit(const NetworkId& network) const {
  domain::AuditQuery query;
  query.network = network;
  query.oldest_first = true;
  query.limit = 4000;
  auto page = domain::ScanAudit(Look(), query);
  CHECK_OK(page.status());
  return page->events;
}

}  // namespace renkei::testing
