#include "server/domain/kept_answers.h"

#include <cstdint>
#include <utility>

#include "absl/time/time.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {

absl::StatusOr<std::optional<storage::v1::RequestRecord>> FindKeptAnswer(
    const ReadCall& call, const RequestId& id) {
  const Caller& caller = CallerOf(call);
  const uint32_t period = storage::RequestPeriodOf(call.now);
  for (const uint32_t candidate : {period, period - 1}) {
    ASSIGN_OR_RETURN(auto earlier, call.view.Find(storage::kRequests,
                                                  {caller.network, candidate,
                                                   caller.person, id}));
    if (earlier &&
        call.now - absl::FromUnixMicros(earlier->created_at_micros()) <
            storage::kRequestPeriod) {
      return earlier;
    }
  }
  return std::optional<storage::v1::RequestRecord>();
}

absl::Status KeepAnswer(WriteCall& call, const RequestId& id,
                        storage::v1::RequestRecord record) {
  const Caller& caller = CallerOf(call);
  record.set_created_at_micros(absl::ToUnixMicros(call.now));
  return call.tx.Put(
      storage::kRequests,
      {caller.network, storage::RequestPeriodOf(call.now), caller.person, id},
      std::move(record));
}

}  // namespace renkei::domain
