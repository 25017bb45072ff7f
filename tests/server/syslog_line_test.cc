#include "server/jobs/syslog_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/time/time.h"
#include "storage/base/id.h"

namespace renkei::jobs {
namespace {

using storage::v1::AuditLeaf;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const SyslogSource kSource{"chofu.example.jp", "4711"};

Hash32 SomeHash() {
  std::array<uint8_t, kHash32Bytes> bytes{};
  bytes.fill(0xA5);
  return Hash32(bytes);
}

std::string IdBytes(uint8_t byte) {
  return std::string(kIdBytes, static_cast<char>(byte));
}

AuditLeaf SomeLeaf() {
  AuditLeaf leaf;
  leaf.set_network(IdBytes(1));
  leaf.set_index(41);
  leaf.set_time_micros(
      absl::ToUnixMicros(absl::FromCivil(
          absl::CivilSecond(2026, 2, 28, 9, 5, 1), absl::UTCTimeZone())) +
      42);
  leaf.set_type(300);
  leaf.set_outcome(storage::v1::AUDIT_OUTCOME_ALLOWED);
  leaf.set_actor(IdBytes(2));
  leaf.set_session(IdBytes(3));
  leaf.set_action("send_message");
  leaf.set_rule("member");
  leaf.set_group(IdBytes(4));
  leaf.set_patient(IdBytes(5));
  leaf.set_first_message(7);
  return leaf;
}

std::string LineOf(const AuditLeaf& leaf) {
  return SyslogLine(leaf, SomeHash(), "MESSAGE_SENT", kSource);
}

TEST(SyslogLine, IsWhatTheStandardSays) {
  const std::string hash =
      "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5";
  const auto id = [](uint8_t byte) {
    return RequestId::FromBytes(IdBytes(byte))->ToText();
  };
  EXPECT_EQ(LineOf(SomeLeaf()),
            "<109>1 2026-02-28T09:05:01.000042Z chofu.example.jp renkeid 4711 "
            "MESSAGE_SENT [renkei@32473 network=\"" +
                id(1) + "\" number=\"41\" leafHash=\"" + hash +
                "\" outcome=\"ALLOWED\" actor=\"" + id(2) + "\" session=\"" +
                id(3) +
                "\" action=\"send_message\" rule=\"member\" patient=\"" +
                id(5) + "\" group=\"" + id(4) +
                "\" firstMessage=\"7\"] MESSAGE_SENT ALLOWED\n");
}

TEST(SyslogLine, NamesTheServersOwnLog) {
  AuditLeaf leaf = SomeLeaf();
  leaf.clear_network();
  EXPECT_THAT(LineOf(leaf), HasSubstr(" network=\"server\" number=\"41\" "));
}

TEST(SyslogLine, WarnsOfWhatWasRefusedAndAlertsOfAlarms) {
  AuditLeaf leaf = SomeLeaf();
  leaf.set_outcome(storage::v1::AUDIT_OUTCOME_DENIED);
  leaf.set_reason("NOT_MEMBER");
  EXPECT_THAT(LineOf(leaf), AllOf(StartsWith("<108>1 "),
                                  HasSubstr(" reason=\"NOT_MEMBER\"")));
  leaf.set_outcome(storage::v1::AUDIT_OUTCOME_FAILED);
  EXPECT_THAT(LineOf(leaf), StartsWith("<108>1 "));
  // Account locked, token reuse, restored, clock, break-glass.
  for (const uint32_t type : {15u, 17u, 604u, 605u, 700u}) {
    leaf.set_type(type);
    leaf.set_outcome(storage::v1::AUDIT_OUTCOME_ALLOWED);
    EXPECT_THAT(LineOf(leaf), StartsWith("<105>1 ")) << type;
  }
}

TEST(SyslogLine, EscapesWhatWouldEndAValue) {
  AuditLeaf leaf = SomeLeaf();
  leaf.set_client_address("a\"b\\c]d");
  EXPECT_THAT(LineOf(leaf), HasSubstr(" client=\"a\\\"b\\\\c\\]d\""));
}

TEST(SyslogLine, IsOneLineOfAsciiWhateverWasSent) {
  AuditLeaf leaf = SomeLeaf();
  leaf.set_client_address("10.0.0.1\n<105>1 - forged\r\t\x7f 調布");
  const std::string line =
      SyslogLine(leaf, SomeHash(), "A B\n漢", {"ho st\n", ""});
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  for (const char c : line.substr(0, line.size() - 1)) {
    EXPECT_TRUE(c >= ' ' && c <= '~') << static_cast<int>(c);
  }
  EXPECT_THAT(line, HasSubstr("Z ho_st_ renkeid - A_B____ [renkei@32473 "));
}

TEST(SyslogLine, IsNeverTooLongAndStillNamesItsEvent) {
  AuditLeaf leaf = SomeLeaf();
  const std::string endless(5000, ']');
  leaf.set_action(endless);
  leaf.set_target("short");
  const std::string line = LineOf(leaf);
  EXPECT_LE(line.size(), kSyslogLineBytesMax);
  EXPECT_THAT(line,
              AllOf(HasSubstr(" number=\"41\" leafHash=\"a5"),
                    HasSubstr(" target=\"short\""), Not(HasSubstr("action=")),
                    EndsWith("] MESSAGE_SENT ALLOWED\n")));
  for (auto* text : {leaf.mutable_rule(), leaf.mutable_reason(),
                     leaf.mutable_client_address(), leaf.mutable_target(),
                     leaf.mutable_correlation_id()}) {
    *text = std::string(700, '"');
  }
  const std::string full =
      SyslogLine(leaf, SomeHash(), std::string(900, 'E'),
                 {std::string(900, 'h'), std::string(900, '1')});
  EXPECT_LE(full.size(), kSyslogLineBytesMax);
  EXPECT_THAT(full, HasSubstr(" number=\"41\" leafHash=\"a5"));
}

}  // namespace
}  // namespace renkei::jobs
