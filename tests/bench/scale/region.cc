#include "tests/bench/scale/region.h"

#include <algorithm>
#include <future>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"

namespace renkei::bench {
namespace {

constexpr double kRankAtFirst = 10;
constexpr size_t kAtOnce = 500;

// Some time before everything; ids have it in front.
const absl::Time kFounded = absl::FromUnixSeconds(1'700'000'000);

Hash32 HashOf(const NetworkId& network, absl::string_view what, size_t index) {
  return crypto::Sha256(absl::StrCat(network.bytes(), " ", what, " ", index));
}

template <typename IdType>
IdType IdOf(const NetworkId& network, absl::string_view what, size_t index) {
  const Hash32 hash = HashOf(network, what, index);
  std::array<uint8_t, kIdRandomBytes> random;
  std::copy_n(reinterpret_cast<const uint8_t*>(hash.bytes().data()),
              random.size(), random.begin());
  return IdType::Make(kFounded, random);
}

std::string AccessTokenOf(const Member& member) {
  return absl::BytesToHexString(member.session.bytes());
}

}  // namespace

Region::Region(const NetworkId& network, const RegionSize& size)
    : network_(network), size_(size) {
  people_.resize(std::max(size.members,
                          size.groups * size.members / size.groups_of_person));
  for (size_t i = 0; i < people_.size(); ++i) {
    Member& person = people_[i];
    person.person = IdOf<PersonId>(network, "person", i);
    person.affiliation = IdOf<AffiliationId>(network, "affiliation", i);
    person.session = IdOf<SessionId>(network, "session", i);
    person.token = crypto::Sha256(AccessTokenOf(person));
  }
  double sum = 0;
  for (size_t i = 0; i < size.groups; ++i) {
    sum += 1 / (static_cast<double>(i) + kRankAtFirst);
    met_up_to_.push_back(sum);
  }
}

GroupId Region::group(size_t index) const {
  return IdOf<GroupId>(network_, "group", index);
}

size_t Region::PickGroup(std::mt19937_64& random) const {
  std::uniform_real_distribution<double> anywhere(0, met_up_to_.back());
  const auto met =
      std::upper_bound(met_up_to_.begin(), met_up_to_.end(), anywhere(random));
  return std::min(static_cast<size_t>(met - met_up_to_.begin()),
                  size_.groups - 1);
}

absl::Status Region::Found(server::OpenedStore& opened) const {
  std::vector<FacilityId> facilities;
  RETURN_IF_ERROR(
      Change(opened.store(), [&](storage::Transaction& tx) -> absl::Status {
        ASSIGN_OR_RETURN(facilities, PutFacilities(tx, network_));
        return absl::OkStatus();
      }));
  std::vector<Member> people = people_;
  for (size_t i = 0; i < people.size(); ++i) {
    people[i].facility = facilities[i % facilities.size()];
  }
  for (size_t from = 0; from < people.size(); from += kAtOnce) {
    RETURN_IF_ERROR(
        Change(opened.store(), [&](storage::Transaction& tx) -> absl::Status {
          for (size_t i = from; i < std::min(from + kAtOnce, people.size());
               ++i) {
            RETURN_IF_ERROR(PutPerson(tx, network_, people[i]));
          }
          return absl::OkStatus();
        }));
  }
  for (size_t i = 0; i < size_.groups; ++i) {
    absl::Status made =
        opened.key_store().CreateGroupKey(network_, group(i), absl::Now());
    if (!made.ok() && !absl::IsAlreadyExists(made)) {
      return made;
    }
  }
  for (size_t from = 0; from < size_.groups; from += kAtOnce) {
    RETURN_IF_ERROR(
        Change(opened.store(), [&](storage::Transaction& tx) -> absl::Status {
          for (size_t i = from; i < std::min(from + kAtOnce, size_.groups);
               ++i) {
            ASSIGN_OR_RETURN(const auto there,
                             tx.Find(storage::kGroups, {network_, group(i)}));
            if (there) {
              continue;
            }
            std::vector<Member> team;
            for (size_t j = 0; j < size_.members; ++j) {
              team.push_back(people[PersonOf(i, j)]);
            }
            RETURN_IF_ERROR(
                PutTeam(tx, network_,
                        {group(i), IdOf<PatientId>(network_, "patient", i),
                         facilities[i % facilities.size()], team}));
          }
          return absl::OkStatus();
        }));
  }
  return SignIn(opened);
}

absl::Status Region::SignIn(server::OpenedStore& opened) const {
  for (size_t from = 0; from < people_.size(); from += kAtOnce) {
    RETURN_IF_ERROR(
        Change(opened.store(), [&](storage::Transaction& tx) -> absl::Status {
          for (size_t i = from; i < std::min(from + kAtOnce, people_.size());
               ++i) {
            RETURN_IF_ERROR(PutSession(tx, network_, people_[i]));
          }
          return absl::OkStatus();
        }));
  }
  return absl::OkStatus();
}

CareGroup Region::AsClient(size_t index, size_t first) const {
  CareGroup as_client;
  as_client.name = absl::StrCat("networks/", network_.ToText(), "/groups/",
                                group(index).ToText());
  for (size_t i = 0; i < size_.members; ++i) {
    const Member& someone = member(index, (first + i) % size_.members);
    Person& person = as_client.members.emplace_back();
    person.name = absl::StrCat("networks/", network_.ToText(), "/people/",
                               someone.person.ToText());
    person.access_token = AccessTokenOf(someone);
  }
  return as_client;
}

std::vector<CareGroup> Region::GroupsOfPerson(size_t person) const {
  std::vector<CareGroup> groups;
  const size_t places = size_.groups * size_.members;
  for (size_t place = person; place < places; place += people_.size()) {
    groups.push_back(AsClient(place / size_.members, place % size_.members));
  }
  return groups;
}

absl::Status Change(storage::Store& store, storage::Store::Body body) {
  std::promise<absl::Status> done;
  store.Write(storage::WriteKind::kChange, std::move(body),
              [&done](const absl::Status& status) { done.set_value(status); });
  return done.get_future().get();
}

absl::StatusOr<NetworkId> NetworkOf(const storage::Store& store) {
  std::optional<NetworkId> network;
  RETURN_IF_ERROR(store.Read().Scan(
      storage::kNetworks, storage::KeysUnder(storage::kNetworks),
      storage::Direction::kForward,
      [&](const storage::NetworkKey& key, const storage::v1::NetworkRecord&) {
        network = key.network;
        return true;
      }));
  return network ? absl::StatusOr<NetworkId>(*network)
                 : absl::NotFoundError("the store has no network");
}

}  // namespace renkei::bench
