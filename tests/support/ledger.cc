#include "tests/support/ledger.h"

#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "server/domain/audit.h"
#include "tests/support/status_matchers.h"

namespace renkei::testing {
namespace {

constexpr size_t kMessagesPerWriter = 6;
constexpr size_t kReads = 4;
constexpr uint32_t kMessageSent = 300;
constexpr uint32_t kMessagesRead = 301;

RequestId RequestOf(uint64_t number) {
  return RequestId::Make(absl::FromUnixMillis(static_cast<int64_t>(number)),
                         {7});
}

// What the store holds against what was answered.
void CheckAttempts(const std::vector<Attempt>& attempts,
                   const std::map<uint64_t, std::string>& messages) {
  std::map<std::string, int> copies;
  for (const auto& [sequence, body] : messages) {
    ++copies[body];
  }
  for (const Attempt& attempt : attempts) {
    const std::string name = attempt.body.substr(0, 20);
    if (attempt.answer.ok()) {
      const auto found = messages.find(attempt.answer->key.sequence);
      ASSERT_TRUE(found != messages.end()) << "lost: " << name;
      EXPECT_TRUE(found->second == attempt.body) << "changed: " << name;
      EXPECT_EQ(copies[attempt.body], 1) << name;
    } else {
      // Nobody knows of these; twice they must not be.
      EXPECT_LE(copies[attempt.body], 1) << name;
    }
  }
}

}  // namespace

Attempt Ledger::NextAttempt(const Actor& author) {
  const uint64_t number = ++last_request_;
  Attempt attempt{RequestOf(number), absl::StrCat("body ", number), &author,
                  absl::UnknownError("not tried")};
  while (attempt.body.size() + 1 < body_bytes_) {
    absl::StrAppend(&attempt.body, " ", number);
  }
  return attempt;
}

Attempt Ledger::SendOne() {
  Attempt attempt = NextAttempt(talk_.team().nurse);
  attempt.answer = Retry(attempt);
  return attempt;
}

std::vector<Attempt> Ledger::SendUntilRefused(
    const std::function<void()>& afterwards) {
  const CareTeam& team = talk_.team();
  std::vector<std::vector<Attempt>> attempts;
  for (const Actor* author :
       {&team.nurse, &team.physician, &team.care_manager, &team.nurse}) {
    attempts.emplace_back();
    for (size_t i = 0; i < kMessagesPerWriter; ++i) {
      attempts.back().push_back(NextAttempt(*author));
    }
  }
  std::vector<std::thread> threads;
  for (std::vector<Attempt>& mine : attempts) {
    threads.emplace_back([this, &mine] {
      for (Attempt& attempt : mine) {
        attempt.answer = Retry(attempt);
        if (!attempt.answer.ok()) {
          return;
        }
      }
    });
  }
  threads.emplace_back([this, &afterwards] {
    ReadUntilRefused();
    afterwards();
  });
  for (std::thread& thread : threads) {
    thread.join();
  }
  std::vector<Attempt> all;
  for (const std::vector<Attempt>& mine : attempts) {
    all.insert(all.end(), mine.begin(), mine.end());
  }
  return all;
}

void Ledger::ReadUntilRefused() {
  for (size_t i = 0; i < kReads; ++i) {
    if (!talk_.List(talk_.team().physician, talk_.Timeline(5)).ok()) {
      return;
    }
    ++answered_reads_;
  }
}

absl::StatusOr<domain::PostedMessage> Ledger::Retry(const Attempt& attempt) {
  return talk_.SendOnce(*attempt.author, talk_.Draft(attempt.body),
                        attempt.request);
}

std::map<uint64_t, std::string> Ledger::Messages() {
  std::map<uint64_t, std::string> messages;
  EXPECT_OK(talk_.world().Look().Scan(
      storage::kMessages,
      storage::KeysUnder(storage::kMessages, talk_.world().network(),
                         talk_.team().group),
      storage::Direction::kForward,
      [&](const storage::MessageKey& key,
          const storage::v1::MessageRecord& record) {
        messages[key.sequence] = record.body();
        return true;
      }));
  return messages;
}

std::map<uint64_t, int> Ledger::SentEvents() {
  std::map<uint64_t, int> sent;
  const NetworkId& network = talk_.world().network();
  const storage::Snapshot view = talk_.world().Look();
  uint64_t events = 0;
  uint64_t reads = 0;
  EXPECT_OK(
      view.Scan(storage::kAudit, storage::KeysUnder(storage::kAudit, network),
                storage::Direction::kForward,
                [&](const storage::AuditKey& key,
                    const storage::v1::AuditRecord& record) {
                  storage::v1::AuditLeaf leaf;
                  EXPECT_TRUE(leaf.ParseFromString(record.leaf()));
                  EXPECT_EQ(key.index, events);
                  EXPECT_EQ(leaf.index(), events);
                  ++events;
                  reads += leaf.type() == kMessagesRead ? 1 : 0;
                  if (leaf.type() == kMessageSent && leaf.reason().empty()) {
                    ++sent[leaf.first_message()];
                  }
                  return true;
                }));
  EXPECT_GE(reads, answered_reads_) << "answered without an event";
  const auto head = view.Find(storage::kNetworkHeads, {network});
  EXPECT_EQ(head.ok() && *head ? (*head)->audit_size() : 0, events);
  EXPECT_OK(
      domain::CheckAuditSizes(view, talk_.world().store().NotedLogSizes()));
  return sent;
}

void Ledger::Check(const std::vector<Attempt>& attempts) {
  const std::map<uint64_t, std::string> messages = Messages();
  CheckAttempts(attempts, messages);
  const std::map<uint64_t, int> events = SentEvents();
  uint64_t wanted = 0;
  for (const auto& [sequence, body] : messages) {
    EXPECT_EQ(sequence, ++wanted);
    const auto event = events.find(sequence);
    EXPECT_TRUE(event != events.end() && event->second == 1)
        << "message " << sequence << " without its one event";
  }
  EXPECT_EQ(events.size(), messages.size()) << "events without messages";
}

void Ledger::CheckRetries(std::vector<Attempt>& attempts) {
  for (Attempt& attempt : attempts) {
    const auto again = Retry(attempt);
    ASSERT_OK(again);
    EXPECT_TRUE(again->record->body() == attempt.body);
    if (attempt.answer.ok()) {
      EXPECT_EQ(again->key.sequence, attempt.answer->key.sequence);
      EXPECT_EQ(again->record->SerializeAsString(),
                attempt.answer->record->SerializeAsString());
    }
    attempt.answer = again;
  }
}

}  // namespace renkei::testing
