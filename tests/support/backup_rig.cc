#include "tests/support/backup_rig.h"

#include <filesystem>
#include <future>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/random.h"
#include "storage/schema.h"

namespace renkei::testing {
namespace {

constexpr absl::Time kBegin = absl::FromUnixSeconds(1'775'000'000);

}  // namespace

using storage::Transaction;

StoredServer::StoredServer(const std::string& folder)
    : target_{absl::StrCat(folder, "/data"), absl::StrCat(folder, "/keys"),
              absl::StrCat(folder, "/log-sizes")} {}

absl::Status StoredServer::Open(const crypto::Secret& root) {
  ring_ = std::make_unique<crypto::KeyRing>();
  ASSIGN_OR_RETURN(keys_,
                   storage::KeyStore::Open(target_.key_folder, root, *ring_));
  storage::StoreOptions options;
  options.directory = target_.data_folder;
  options.log_sizes_path = target_.log_sizes_path;
  options.store_id = keys_->StoreId();
  options.clock = [] { return kBegin; };
  options.random = crypto::FillRandom;
  ASSIGN_OR_RETURN(store_, storage::Store::Open(std::move(options), *ring_));
  return absl::OkStatus();
}

void StoredServer::Close() {
  store_.reset();
  keys_.reset();
  ring_.reset();
}

absl::Status StoredServer::Write(storage::Store::Body body) {
  std::promise<absl::Status> done;
  store_->Write(
      storage::WriteKind::kChange, std::move(body),
      [&done](const absl::Status& status) { done.set_value(status); });
  return done.get_future().get();
}

BackupRig::BackupRig()
    : now_(kBegin),
      root_(crypto::Secret::Random(crypto::kKeyBytes)),
      network_(NetworkId::Make(absl::FromUnixSeconds(1), {1})),
      group_(GroupId::Make(absl::FromUnixSeconds(2), {2})),
      backups_(folder_.PathOf("backups")),
      server_(NewFolder()) {
  CHECK_OK(storage::KeyStore::Create(server_.target().key_folder, root_, now_));
  CHECK_OK(server_.Open(root_));
  CHECK_OK(server_.keys().CreateNetworkKey(network_, now_));
  CHECK_OK(server_.keys().CreateGroupKey(network_, group_, now_));
  for (uint64_t sequence = 1; sequence <= kMessages; ++sequence) {
    CHECK_OK(Post(sequence));
  }
}

std::string BackupRig::NewFolder() {
  std::string folder = folder_.PathOf(absl::StrCat("server", ++folders_));
  std::filesystem::create_directory(folder);
  return folder;
}

std::string BackupRig::BodyOf(uint64_t sequence) {
  return absl::StrCat("本日の状態 ", sequence, " ", std::string(2000, 'b'));
}

absl::Status BackupRig::Post(uint64_t sequence) {
  return server_.Write([&, sequence](Transaction& tx) -> absl::Status {
    storage::v1::MessageRecord message;
    message.set_body(BodyOf(sequence));
    RETURN_IF_ERROR(
        tx.Put(storage::kMessages, {network_, group_, sequence}, message));
    storage::v1::AuditRecord event;
    event.set_leaf(absl::StrCat("leaf ", sequence));
    RETURN_IF_ERROR(tx.Put(storage::kAudit, {network_, sequence - 1}, event));
    storage::v1::NetworkHeadRecord head;
    head.set_audit_size(sequence);
    tx.NoteLogSize(network_, sequence);
    return tx.Put(storage::kNetworkHeads, {network_}, head);
  });
}

absl::StatusOr<storage::BackupSummary> BackupRig::Backup() {
  now_ += absl::Seconds(1);
  return BackupInto(backups_);
}

absl::StatusOr<storage::BackupSummary> BackupRig::BackupInto(
    const std::string& folder) {
  return storage::WriteBackup(server_.store(), server_.keys(),
                              storage::BackupKeyOf(root_),
                              {folder, now_, [] { return false; }});
}

absl::StatusOr<storage::RestoreSummary> BackupRig::Restore(
    const std::string& path, const StoredServer& into) {
  return storage::RestoreBackup(storage::MachineDisk(), path, root_,
                                into.target(), now_);
}

std::string BackupRig::AllOf(storage::Store& store) {
  std::string all;
  const storage::Snapshot view = store.Read();
  CHECK_OK(view.Scan(storage::kMessages, storage::KeysUnder(storage::kMessages),
                     storage::Direction::kForward,
                     [&](const storage::MessageKey& key, const auto& record) {
                       absl::StrAppend(&all, key.sequence, record.body());
                       return true;
                     }));
  CHECK_OK(view.Scan(storage::kAudit, storage::KeysUnder(storage::kAudit),
                     storage::Direction::kForward,
                     [&](const storage::AuditKey& key, const auto& record) {
                       absl::StrAppend(&all, key.index, record.leaf());
                       return true;
                     }));
  return all;
}

}  // namespace renkei::testing
