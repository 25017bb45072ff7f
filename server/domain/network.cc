#include "server/domain/network.h"

#include "server/domain/authorize.h"
#include "server/domain/directory_entries.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"

namespace renkei::domain {

using storage::v1::NetworkRecord;

absl::StatusOr<NetworkRecord> GetNetwork(ReadCall& call,
                                         const NetworkId& network) {
  RETURN_IF_ERROR(Authorize(call, Action::kGetNetwork, {.network = network}));
  return call.view.Get(storage::kNetworks, {network});
}

absl::StatusOr<NetworkRecord> UpdateNetwork(WriteCall& call,
                                            const NetworkChange& change) {
  RETURN_IF_ERROR(
      Authorize(call, Action::kUpdateNetwork, {.network = change.network}));
  ASSIGN_OR_RETURN(NetworkRecord record,
                   call.tx.Get(storage::kNetworks, {change.network}));
  RETURN_IF_ERROR(CheckEtag(change.etag, record.revision()));
  call.note.previous_content_hash =
      std::string(crypto::Sha256(record.SerializeAsString()).bytes());
  if (change.display_name) {
    record.set_display_name(*change.display_name);
  }
  if (change.by_law) {
    record.set_by_law_variant(change.by_law->variant);
    record.set_by_law_version(change.by_law->version);
    call.note.details.emplace_back("by_law_version", change.by_law->version);
  }
  record.set_revision(record.revision() + 1);
  record.set_updated_at_micros(absl::ToUnixMicros(call.now));
  RETURN_IF_ERROR(call.tx.Put(storage::kNetworks, {change.network}, record));
  return record;
}

}  // namespace renkei::domain
