// How the command line prints its answers.
#pragma once

#include <initializer_list>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/language.h"
#include "google/protobuf/message.h"

namespace renkei::client {

using Row = std::vector<std::string>;

// The first row of a table.
Row Heading(std::initializer_list<Text> names, Language language);

// Columns in line with each other, each as wide as its widest cell.
std::string FormatTable(const std::vector<Row>& rows);

// RFC 4180, every cell in quotes. A cell that a spreadsheet would take for a
// formula begins with an apostrophe: names are what people typed.
std::string FormatCsv(const std::vector<Row>& rows);

class Output {
 public:
  enum class Form { kHuman, kJson, kField };

  // `field_path` is read in form kField only.
  Output(std::ostream& stream, Language language, Form form,
         std::string field_path)
      : stream_(stream),
        language_(language),
        form_(form),
        field_path_(std::move(field_path)) {}

  Language language() const { return language_; }
  Form form() const { return form_; }

  // Prints an answer: `human`, or the message as JSON, or the chosen field.
  // A usage error if the message has no such field.
  absl::Status Show(const google::protobuf::Message& answer,
                    absl::string_view human);

  // Prints a line that is no part of the answer, in human form only.
  void Say(const Text& text);

 private:
  std::ostream& stream_;
  const Language language_;
  const Form form_;
  const std::string field_path_;
};

}  // namespace renkei::client
