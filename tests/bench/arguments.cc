#include "tests/bench/arguments.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace renkei::bench {

absl::StatusOr<Arguments> Arguments::Parse(
    const std::vector<std::string>& words,
    const std::vector<std::string>& valued,
    const std::vector<std::string>& switches) {
  const auto is_in = [](const std::vector<std::string>& names,
                        const std::string& word) {
    return std::find(names.begin(), names.end(), word) != names.end();
  };
  Arguments arguments;
  for (size_t i = 0; i < words.size(); ++i) {
    if (is_in(switches, words[i])) {
      arguments.values_[words[i]] = "";
    } else if (is_in(valued, words[i]) && i + 1 < words.size()) {
      arguments.values_[words[i]] = words[i + 1];
      ++i;
    } else {
      return absl::InvalidArgumentError(words[i]);
    }
  }
  return arguments;
}

bool Arguments::Has(absl::string_view name) const {
  return values_.find(name) != values_.end();
}

std::string Arguments::ValueOf(absl::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? "" : found->second;
}

absl::StatusOr<double> Arguments::NumberOf(absl::string_view name,
                                           double otherwise) const {
  double number = otherwise;
  if (Has(name) && (!absl::SimpleAtod(ValueOf(name), &number) || number <= 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": a number above zero"));
  }
  return number;
}

}  // namespace renkei::bench
