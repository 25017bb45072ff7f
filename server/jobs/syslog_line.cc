#include "server/jobs/syslog_line.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/domain/audit.h"
#include "server/domain/checkpoint.h"
#include "storage/base/id.h"

namespace renkei::jobs {
namespace {

using domain::AuditType;
using storage::v1::AuditLeaf;

constexpr int kFacilityLogAudit = 13;
constexpr int kAlert = 1;
constexpr int kWarning = 4;
constexpr int kNotice = 5;
// 32473 is the number that RFC 5612 keeps for examples; a site with a number of
// its own lets its shipper rewrite it.
constexpr absl::string_view kElement = "renkei@32473";
// The number that renkei.v1.AuditEventType has for it.
constexpr uint32_t kBreakGlassBegun = 700;
constexpr absl::string_view kProgram = "renkeid";
constexpr size_t kHostBytesMax = 255;
constexpr size_t kProcessBytesMax = 128;
constexpr size_t kNameBytesMax = 32;
constexpr absl::string_view kNothing = "-";

int SeverityOf(const AuditLeaf& leaf) {
  switch (static_cast<AuditType>(leaf.type())) {
    case AuditType::kAccountLocked:
    case AuditType::kTokenReuseDetected:
    case AuditType::kBackupRestored:
    case AuditType::kClockAlarm:
      return kAlert;
    default:
      break;
  }
  if (leaf.type() == kBreakGlassBegun) {
    return kAlert;
  }
  return leaf.outcome() == storage::v1::AUDIT_OUTCOME_ALLOWED ? kNotice
                                                              : kWarning;
}

absl::string_view NameOf(storage::v1::AuditOutcome outcome) {
  switch (outcome) {
    case storage::v1::AUDIT_OUTCOME_ALLOWED:
      return "ALLOWED";
    case storage::v1::AUDIT_OUTCOME_DENIED:
      return "DENIED";
    case storage::v1::AUDIT_OUTCOME_FAILED:
      return "FAILED";
    default:
      return "UNKNOWN";
  }
}

// A field of the header: PRINTUSASCII, not empty.
std::string HeaderField(absl::string_view text, size_t bytes_max) {
  std::string field(text.substr(0, bytes_max));
  std::replace_if(
      field.begin(), field.end(), [](char c) { return c <= ' ' || c > '~'; },
      '_');
  return field.empty() ? std::string(kNothing) : field;
}

// The escapes of RFC 5424, 6.3.3. All our values are ASCII; what is not was
// sent by somebody, and must not end the line.
std::string Escaped(absl::string_view value) {
  std::string escaped;
  for (const char c : value) {
    if (c == '"' || c == '\\' || c == ']') {
      escaped.push_back('\\');
    }
    escaped.push_back(c < ' ' || c > '~' ? '?' : c);
  }
  return escaped;
}

class Parameters {
 public:
  explicit Parameters(size_t bytes_max) : bytes_max_(bytes_max) {}

  void Add(absl::string_view name, absl::string_view value) {
    if (value.empty()) {
      return;
    }
    const std::string one =
        absl::StrCat(" ", name, "=\"", Escaped(value), "\"");
    if (text_.size() + one.size() <= bytes_max_) {
      text_ += one;
    }
  }
  void AddId(absl::string_view name, absl::string_view bytes) {
    if (const auto id = RequestId::FromBytes(bytes)) {
      Add(name, id->ToText());
    }
  }
  void AddNumber(absl::string_view name, uint64_t number) {
    if (number != 0) {
      Add(name, absl::StrCat(number));
    }
  }
  const std::string& text() const { return text_; }

 private:
  const size_t bytes_max_;
  std::string text_;
};

// What names the event first, then what matters most.
std::string ParametersOf(const AuditLeaf& leaf, const Hash32& leaf_hash,
                         size_t bytes_max) {
  Parameters parameters(bytes_max);
  if (leaf.network().empty()) {
    parameters.Add("network", domain::kServerLogName);
  }
  parameters.AddId("network", leaf.network());
  parameters.Add("number", absl::StrCat(leaf.index()));
  parameters.Add("leafHash", absl::BytesToHexString(leaf_hash.bytes()));
  parameters.Add("outcome", NameOf(leaf.outcome()));
  parameters.AddId("actor", leaf.actor());
  parameters.AddId("session", leaf.session());
  parameters.Add("action", leaf.action());
  parameters.Add("rule", leaf.rule());
  parameters.Add("reason", leaf.reason());
  parameters.AddId("patient", leaf.patient());
  parameters.AddId("group", leaf.group());
  parameters.AddId("hostingFacility", leaf.hosting_facility());
  parameters.AddId("actorFacility", leaf.actor_facility());
  parameters.Add("actorProfession", leaf.actor_profession());
  parameters.AddId("targetPerson", leaf.target_person());
  parameters.AddId("targetFacility", leaf.target_facility());
  parameters.AddNumber("firstMessage", leaf.first_message());
  parameters.AddNumber("lastMessage", leaf.last_message());
  parameters.AddNumber("messages", leaf.messages());
  parameters.AddNumber("foldedDenials", leaf.folded_denials());
  parameters.Add("client", leaf.client_address());
  parameters.Add("correlation", leaf.correlation_id());
  parameters.Add("target", leaf.target());
  return parameters.text();
}

}  // namespace

std::string SyslogLine(const AuditLeaf& leaf, const Hash32& leaf_hash,
                       absl::string_view event_name,
                       const SyslogSource& source) {
  const std::string name = HeaderField(event_name, kNameBytesMax);
  const std::string head = absl::StrCat(
      "<", 8 * kFacilityLogAudit + SeverityOf(leaf), ">1 ",
      absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ",
                       absl::FromUnixMicros(leaf.time_micros()),
                       absl::UTCTimeZone()),
      " ", HeaderField(source.host, kHostBytesMax), " ", kProgram, " ",
      HeaderField(source.process, kProcessBytesMax), " ", name, " [", kElement);
  const std::string tail =
      absl::StrCat("] ", name, " ", NameOf(leaf.outcome()), "\n");
  return absl::StrCat(
      head,
      ParametersOf(leaf, leaf_hash,
                   kSyslogLineBytesMax - head.size() - tail.size()),
      tail);
}

}  // namespace renkei::jobs
