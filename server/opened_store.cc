#include "server/opened_store.h"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <future>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "renkei/v1/audit_event_type.pb.h"
#include "server/domain/audit.h"
#include "server/domain/authorize.h"
#include "server/jobs/audit_index.h"
#include "server/jobs/orphan_keys.h"
#include "server/jobs/session_sweep.h"
#include "storage/backup.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/random.h"
#include "storage/crypto/root_key.h"

namespace renkei::server {
namespace {

constexpr absl::Duration kIndexInterval = absl::Seconds(1);
constexpr absl::Duration kSpoolInterval = absl::Seconds(1);
// In one turn, so that a server that stops is not kept waiting.
constexpr size_t kIndexBlocksMax = 16;

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  if (!file) {
    return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  }
  return bytes.str();
}

std::string HostName() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

jobs::SpoolOptions SpoolOptionsOf(const config::v1::ServerConfig& config) {
  jobs::SpoolOptions options;
  options.folder = config.audit_spool_dir();
  options.limits.bytes_max = config.limits().audit_spool_bytes_max();
  // The spool must not be what makes the store's disk low.
  options.limits.free_bytes_min = config.limits().free_space_low_water_bytes();
  options.lag_max =
      absl::Seconds(config.limits().audit_spool_lag_seconds_max());
  options.source = {HostName(), absl::StrCat(getpid())};
  options.event_name = [](uint32_t type) {
    const std::string name =
        v1::AuditEventType_Name(static_cast<v1::AuditEventType>(type));
    return name.empty()
               ? absl::StrCat(type)
               : std::string(absl::StripPrefix(name, "AUDIT_EVENT_TYPE_"));
  };
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<OpenedStore>> OpenedStore::Open(
    const config::v1::ServerConfig& config, const crypto::Secret& root,
    Surroundings surroundings) {
  auto opened = std::unique_ptr<OpenedStore>(new OpenedStore());
  ASSIGN_OR_RETURN(
      opened->key_store_,
      storage::KeyStore::Open(config.key_dir(), root, opened->keys_));
  opened->backup_key_ = storage::BackupKeyOf(root);
  storage::StoreOptions options;
  options.directory = config.data_dir();
  options.log_sizes_path = config.audit_mark_file();
  options.store_id = opened->key_store_->StoreId();
  options.queue_operations_max = config.limits().queued_writes_max();
  options.low_water_bytes = config.limits().free_space_low_water_bytes();
  options.reserve_bytes = config.limits().disk_reserve_bytes();
  options.clock = [] { return absl::Now(); };
  options.random = [](absl::Span<uint8_t> bytes) { crypto::FillRandom(bytes); };
  options.on_fence = std::move(surroundings.on_fence);
  ASSIGN_OR_RETURN(opened->store_,
                   storage::Store::Open(std::move(options), opened->keys_));
  RETURN_IF_ERROR(domain::CheckAuditSizes(opened->store_->Read(),
                                          opened->store_->NotedLogSizes()));
  opened->checkpoints_ = std::make_unique<jobs::Checkpoints>(
      *opened->store_, opened->keys_, opened->key_store_->Incarnation(),
      config.checkpoint_dir());
  RETURN_IF_ERROR(opened->checkpoints_->CheckLastSigned());
  if (!config.audit_spool_dir().empty()) {
    opened->audit_spool_ = std::make_unique<jobs::AuditSpool>(
        *opened->store_, absl::Now(), SpoolOptionsOf(config));
  }
  opened->door_ = std::make_unique<domain::Door>(
      *opened->store_, opened->keys_, [] { return absl::Now(); },
      std::move(surroundings.publish));
  return opened;
}

absl::Status OpenedStore::RecordServerEvent(domain::AuditType type) {
  domain::Request request;
  request.action = domain::Action::kUnseal;
  request.event_type = static_cast<uint32_t>(type);
  request.needs_caller = false;
  request.origin.operator_socket = true;
  std::promise<absl::Status> recorded;
  door_->Write(
      std::move(request),
      [](domain::WriteCall& call) {
        return domain::Authorize(call, domain::Action::kUnseal, {});
      },
      {},
      [&recorded](const absl::Status& status) { recorded.set_value(status); });
  return recorded.get_future().get();
}

void OpenedStore::FollowLogs(
    absl::AnyInvocable<void(const absl::Status&)> on_failure) {
  checkpoints_->Run([] { return absl::Now(); }, std::move(on_failure));
  indexing_.emplace(kIndexInterval, [this] {
    // What is not indexed is found too; the next turn tries again.
    jobs::IndexAuditLogs(*store_, kIndexBlocksMax).IgnoreError();
  });
  if (audit_spool_ != nullptr) {
    spooling_.emplace(kSpoolInterval, [this] {
      // What it could not write is told by its lag.
      audit_spool_->CatchUp(absl::Now()).IgnoreError();
    });
  }
}

absl::Status OpenedStore::CloseDenialWindows() {
  std::vector<NetworkId> networks;
  RETURN_IF_ERROR(store_->Read().Scan(
      storage::kNetworkHeads, storage::KeysUnder(storage::kNetworkHeads),
      storage::Direction::kForward,
      [&](const storage::NetworkKey& key,
          const storage::v1::NetworkHeadRecord&) {
        networks.push_back(key.network);
        return true;
      }));
  std::promise<absl::Status> closed;
  store_->Write(
      storage::WriteKind::kRecordOnly,
      [this, &networks](storage::Transaction& tx) -> absl::Status {
        domain::WriteCall call =
            domain::NewWriteCall(tx, std::nullopt, {}, keys_);
        for (const NetworkId& network : networks) {
          RETURN_IF_ERROR(domain::CloseDenialWindows(call, network));
        }
        return absl::OkStatus();
      },
      [&closed](const absl::Status& status) { closed.set_value(status); });
  return closed.get_future().get();
}

absl::Status OpenedStore::KeepHouse() {
  RETURN_IF_ERROR(CloseDenialWindows());
  RETURN_IF_ERROR(jobs::SweepSessions(*store_, keys_, absl::Now()).status());
  return jobs::SweepOrphanGroupKeys(*store_, *key_store_, absl::Now(),
                                    jobs::kOrphanAge)
      .status();
}

namespace {

// The line of the root key file that the configuration names.
absl::StatusOr<std::string> ReadRootKeyLine(
    const config::v1::ServerConfig& config) {
  if (config.has_root_key_file()) {
    return ReadFile(config.root_key_file());
  }
  if (!config.has_root_key_credential()) {
    return absl::NotFoundError(
        "the configuration names no root key: unseal over the operator's "
        "socket");
  }
  // systemd names the folder of the service's credentials so.
  const char* folder =
      std::getenv("CREDENTIALS_DIRECTORY");  // NOLINT(concurrency-mt-unsafe):
                                             // nobody sets it
  if (folder == nullptr) {
    return absl::NotFoundError(
        "root_key_credential: the service manager gave no credentials folder");
  }
  return ReadFile(absl::StrCat(folder, "/", config.root_key_credential()));
}

}  // namespace

absl::StatusOr<crypto::Secret> ReadRootKey(
    const config::v1::ServerConfig& config) {
  ASSIGN_OR_RETURN(std::string line, ReadRootKeyLine(config));
  absl::StatusOr<crypto::Secret> root =
      crypto::IsProtectedRootKey(line)
          ? absl::FailedPreconditionError(
                "the root key needs its passphrase: unseal over the operator's "
                "socket")
          : crypto::ParseRootKey(line);
  crypto::Wipe(line);
  return root;
}

absl::StatusOr<crypto::Secret> OpenProtectedRootKey(
    const config::v1::ServerConfig& config, const std::string& passphrase) {
  ASSIGN_OR_RETURN(const std::string line, ReadRootKeyLine(config));
  return crypto::OpenRootKey(line, passphrase);
}

}  // namespace renkei::server
