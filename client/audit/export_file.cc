#include "client/audit/export_file.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/audit/encoding.h"
#include "storage/base/status_macros.h"

namespace renkei::audit {
namespace {

constexpr absl::string_view kFirstLine = "renkei-audit-export 1";

// Lines one after another; each must end with a newline.
class Lines {
 public:
  explicit Lines(absl::string_view rest) : rest_(rest) {}

  bool at_end() const { return rest_.empty(); }
  uint64_t number() const { return number_; }

  absl::Status Wrong(absl::string_view why) const {
    return absl::InvalidArgumentError(
        absl::StrCat("line ", number_, ": ", why));
  }
  absl::StatusOr<absl::string_view> Next() {
    ++number_;
    const size_t end = rest_.find('\n');
    if (end == absl::string_view::npos) {
      return Wrong("the file ends here and should not");
    }
    const absl::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return line;
  }
  // The words after `name` in the next line.
  absl::StatusOr<std::vector<absl::string_view>> NextWords(
      absl::string_view name) {
    ASSIGN_OR_RETURN(const absl::string_view line, Next());
    std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
    if (words[0] != name || words.size() < 2) {
      return Wrong(absl::StrCat("`", name, " …` was expected"));
    }
    words.erase(words.begin());
    return words;
  }

 private:
  absl::string_view rest_;
  uint64_t number_ = 0;
};

absl::StatusOr<Hash32> ParseHash(const Lines& lines, absl::string_view word) {
  const std::optional<std::string> bytes = DecodeBase64(word);
  if (!bytes || bytes->size() != kHash32Bytes) {
    return lines.Wrong("a hash is not base64 of 32 bytes");
  }
  return *Hash32::FromBytes(*bytes);
}

absl::StatusOr<ExportHead> ReadHead(Lines& lines) {
  ASSIGN_OR_RETURN(const absl::string_view first, lines.Next());
  if (first != kFirstLine) {
    return lines.Wrong("not an export of the audit log");
  }
  ExportHead head;
  ASSIGN_OR_RETURN(auto words, lines.NextWords("key"));
  head.key = std::string(words[0]);
  ASSIGN_OR_RETURN(words, lines.NextWords("checkpoint"));
  std::optional<std::string> note = DecodeBase64(words[0]);
  if (!note || words.size() != 1) {
    return lines.Wrong("the checkpoint is not base64");
  }
  head.checkpoint = *std::move(note);
  ASSIGN_OR_RETURN(words, lines.NextWords("from"));
  const std::optional<uint64_t> begin = ParseNumber(words[0]);
  if (!begin) {
    return lines.Wrong("the first number does not read");
  }
  head.begin = *begin;
  for (size_t i = 1; i < words.size(); ++i) {
    ASSIGN_OR_RETURN(const Hash32 hash, ParseHash(lines, words[i]));
    head.frontier.push_back(hash);
  }
  return head;
}

absl::StatusOr<ExportedEvent> ParseEvent(const Lines& lines,
                                         absl::string_view line) {
  const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
  if (words[0] != "event" || (words.size() != 4 && words.size() != 6)) {
    return lines.Wrong("`event …` or `end …` was expected");
  }
  const std::optional<uint64_t> index = ParseNumber(words[1]);
  std::optional<std::string> leaf = DecodeBase64(words[3]);
  if (!index || !leaf) {
    return lines.Wrong("the number or the bytes of the event do not read");
  }
  ExportedEvent event;
  event.line = lines.number();
  event.index = *index;
  ASSIGN_OR_RETURN(event.leaf_hash, ParseHash(lines, words[2]));
  event.leaf = *std::move(leaf);
  if (words.size() == 6) {
    event.salt = DecodeBase64(words[4]);
    std::optional<std::string> details = DecodeBase64(words[5]);
    if (!event.salt || !details) {
      return lines.Wrong("the details of the event do not read");
    }
    event.details = *std::move(details);
  }
  return event;
}

}  // namespace

bool IsExport(absl::string_view bytes) {
  return absl::StartsWith(bytes, "renkei-audit-export");
}

absl::Status ReadExport(
    absl::string_view bytes,
    absl::FunctionRef<absl::Status(const ExportHead&)> visit_head,
    absl::FunctionRef<absl::Status(const ExportedEvent&)> visit_event) {
  Lines lines(bytes);
  ASSIGN_OR_RETURN(const ExportHead head, ReadHead(lines));
  RETURN_IF_ERROR(visit_head(head));
  for (uint64_t events = 0;; ++events) {
    ASSIGN_OR_RETURN(const absl::string_view line, lines.Next());
    if (!absl::StartsWith(line, "end ")) {
      ASSIGN_OR_RETURN(const ExportedEvent event, ParseEvent(lines, line));
      RETURN_IF_ERROR(visit_event(event));
      continue;
    }
    if (ParseNumber(line.substr(4)) != events) {
      return lines.Wrong(
          absl::StrCat("the file has ", events, " events and says otherwise"));
    }
    return lines.at_end() ? absl::OkStatus()
                          : lines.Wrong("something follows the end");
  }
}

}  // namespace renkei::audit
