// Options and operands of one call of the command line.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/language.h"

namespace renkei::client {

struct Option {
  absl::string_view name;        // Without the dashes.
  absl::string_view value_name;  // Empty: a flag that takes no value.
  Text help;
};

// What was written after the name of a command.
class Arguments {
 public:
  // Reads `words` in the usual manner: `--name value`, `--name=value`,
  // `--flag`; `--` ends the options; `-` alone is an operand. An option may be
  // given several times. A usage error (see UsageError) names what is unknown,
  // or lacks its value.
  static absl::StatusOr<Arguments> Parse(absl::Span<const std::string> words,
                                         absl::Span<const Option> options);

  bool Has(absl::string_view name) const;
  // The last value given, or the empty string.
  std::string Get(absl::string_view name) const;
  // All values in the order given, those parted by commas taken apart.
  std::vector<std::string> List(absl::string_view name) const;
  // The value of an option that must be there; a usage error if it is not.
  absl::StatusOr<std::string> Require(absl::string_view name) const;
  // The value as a number, `otherwise` if it was not given; a usage error if
  // it is no whole number from 0 to 2^31 - 1.
  absl::StatusOr<int> Number(absl::string_view name, int otherwise) const;

  const std::vector<std::string>& operands() const { return operands_; }

 private:
  // Takes the option with which `words` begin; returns how many words it took.
  absl::StatusOr<size_t> TakeOption(absl::Span<const std::string> words,
                                    absl::Span<const Option> options);

  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> operands_;
};

// An error of whoever typed the command: INVALID_ARGUMENT that IsUsageError
// tells from the server's own.
absl::Status UsageError(absl::string_view message);
bool IsUsageError(const absl::Status& status);

}  // namespace renkei::client
