// What people were told, held against what the store has: for stores that fail
// while four write and one reads.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/domain/messages.h"
#include "tests/support/conversation.h"

namespace renkei::testing {

// One message that somebody tried to send.
struct Attempt {
  RequestId request;
  std::string body;
  const Actor* author = nullptr;
  absl::StatusOr<domain::PostedMessage> answer = absl::UnknownError("none");
};

class Ledger {
 public:
  // Bodies have `body_bytes` or a little less.
  Ledger(Conversation& talk, size_t body_bytes)
      : talk_(talk), body_bytes_(body_bytes) {}

  // Four writers and a reader at once, each until it is refused or done. The
  // reader ends with `afterwards`.
  std::vector<Attempt> SendUntilRefused(
      const std::function<void()>& afterwards);
  absl::StatusOr<domain::PostedMessage> Retry(const Attempt& attempt);
  // The next message, sent alone.
  Attempt SendOne();

  // Bodies by sequence, as they are in the store.
  std::map<uint64_t, std::string> Messages();

  // ---- expectations ----
  // Who was told of a message finds it, once and at its number; numbers have no
  // gaps; each has its one event; every answered read has its event; the audit
  // log is dense and as long as its head and the second file say.
  void Check(const std::vector<Attempt>& attempts);
  // Tries all again: each gets its first answer, or one at last.
  void CheckRetries(std::vector<Attempt>& attempts);

 private:
  Attempt NextAttempt(const Actor& author);
  void ReadUntilRefused();
  // Events of a message sent for the first time, by its sequence.
  std::map<uint64_t, int> SentEvents();

  Conversation& talk_;
  const size_t body_bytes_;
  uint64_t last_request_ = 0;
  uint64_t answered_reads_ = 0;
};

}  // namespace renkei::testing
