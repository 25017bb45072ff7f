#include "client/tokens.h"

#include <utility>

#include "storage/base/status_macros.h"

namespace renkei::client {

absl::StatusOr<Tokens> MemoryTokens::Load() {
  MutexLock lock(mutex_);
  if (tokens_.access_token.empty()) {
    return absl::UnauthenticatedError("not signed in");
  }
  return tokens_;
}

absl::Status MemoryTokens::Replace(Exchange exchange) {
  MutexLock replacing(replacing_);
  ASSIGN_OR_RETURN(const Tokens current, Load());
  ASSIGN_OR_RETURN(Tokens next, exchange(current));
  MutexLock lock(mutex_);
  tokens_ = std::move(next);
  return absl::OkStatus();
}

}  // namespace renkei::client
