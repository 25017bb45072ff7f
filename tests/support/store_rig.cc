#include "tests/support/store_rig.h"

#include <future>
#include <utility>

#include "storage/crypto/aes_gcm.h"
#include "storage/crypto/random.h"

namespace renkei::testing {

using crypto::KeyScope;
using storage::Transaction;
using storage::WriteKind;

storage::v1::AuditRecord AnyEvent() {
  storage::v1::AuditRecord event;
  event.set_leaf("event");
  return event;
}

void AddKey(crypto::KeyRing& keys, const KeyScope& scope, uint32_t key_id,
            uint32_t epoch) {
  keys.Add(scope, {.key_id = key_id, .epoch = epoch},
           crypto::Secret::Random(crypto::kKeyBytes));
}

StoreRig::StoreRig(uint64_t seed)
    : disk_(seed),
      network_(NetworkId::Make(absl::FromUnixSeconds(1), {1})),
      group_(GroupId::Make(absl::FromUnixSeconds(2), {2})),
      now_(absl::FromUnixSeconds(1'775'000'000)) {
  AddKey(keys_, KeyScope::Server(), 1, 1);
  AddKey(keys_, KeyScope::Network(network_), 2, 1);
  AddKey(keys_, KeyScope::Group(network_, group_), 3, 1);
  options_.directory = kStoreFolder;
  options_.log_sizes_path = kLogSizesPath;
  options_.store_id = "rig";
  options_.disk = disk_.env();
  options_.clock = [this] { return now(); };
  options_.random = [](absl::Span<uint8_t> bytes) {
    crypto::FillRandom(bytes);
  };
  options_.on_fence = [this](const absl::Status&) { ++fences_; };
}

StoreRig::~StoreRig() = default;

absl::Status StoreRig::Open() {
  ASSIGN_OR_RETURN(store_, storage::Store::Open(options_, keys_));
  return absl::OkStatus();
}

absl::Status StoreRig::Reopen() {
  Close();
  return Open();
}

void StoreRig::Kill() {
  // Nothing of the shutdown reaches the disk; all that was written does.
  disk_.CutPowerAt(0);
  Close();
  disk_.RestorePowerLosingNothing();
}

void StoreRig::LosePower() {
  disk_.CutPowerAt(0);
  Close();
  disk_.RestorePower();
}

absl::Status StoreRig::Write(Body body) {
  return Write(WriteKind::kChange, std::move(body));
}

absl::Status StoreRig::Write(WriteKind kind, Body body) {
  std::promise<absl::Status> done;
  store_->Write(kind, std::move(body), [&done](const absl::Status& status) {
    done.set_value(status);
  });
  return done.get_future().get();
}

HeldTurn::HeldTurn(storage::Store& store)
    : thread_([this, &store] {
        store.Write(
            WriteKind::kChange,
            [this](Transaction&) {
              held_.set_value();
              released_.get_future().wait();
              return absl::OkStatus();
            },
            [](const absl::Status&) {});
      }) {
  held_.get_future().wait();
}

void HeldTurn::Release() {
  released_.set_value();
  thread_.join();
}

std::vector<absl::Status> StoreRig::WriteTogether(std::vector<Body> bodies) {
  HeldTurn turn(*store_);
  std::vector<std::promise<absl::Status>> done(bodies.size());
  for (size_t i = 0; i < bodies.size(); ++i) {
    store_->Write(
        WriteKind::kChange, std::move(bodies[i]),
        [&done, i](const absl::Status& status) { done[i].set_value(status); });
  }
  turn.Release();
  std::vector<absl::Status> answers;
  for (std::promise<absl::Status>& one : done) {
    answers.push_back(one.get_future().get());
  }
  return answers;
}

absl::Status StoreRig::PutBody(uint64_t sequence, absl::string_view body) {
  return Write([&](Transaction& tx) {
    storage::v1::MessageRecord record;
    record.set_body(std::string(body));
    return tx.Put(storage::kMessages, MessageKeyOf(sequence), record);
  });
}

std::string StoreRig::BodyOf(uint64_t sequence) {
  const auto found =
      store_->Read().Find(storage::kMessages, MessageKeyOf(sequence));
  if (!found.ok()) {
    return found.status().ToString();
  }
  return *found ? (*found)->body() : std::string();
}

absl::Time StoreRig::now() const {
  MutexLock lock(mutex_);
  return now_;
}

void StoreRig::SetNow(absl::Time now) {
  MutexLock lock(mutex_);
  now_ = now;
}

}  // namespace renkei::testing
