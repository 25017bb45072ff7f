// Ids, base32, the status macros, CHECK and the log.
#include <thread>
#include <vector>

#include "absl/hash/hash_testing.h"
#include "gtest/gtest.h"
#include "storage/base/base32.h"
#include "storage/base/check.h"
#include "storage/base/hash32.h"
#include "storage/base/id.h"
#include "storage/base/log.h"
#include "storage/base/mutex.h"
#include "storage/base/status_macros.h"

namespace renkei {
namespace {

constexpr std::array<uint8_t, kIdRandomBytes> kRandom = {1, 2, 3, 4, 5,
                                                         6, 7, 8, 9, 10};

absl::Time At(int64_t millis) { return absl::FromUnixMillis(millis); }

TEST(Id, CarriesItsTimeAndItsRandomBytes) {
  const GroupId id = GroupId::Make(At(0x010203040506), kRandom);
  EXPECT_EQ(id.bytes(),
            absl::string_view("\1\2\3\4\5\6\1\2\3\4\5\6\7\10\11\12", kIdBytes));
}

TEST(Id, SortsByTimeAsBytesAndAsText) {
  const GroupId earlier = GroupId::Make(At(1'700'000'000'000), kRandom);
  const GroupId later = GroupId::Make(At(1'700'000'000'001), {});
  EXPECT_LT(earlier, later);
  EXPECT_LT(earlier.ToText(), later.ToText());
  EXPECT_NE(earlier, later);
}

TEST(Id, IsZeroByDefault) {
  EXPECT_TRUE(PersonId().IsZero());
  EXPECT_EQ(PersonId().ToText(), "00000000000000000000000000");
  EXPECT_FALSE(PersonId::Make(At(1), kRandom).IsZero());
}

TEST(Id, ReturnsFromItsText) {
  const PersonId id = PersonId::Make(At(1'700'000'000'000), kRandom);
  EXPECT_EQ(id.ToText().size(), 26);
  EXPECT_EQ(PersonId::FromText(id.ToText()), id);
  EXPECT_EQ(PersonId::FromBytes(id.bytes()), id);
}

TEST(Id, HasOnlyOneText) {
  const std::string text =
      PersonId::Make(At(1'700'000'000'000), kRandom).ToText();
  std::string upper = text;
  upper[3] = static_cast<char>(std::toupper(upper[3]));
  ASSERT_NE(upper, text);
  for (const std::string& wrong :
       {upper, text + "0", text.substr(1), std::string(), "8" + text.substr(1),
        "o" + text.substr(1), "l" + text.substr(1), "u" + text.substr(1)}) {
    EXPECT_EQ(PersonId::FromText(wrong), std::nullopt) << wrong;
  }
  EXPECT_EQ(PersonId::FromText("7zzzzzzzzzzzzzzzzzzzzzzzzz")->bytes(),
            std::string(kIdBytes, '\xff'));
}

TEST(Id, HashesByItsBytes) {
  EXPECT_TRUE(absl::VerifyTypeImplementsAbslHashCorrectly(
      {PersonId(), PersonId::Make(At(1), kRandom), PersonId::Make(At(2), {})}));
}

TEST(ParseUuid, TakesVersion4InEitherCase) {
  const auto lower = ParseUuid("550e8400-e29b-41d4-a716-446655440000");
  ASSERT_TRUE(lower.has_value());
  EXPECT_EQ(lower, ParseUuid("550E8400-E29B-41D4-A716-446655440000"));
  EXPECT_EQ(lower->bytes().substr(0, 3), "\x55\x0e\x84");
}

// The example of RFC 9562, appendix A.6.
TEST(ParseUuid, TakesVersion7) {
  const auto id = ParseUuid("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id->bytes().substr(0, 3), "\x01\x7f\x22");
}

TEST(ParseUuid, RefusesEverythingElse) {
  for (const char* wrong :
       {"", "550e8400e29b41d4a716446655440000",
        "550e8400-e29b-11d4-a716-446655440000",      // version 1
        "017f22e2-79b0-8cc3-98c4-dc0c0c07398f",      // version 8
        "017f22e2-79b0-7cc3-d8c4-dc0c0c07398f",      // other variant
        "550e8400-e29b-41d4-c716-446655440000",      // other variant
        "550e8400-e29b-41d4-a716-44665544000g",      // no hex digit
        "550e84000e29b-41d4-a716-44665544000",       // hyphen missing
        "{550e8400-e29b-41d4-a716-446655440000}",    // braces
        "550e8400-e29b-41d4-a716-4466554400000"}) {  // too long
    EXPECT_EQ(ParseUuid(wrong), std::nullopt) << wrong;
  }
}

TEST(Base32, ReturnsEveryLength) {
  for (size_t length = 0; length <= 40; ++length) {
    std::string bytes;
    for (size_t i = 0; i < length; ++i) {
      bytes.push_back(static_cast<char>(0xff - 37 * i));
    }
    const std::string text = EncodeBase32(absl::MakeConstSpan(
        reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
    EXPECT_EQ(text.size(), (length * 8 + 4) / 5);
    EXPECT_EQ(DecodeBase32(text, length), bytes);
  }
}

TEST(Hash32, NeedsExactly32Bytes) {
  EXPECT_TRUE(Hash32::FromBytes(std::string(32, 'x')).has_value());
  EXPECT_FALSE(Hash32::FromBytes(std::string(31, 'x')).has_value());
  EXPECT_TRUE(Hash32().IsZero());
}

absl::StatusOr<int> Half(int number) {
  if (number % 2 != 0) {
    return absl::InvalidArgumentError("odd");
  }
  return number / 2;
}

absl::StatusOr<int> Quarter(int number) {
  ASSIGN_OR_RETURN(const int half, Half(number));
  ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}

absl::Status MustBeEven(int number) {
  RETURN_IF_ERROR(Half(number).status());
  return absl::OkStatus();
}

TEST(StatusMacros, PassValuesOnAndErrorsUp) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(6).status(), absl::InvalidArgumentError("odd"));
  EXPECT_TRUE(MustBeEven(2).ok());
  EXPECT_EQ(MustBeEven(3), absl::InvalidArgumentError("odd"));
}

TEST(CheckDeathTest, AbortsAndNamesWhatBroke) {
  CHECK(1 + 1 == 2);
  CHECK_OK(Half(2));
  EXPECT_DEATH(CHECK(1 + 1 == 3), "broken invariant: 1 \\+ 1 == 3");
  EXPECT_DEATH(CHECK_OK(Half(3)), "INVALID_ARGUMENT: odd");
}

TEST(Log, WritesOneLineOfKeysAndValues) {
  std::string lines;
  Log log(
      [] { return At(1'700'000'000'000); },
      [&](absl::string_view line) { lines.append(line.data(), line.size()); });
  log.Warn("queue_full", {{"waiting", 4096},
                          {"group", GroupId()},
                          {"code", absl::StatusCode::kResourceExhausted},
                          {"elapsed_micros", absl::Milliseconds(2)},
                          {"sealed", false}});
  EXPECT_EQ(lines,
            "time=2023-11-14T22:13:20.000000Z level=warning event=queue_full "
            "waiting=4096 group=00000000000000000000000000 "
            "code=RESOURCE_EXHAUSTED elapsed_micros=2000 sealed=false\n");
}

TEST(Log, KeepsAValueInsideItsField) {
  std::string lines;
  Log log(
      [] { return At(0); },
      [&](absl::string_view line) { lines.append(line.data(), line.size()); });
  log.Error("x", {{"error", "no space\nlevel=info \"褥瘡\""},
                  {"long", std::string(1000, 'a')}});
  EXPECT_NE(lines.find(" error=no_space?level?info_????????"
                       " long=" +
                       std::string(200, 'a') + "\n"),
            std::string::npos)
      << lines;
}

TEST(Log, WritesWhatMayWaitInOrderAndNoLaterThanTheNextLine) {
  std::vector<std::string> written;
  {
    Log log([] { return At(0); },
            [&](absl::string_view lines) { written.emplace_back(lines); });
    log.NoteSoon("call", {{"number", 1}});
    EXPECT_TRUE(written.empty());
    log.Warn("disk", {});
    ASSERT_EQ(written.size(), 1u);
    EXPECT_LT(written[0].find("number=1\n"), written[0].find("event=disk\n"));
    log.NoteSoon("call", {{"number", 2}});
    log.Flush();
    log.Flush();
    ASSERT_EQ(written.size(), 2u);
    log.NoteSoon("call", {{"number", 3}});
  }
  ASSERT_EQ(written.size(), 3u);
  EXPECT_NE(written[2].find("number=3\n"), std::string::npos);
}

TEST(Log, DoesNotLetMuchWait) {
  size_t written = 0;
  Log log([] { return At(0); },
          [&](absl::string_view lines) { written += lines.size(); });
  size_t noted = 0;
  while (written == 0) {
    log.NoteSoon("call", {});
    ASSERT_LT(++noted, 1000u);
  }
  EXPECT_GT(noted, 100u);
}

TEST(Log, KeepsLinesOfManyThreadsApart) {
  std::vector<std::string> lines;
  Log log([] { return At(0); },
          [&](absl::string_view line) { lines.emplace_back(line); });
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&log] {
      for (int i = 0; i < 100; ++i) {
        log.Note("tick", {{"number", i}});
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(lines.size(), 400);
}

TEST(CondVar, WakesAWaiterAndTimesOut) {
  Mutex mutex;
  CondVar changed;
  bool ready = false;
  std::thread other([&] {
    MutexLock lock(mutex);
    ready = true;
    changed.NotifyAll();
  });
  {
    MutexLock lock(mutex);
    while (!ready) {
      changed.Wait(mutex);
    }
    EXPECT_FALSE(changed.WaitFor(mutex, absl::Milliseconds(1)));
  }
  other.join();
}

}  // namespace
}  // namespace renkei
