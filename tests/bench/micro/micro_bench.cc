// The parts of the hot path, one by one.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "server/domain/merkle.h"
#include "server/domain/policy.h"
#include "server/domain/session_proof.h"
#include "storage/base/check.h"
#include "storage/crypto/aead.h"
#include "storage/crypto/hash.h"
#include "storage/crypto/random.h"
#include "storage/schema.h"
#include "tests/bench/core/care_network.h"

namespace renkei::bench {
namespace {

constexpr size_t kBodyBytes = 300;
constexpr absl::string_view kAssociated =
    "m................................XXXXXXXX";

storage::v1::MessageRecord NewMessage() {
  storage::v1::MessageRecord message;
  message.set_thread(17);
  message.set_lane(storage::v1::LANE_PROFESSIONAL);
  message.set_author(std::string(kIdBytes, 'a'));
  message.set_affiliation(std::string(kIdBytes, 'f'));
  message.mutable_signature()->set_display_name("染地 由美");
  message.mutable_signature()->set_profession("visiting_nurse");
  message.mutable_signature()->set_facility_name("訪問看護ステーション");
  message.set_category(1);
  message.set_priority(1);
  message.set_body(std::string(kBodyBytes, 'x'));
  message.set_created_at_micros(1'770'000'000'000'000);
  message.set_revision(1);
  message.set_state(storage::v1::MESSAGE_STATE_ACTIVE);
  message.set_commit(123'456);
  return message;
}

storage::v1::AuditLeaf NewLeaf() {
  storage::v1::AuditLeaf leaf;
  leaf.set_format(1);
  leaf.set_network(std::string(kIdBytes, 'n'));
  leaf.set_index(123'456);
  leaf.set_time_micros(1'770'000'000'000'000);
  leaf.set_type(300);
  leaf.set_outcome(storage::v1::AUDIT_OUTCOME_ALLOWED);
  leaf.set_actor(std::string(kIdBytes, 'a'));
  leaf.set_actor_facility(std::string(kIdBytes, 'f'));
  leaf.set_actor_affiliation(std::string(kIdBytes, 'l'));
  leaf.set_actor_profession("visiting_nurse");
  leaf.set_session(std::string(kIdBytes, 's'));
  leaf.set_client_address("192.0.2.7");
  leaf.set_action("send_message");
  leaf.set_rule("member");
  leaf.set_patient(std::string(kIdBytes, 'p'));
  leaf.set_group(std::string(kIdBytes, 'g'));
  leaf.set_correlation_id(std::string(26, 'c'));
  leaf.set_server_build("0.1.0");
  leaf.set_group_head_hash(std::string(kHash32Bytes, 'h'));
  return leaf;
}

void Seal(benchmark::State& state) {
  const crypto::SealingKey key({1, 1}, crypto::Secret::Random(32));
  const std::string body(kBodyBytes, 'x');
  std::string blob;
  for (auto _ : state) {
    blob.clear();
    crypto::AppendSealed(key, kAssociated, body, blob);
    benchmark::DoNotOptimize(blob);
  }
}
BENCHMARK(Seal);

void Open(benchmark::State& state) {
  const crypto::SealingKey key({1, 1}, crypto::Secret::Random(32));
  const std::string blob =
      crypto::Seal(key, kAssociated, std::string(kBodyBytes, 'x'));
  for (auto _ : state) {
    const auto opened = crypto::Open(key, kAssociated, blob);
    CHECK_OK(opened.status());
  }
}
BENCHMARK(Open);

void SealUnderAThousandKeys(benchmark::State& state) {
  std::vector<std::unique_ptr<crypto::SealingKey>> keys;
  for (uint32_t i = 0; i < 1000; ++i) {
    keys.push_back(std::make_unique<crypto::SealingKey>(
        crypto::BlobHeader{i, 1}, crypto::Secret::Random(32)));
  }
  const std::string body(kBodyBytes, 'x');
  std::string blob;
  size_t next = 0;
  for (auto _ : state) {
    blob.clear();
    crypto::AppendSealed(*keys[next++ % keys.size()], kAssociated, body, blob);
    benchmark::DoNotOptimize(blob);
  }
}
BENCHMARK(SealUnderAThousandKeys);

void DecideOnASend(benchmark::State& state) {
  domain::Facts facts;
  facts.proven = true;
  facts.standing = true;
  facts.relations = domain::kAnybody | domain::kSignedIn | domain::kMember;
  facts.group_asked = true;
  facts.group_state = storage::v1::GROUP_STATE_OPEN;
  facts.consent_in_force = true;
  facts.visible = true;
  const domain::Rule& rule = domain::RuleOf(domain::Action::kSendMessage);
  for (auto _ : state) {
    benchmark::DoNotOptimize(domain::Decide(rule, facts));
  }
}
BENCHMARK(DecideOnASend);

void EncodeARecord(benchmark::State& state) {
  const storage::v1::MessageRecord message = NewMessage();
  std::string bytes;
  for (auto _ : state) {
    message.SerializeToString(&bytes);
    benchmark::DoNotOptimize(bytes);
  }
}
BENCHMARK(EncodeARecord);

void ParseARecord(benchmark::State& state) {
  const std::string bytes = NewMessage().SerializeAsString();
  for (auto _ : state) {
    storage::v1::MessageRecord message;
    CHECK(message.ParseFromString(bytes));
    benchmark::DoNotOptimize(message);
  }
}
BENCHMARK(ParseARecord);

void EncodeAKey(benchmark::State& state) {
  const storage::MessageKey key{
      NetworkId::Make(absl::Now(), crypto::RandomIdBytes()),
      GroupId::Make(absl::Now(), crypto::RandomIdBytes()), 17};
  for (auto _ : state) {
    benchmark::DoNotOptimize(storage::EncodeKey(storage::kMessages.facts, key));
  }
}
BENCHMARK(EncodeAKey);

void BuildAnAuditLeaf(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(NewLeaf().SerializeAsString());
  }
}
BENCHMARK(BuildAnAuditLeaf);

void HashAnAuditLeaf(benchmark::State& state) {
  const std::string leaf = NewLeaf().SerializeAsString();
  for (auto _ : state) {
    benchmark::DoNotOptimize(domain::LeafHash(leaf));
  }
}
BENCHMARK(HashAnAuditLeaf);

void HashATreeNode(benchmark::State& state) {
  const Hash32 left = crypto::Sha256("left");
  const Hash32 right = crypto::Sha256("right");
  for (auto _ : state) {
    benchmark::DoNotOptimize(domain::ParentHash(left, right));
  }
}
BENCHMARK(HashATreeNode);

void HashAToken(benchmark::State& state) {
  const std::string token = crypto::RandomToken();
  for (auto _ : state) {
    benchmark::DoNotOptimize(crypto::Sha256(token));
  }
}
BENCHMARK(HashAToken);

void ProveACaller(benchmark::State& state) {
  const std::string folder = std::string(P_tmpdir) + "/renkei-micro-bench";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  {
    CareNetwork network(folder, 8, 8);
    const storage::Snapshot view = network.store().Read();
    const absl::Time now = absl::Now();
    size_t next = 0;
    for (auto _ : state) {
      const Team& team = network.teams()[next++ % network.teams().size()];
      CHECK_OK(domain::ProveCaller(
                   view, now, team.members[next % team.members.size()].token)
                   .status());
    }
  }
  std::filesystem::remove_all(folder);
}
BENCHMARK(ProveACaller);

}  // namespace
}  // namespace renkei::bench

BENCHMARK_MAIN();
