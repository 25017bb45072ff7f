#include "server/jobs/session_sweep.h"

#include <future>
#include <optional>
#include <vector>

#include "server/domain/call.h"
#include "server/domain/session_expiry.h"
#include "storage/base/status_macros.h"
#include "storage/schema.h"

namespace renkei::jobs {
namespace {

// In one commit, so that calls never wait long behind the sweep.
constexpr size_t kBatchMax = 256;
constexpr int kBatchesMax =
    16;  // of one network; the rest waits for the next sweep

absl::StatusOr<std::vector<NetworkId>> Networks(const storage::Snapshot& view) {
  std::vector<NetworkId> networks;
  RETURN_IF_ERROR(view.Scan(
      storage::kNetworks, storage::KeysUnder(storage::kNetworks),
      storage::Direction::kForward,
      [&](const storage::NetworkKey& key, const storage::v1::NetworkRecord&) {
        networks.push_back(key.network);
        return true;
      }));
  return networks;
}

absl::Status Expire(storage::Store& store, const crypto::KeyRing& keys,
                    const NetworkId& network,
                    const std::vector<SessionId>& sessions) {
  std::promise<absl::Status> done;
  store.Write(
      storage::WriteKind::kRecordOnly,
      [&](storage::Transaction& tx) {
        domain::WriteCall call =
            domain::NewWriteCall(tx, std::nullopt, {}, keys);
        return domain::ExpireSessions(call, network, sessions);
      },
      [&done](const absl::Status& status) { done.set_value(status); });
  return done.get_future().get();
}

}  // namespace

absl::StatusOr<size_t> SweepSessions(storage::Store& store,
                                     const crypto::KeyRing& keys,
                                     absl::Time now) {
  size_t swept = 0;
  ASSIGN_OR_RETURN(const std::vector<NetworkId> networks,
                   Networks(store.Read()));
  for (const NetworkId& network : networks) {
    size_t batch = kBatchMax;
    for (int i = 0; i < kBatchesMax && batch == kBatchMax; ++i) {
      ASSIGN_OR_RETURN(
          const auto stale,
          domain::FindStaleSessions(store.Read(), network, now, kBatchMax));
      if (!stale.empty()) {
        RETURN_IF_ERROR(Expire(store, keys, network, stale));
      }
      batch = stale.size();
      swept += batch;
    }
  }
  return swept;
}

}  // namespace renkei::jobs
