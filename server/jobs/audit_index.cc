#include "server/jobs/audit_index.h"

#include <algorithm>
#include <future>
#include <optional>
#include <utility>
#include <vector>

#include "server/domain/audit_index.h"
#include "storage/base/status_macros.h"
#include "storage/schema.h"

namespace renkei::jobs {
namespace {

// In one transaction, so that calls never wait long behind the index.
constexpr size_t kRowsAtOnceMax = 256;

absl::Status Write(storage::Store& store, storage::Store::Body body) {
  std::promise<absl::Status> written;
  store.Write(
      storage::WriteKind::kRecordOnly, std::move(body),
      [&written](const absl::Status& status) { written.set_value(status); });
  return written.get_future().get();
}

absl::Status WriteBlock(storage::Store& store, const NetworkId& network,
                        const domain::NextIndexBlock& block) {
  for (size_t first = 0; first < block.rows.size(); first += kRowsAtOnceMax) {
    RETURN_IF_ERROR(Write(store, [&](storage::Transaction& tx) -> absl::Status {
      const size_t end = std::min(first + kRowsAtOnceMax, block.rows.size());
      for (size_t i = first; i < end; ++i) {
        RETURN_IF_ERROR(
            domain::PutIndexRow(tx, network, block.number, block.rows[i]));
      }
      return absl::OkStatus();
    }));
  }
  return Write(store, [&](storage::Transaction& tx) {
    return domain::CloseIndexBlock(tx, network, block.number);
  });
}

}  // namespace

absl::StatusOr<size_t> IndexAuditLogs(storage::Store& store,
                                      size_t blocks_max) {
  std::vector<NetworkId> logs;
  RETURN_IF_ERROR(store.Read().Scan(storage::kNetworkHeads,
                                    storage::KeysUnder(storage::kNetworkHeads),
                                    storage::Direction::kForward,
                                    [&](const storage::NetworkKey& key,
                                        const storage::v1::NetworkHeadRecord&) {
                                      logs.push_back(key.network);
                                      return true;
                                    }));
  size_t indexed = 0;
  for (const NetworkId& network : logs) {
    for (size_t i = 0; i < blocks_max; ++i) {
      ASSIGN_OR_RETURN(const auto block,
                       domain::ReadNextIndexBlock(store.Read(), network));
      if (!block) {
        break;
      }
      RETURN_IF_ERROR(WriteBlock(store, network, *block));
      ++indexed;
    }
  }
  return indexed;
}

}  // namespace renkei::jobs
