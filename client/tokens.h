// The tokens of a session and where they are kept.
#pragma once

#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/base/mutex.h"

namespace renkei::client {

struct Tokens {
  std::string access_token;
  absl::Time access_expires_at = absl::InfinitePast();
  std::string refresh_token;
};

// Keeps the tokens of one session. Thread-safe.
class TokenStore {
 public:
  using Exchange =
      absl::FunctionRef<absl::StatusOr<Tokens>(const Tokens& current)>;

  virtual ~TokenStore() = default;

  // UNAUTHENTICATED if nobody is signed in.
  virtual absl::StatusOr<Tokens> Load() = 0;

  // Calls `exchange` with what is kept while nobody else who uses the same
  // store can do so, then keeps what it returns. A refresh token works once,
  // so two who refreshed at the same time would end the session.
  virtual absl::Status Replace(Exchange exchange) = 0;
};

// Tokens of this process only. Thread-safe.
class MemoryTokens : public TokenStore {
 public:
  explicit MemoryTokens(Tokens tokens) : tokens_(std::move(tokens)) {}

  absl::StatusOr<Tokens> Load() override;
  absl::Status Replace(Exchange exchange) override;

 private:
  Mutex replacing_;  // Held while `exchange` runs; taken before mutex_.
  Mutex mutex_;
  Tokens tokens_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace renkei::client
