#include "tests/bench/core/care_network.h"

#include <future>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"
#include "storage/crypto/random.h"

namespace renkei::bench {
namespace {

using crypto::KeyScope;

crypto::Secret NewSecret() { return crypto::Secret::Random(crypto::kKeyBytes); }

// As the server sets its store up, but for the low-water mark.
storage::StoreOptions OptionsOf(const std::string& directory) {
  storage::StoreOptions options;
  options.directory = absl::StrCat(directory, "/messages");
  options.log_sizes_path = absl::StrCat(directory, "/audit_mark");
  options.store_id = "bench";
  options.low_water_bytes = 1;
  options.clock = [] { return absl::Now(); };
  options.random = [](absl::Span<uint8_t> bytes) { crypto::FillRandom(bytes); };
  options.on_fence = [](const absl::Status& why) { CHECK_OK(why); };
  return options;
}

}  // namespace

CareNetwork::CareNetwork(const std::string& directory, size_t groups,
                         size_t members) {
  network_ = NetworkId::Make(absl::Now(), crypto::RandomIdBytes());
  keys_.Add(KeyScope::Server(), {++last_key_id_, 1}, NewSecret());
  keys_.Add(KeyScope::Network(network_), {++last_key_id_, 1}, NewSecret());
  auto store = storage::Store::Open(OptionsOf(directory), keys_);
  CHECK_OK(store.status());
  store_ = *std::move(store);
  door_ = std::make_unique<domain::Door>(
      *store_, keys_, [] { return absl::Now(); },
      [](const domain::Outcome&) {});
  Change([this](storage::Transaction& tx) { return PutNetwork(tx); });
  for (size_t i = 0; i < groups; ++i) {
    Team& team = teams_.emplace_back();
    team.group = GroupId::Make(absl::Now(), crypto::RandomIdBytes());
    team.members.resize(members);
    keys_.Add(KeyScope::Group(network_, team.group), {++last_key_id_, 1},
              NewSecret());
    Change(
        [this, &team](storage::Transaction& tx) { return PutTeam(tx, team); });
  }
}

void CareNetwork::Change(storage::Store::Body body) {
  std::promise<absl::Status> done;
  store_->Write(
      storage::WriteKind::kChange, std::move(body),
      [&done](const absl::Status& status) { done.set_value(status); });
  CHECK_OK(done.get_future().get());
}

absl::Status CareNetwork::PutNetwork(storage::Transaction& tx) {
  storage::v1::NetworkRecord record;
  record.set_code("bench");
  record.set_display_name("ちょうふ");
  record.set_revision(1);
  RETURN_IF_ERROR(tx.Put(storage::kNetworks, {network_}, record));
  ASSIGN_OR_RETURN(facilities_, PutFacilities(tx, network_));
  return absl::OkStatus();
}

absl::Status CareNetwork::PutTeam(storage::Transaction& tx, Team& team) {
  team.patient = tx.NewId<PatientId>();
  for (Member& member : team.members) {
    member.person = tx.NewId<PersonId>();
    member.affiliation = tx.NewId<AffiliationId>();
    member.session = tx.NewId<SessionId>();
    member.token = crypto::Sha256(member.session.bytes());
    member.facility =
        facilities_[member.person.bytes().back() % facilities_.size()];
    RETURN_IF_ERROR(PutPerson(tx, network_, member));
    RETURN_IF_ERROR(PutSession(tx, network_, member));
  }
  return bench::PutTeam(
      tx, network_, {team.group, team.patient, facilities_[0], team.members});
}

domain::Request CareNetwork::RequestOf(const Member& member,
                                       domain::Action action,
                                       uint32_t event_type) const {
  domain::Request request;
  request.action = action;
  request.event_type = event_type;
  request.token = member.token;
  request.origin.client_address = "192.0.2.7";
  request.origin.correlation_id =
      SessionId::Make(absl::Now(), crypto::RandomIdBytes()).ToText();
  request.id = RequestId::Make(absl::Now(), crypto::RandomIdBytes());
  request.content = crypto::Sha256(request.id->bytes());
  request.deadline = absl::Now() + absl::Seconds(30);
  return request;
}

}  // namespace renkei::bench
