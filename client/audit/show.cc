#include "client/audit/show.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <ostream>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/audit/encoding.h"
#include "client/audit/event_filter.h"
#include "client/audit/fhir.h"
#include "client/audit/json.h"
#include "client/audit/options.h"
#include "client/audit/proof.h"
#include "renkei/storage/v1/records.pb.h"
#include "storage/audit/questions.h"
#include "storage/base/status_macros.h"

namespace renkei::audit {
namespace {

using storage::v1::AuditLeaf;

constexpr absl::string_view kForms[] = {"json", "csv"};

absl::string_view OutcomeName(const AuditLeaf& leaf) {
  switch (leaf.outcome()) {
    case storage::v1::AUDIT_OUTCOME_ALLOWED:
      return "allowed";
    case storage::v1::AUDIT_OUTCOME_DENIED:
      return "denied";
    default:
      return "failed";
  }
}

// Names with their values; what is empty is left out of JSON.
using Columns = std::vector<std::pair<absl::string_view, std::string>>;

std::string Number(uint64_t number) {
  return number == 0 ? "" : absl::StrCat(number);
}

Columns ColumnsOf(const AuditLeaf& leaf) {
  return {{"index", absl::StrCat(leaf.index())},
          {"time", FormatTimeMicros(leaf.time_micros())},
          {"type", TypeName(leaf.type())},
          {"outcome", std::string(OutcomeName(leaf))},
          {"reason", leaf.reason()},
          {"person", FormatId(leaf.actor())},
          {"facility", FormatId(leaf.actor_facility())},
          {"profession", leaf.actor_profession()},
          {"session", FormatId(leaf.session())},
          {"client_address", leaf.client_address()},
          {"action", leaf.action()},
          {"rule", leaf.rule()},
          {"patient", FormatId(leaf.patient())},
          {"group", FormatId(leaf.group())},
          {"first_message", Number(leaf.first_message())},
          {"last_message", Number(leaf.last_message())},
          {"messages", Number(leaf.messages())},
          {"target_person", FormatId(leaf.target_person())},
          {"target_facility", FormatId(leaf.target_facility())},
          {"target", leaf.target()},
          {"folded_denials", Number(leaf.folded_denials())},
          {"correlation_id", leaf.correlation_id()}};
}

Columns ColumnsOf(const Finding& finding) {
  std::vector<std::string> types;
  for (const uint32_t type : finding.types) {
    types.push_back(TypeName(type));
  }
  return {{"count", absl::StrCat(finding.count)},
          {"patients", absl::StrCat(finding.patients)},
          {"first_time", FormatTimeMicros(finding.first_micros)},
          {"last_time", FormatTimeMicros(finding.last_micros)},
          {"person", FormatId(finding.actor)},
          {"facility", FormatId(finding.actor_facility)},
          {"profession", finding.actor_profession},
          {"patient", FormatId(finding.patient)},
          {"what", finding.what},
          {"types", absl::StrJoin(types, " ")},
          {"first_index", absl::StrCat(finding.first_index)},
          {"last_index", absl::StrCat(finding.last_index)}};
}

std::string CsvField(const std::string& text) {
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

constexpr size_t kTableRows = 1000;  // whose columns are in line

// Writes rows in the form that was asked for. In tables an empty column is a
// dash, so that programs such as awk can count them.
class Writer {
 public:
  Writer(const Options& options, std::ostream& out)
      : json_(options.Has("json")), csv_(options.Has("csv")), out_(out) {}
  ~Writer() { WriteTable(); }

  // The names of the columns; first, also when no row follows.
  void WriteHead(const Columns& columns) {
    if (json_) {
      return;
    }
    Cells names;
    for (const auto& [name, value] : columns) {
      names.emplace_back(name);
    }
    WriteRow(std::move(names));
  }

  void Write(const Columns& columns) {
    if (json_) {
      WriteJson(columns);
      return;
    }
    Cells cells;
    for (const auto& [name, value] : columns) {
      cells.push_back(value.empty() && !csv_ ? "-" : value);
    }
    WriteRow(std::move(cells));
  }

 private:
  using Cells = std::vector<std::string>;

  void WriteRow(Cells cells) {
    if (csv_) {
      out_ << absl::StrJoin(cells, ",",
                            [](std::string* to, const std::string& cell) {
                              absl::StrAppend(to, CsvField(cell));
                            })
           << "\r\n";
      return;
    }
    rows_.push_back(std::move(cells));
    if (rows_.size() == kTableRows) {
      WriteTable();
    }
  }

  void WriteTable() {
    std::vector<size_t> widths(rows_.empty() ? 0 : rows_[0].size());
    for (const Cells& row : rows_) {
      for (size_t i = 0; i < row.size(); ++i) {
        widths[i] = std::max(widths[i], row[i].size());
      }
    }
    for (Cells& row : rows_) {
      for (size_t i = 0; i + 1 < row.size(); ++i) {
        row[i].resize(widths[i], ' ');
      }
      out_ << absl::StrJoin(row, "  ") << "\n";
    }
    rows_.clear();
  }

  void WriteJson(const Columns& columns) {
    std::vector<JsonMember> members;
    for (const auto& [name, value] : columns) {
      members.push_back({name, value.empty() ? "" : JsonString(value)});
    }
    out_ << JsonObject(members) << "\n";
  }

  const bool json_;
  const bool csv_;
  std::ostream& out_;
  std::vector<Cells> rows_;
};

// Of the log, as its checkpoint calls it.
absl::StatusOr<std::string> OriginOf(const ExportHead& head) {
  ASSIGN_OR_RETURN(const Note note, ParseNote(head.checkpoint));
  ASSIGN_OR_RETURN(Checkpoint checkpoint, ParseCheckpoint(note.text));
  return std::move(checkpoint.origin);
}

absl::Status VisitLeaves(const std::string& file,
                         absl::FunctionRef<void(const AuditLeaf&)> visit) {
  return VisitEvents(
      file, [](const ExportHead&) { return absl::OkStatus(); },
      [&](const ExportedEvent&, const AuditLeaf& leaf) {
        visit(leaf);
        return absl::OkStatus();
      });
}

}  // namespace

absl::Status ShowEvents(const std::vector<std::string>& arguments,
                        std::ostream& out) {
  ASSIGN_OR_RETURN(const Options options,
                   ParseOptions(arguments, FilterNames(), kForms));
  RETURN_IF_ERROR(NeedFiles(options));
  ASSIGN_OR_RETURN(const EventFilter filter, ParseFilter(options));
  Writer writer(options, out);
  writer.WriteHead(ColumnsOf(AuditLeaf()));
  for (const std::string& file : options.files) {
    RETURN_IF_ERROR(VisitLeaves(file, [&](const AuditLeaf& leaf) {
      if (filter.Matches(leaf)) {
        writer.Write(ColumnsOf(leaf));
      }
    }));
  }
  return absl::OkStatus();
}

absl::Status ShowFhir(const std::vector<std::string>& arguments,
                      std::ostream& out) {
  ASSIGN_OR_RETURN(const Options options,
                   ParseOptions(arguments, FilterNames(), {}));
  RETURN_IF_ERROR(NeedFiles(options));
  ASSIGN_OR_RETURN(const EventFilter filter, ParseFilter(options));
  for (const std::string& file : options.files) {
    std::string origin;
    RETURN_IF_ERROR(VisitEvents(
        file,
        [&](const ExportHead& head) -> absl::Status {
          ASSIGN_OR_RETURN(origin, OriginOf(head));
          return absl::OkStatus();
        },
        [&](const ExportedEvent& event, const AuditLeaf& leaf) -> absl::Status {
          if (filter.Matches(leaf)) {
            ASSIGN_OR_RETURN(const std::string resource,
                             FhirAuditEvent(event, leaf, origin));
            out << resource << "\n";
          }
          return absl::OkStatus();
        }));
  }
  return absl::OkStatus();
}

absl::Status Report(const std::vector<std::string>& arguments,
                    std::ostream& out) {
  std::vector<absl::string_view> with_value(FilterNames().begin(),
                                            FilterNames().end());
  with_value.push_back("threshold");
  ASSIGN_OR_RETURN(Options options,
                   ParseOptions(arguments, with_value, kForms));
  const QuestionName* question =
      options.files.empty() ? nullptr : FindQuestion(options.files.front());
  if (question == nullptr) {
    std::string names = "the questions are:";
    for (const QuestionName& known : QuestionNames()) {
      absl::StrAppend(&names, "\n  ", known.name, ": ", known.japanese, " / ",
                      known.english);
    }
    return absl::InvalidArgumentError(names);
  }
  options.files.erase(options.files.begin());
  RETURN_IF_ERROR(NeedFiles(options));
  ASSIGN_OR_RETURN(EventFilter filter, ParseFilter(options));
  filter.ids.question = question->question;
  filter.ids.threshold = question->threshold;
  if (options.Has("threshold")) {
    const std::optional<uint64_t> number =
        ParseNumber(options.Get("threshold"));
    if (!number || *number > std::numeric_limits<uint32_t>::max()) {
      return absl::InvalidArgumentError("--threshold wants a number");
    }
    filter.ids.threshold = static_cast<uint32_t>(*number);
  }
  if (const std::string why = WhyUnanswerable(filter.ids); !why.empty()) {
    return absl::InvalidArgumentError(why);
  }
  Answerer answerer(filter.ids);
  for (const std::string& file : options.files) {
    RETURN_IF_ERROR(
        VisitLeaves(file, [&](const AuditLeaf& leaf) { answerer.Take(leaf); }));
  }
  Writer writer(options, out);
  writer.WriteHead(ColumnsOf(Finding()));
  for (const Finding& finding : answerer.Answer()) {
    writer.Write(ColumnsOf(finding));
  }
  return absl::OkStatus();
}

}  // namespace renkei::audit
