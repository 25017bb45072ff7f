#include "client/output.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/field_path.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

std::string CsvCell(absl::string_view text) {
  constexpr absl::string_view kFormulaBegins = "=+-@\t\r";
  const bool is_formula =
      !text.empty() && absl::StrContains(kFormulaBegins, text.front());
  return absl::StrCat(is_formula ? "\"'" : "\"",
                      absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

}  // namespace

Row Heading(std::initializer_list<Text> names, Language language) {
  Row row;
  for (const Text& name : names) {
    row.emplace_back(name.In(language));
  }
  return row;
}

std::string FormatTable(const std::vector<Row>& rows) {
  std::vector<size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], DisplayWidth(row[i]));
    }
  }
  std::string table;
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      const bool is_last = i + 1 == row.size();
      absl::StrAppend(&table, is_last ? row[i] : PadRight(row[i], widths[i]),
                      is_last ? "\n" : "  ");
    }
  }
  return table;
}

std::string FormatCsv(const std::vector<Row>& rows) {
  std::string csv;
  for (const Row& row : rows) {
    absl::StrAppend(
        &csv,
        absl::StrJoin(row, ",",
                      [](std::string* out, const std::string& cell) {
                        absl::StrAppend(out, CsvCell(cell));
                      }),
        "\r\n");
  }
  return csv;
}

absl::Status Output::Show(const google::protobuf::Message& answer,
                          absl::string_view human) {
  switch (form_) {
    case Form::kHuman:
      stream_ << human;
      if (!human.empty() && !absl::EndsWith(human, "\n")) {
        stream_ << '\n';
      }
      break;
    case Form::kJson:
      stream_ << ToJson(answer) << '\n';
      break;
    case Form::kField: {
      ASSIGN_OR_RETURN(const std::vector<std::string> values,
                       ValuesAt(answer, field_path_));
      for (const std::string& value : values) {
        stream_ << value << '\n';
      }
      break;
    }
  }
  stream_.flush();
  return absl::OkStatus();
}

void Output::Say(const Text& text) {
  if (form_ == Form::kHuman) {
    stream_ << text.In(language_) << std::endl;
  }
}

}  // namespace renkei::client
