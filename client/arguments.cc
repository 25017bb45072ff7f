#include "client/arguments.h"

#include <algorithm>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

constexpr absl::string_view kUsagePayload = "renkei.client/usage";

const Option* FindOption(absl::Span<const Option> options,
                         absl::string_view name) {
  const auto* found = std::find_if(
      options.begin(), options.end(),
      [name](const Option& option) { return option.name == name; });
  return found == options.end() ? nullptr : &*found;
}

}  // namespace

absl::StatusOr<Arguments> Arguments::Parse(absl::Span<const std::string> words,
                                           absl::Span<const Option> options) {
  Arguments arguments;
  while (!words.empty()) {
    const std::string& word = words.front();
    if (word == "--") {
      arguments.operands_.insert(arguments.operands_.end(), words.begin() + 1,
                                 words.end());
      break;
    }
    if (word == "-" || !absl::StartsWith(word, "-")) {
      arguments.operands_.push_back(word);
      words.remove_prefix(1);
      continue;
    }
    ASSIGN_OR_RETURN(const size_t taken, arguments.TakeOption(words, options));
    words.remove_prefix(taken);
  }
  return arguments;
}

absl::StatusOr<size_t> Arguments::TakeOption(
    absl::Span<const std::string> words, absl::Span<const Option> options) {
  absl::string_view name = words.front();
  const size_t equals = std::min(name.find('='), name.size());
  const absl::string_view after_name = name.substr(equals);
  name = name.substr(0, equals);
  const Option* option =
      absl::ConsumePrefix(&name, "--") ? FindOption(options, name) : nullptr;
  if (option == nullptr) {
    return UsageError(absl::StrCat("unknown option ", words.front()));
  }
  std::vector<std::string>& values = values_[std::string(name)];
  if (option->value_name.empty()) {
    if (!after_name.empty()) {
      return UsageError(absl::StrCat("--", name, " takes no value"));
    }
    values.emplace_back();
    return 1;
  }
  if (!after_name.empty()) {
    values.emplace_back(after_name.substr(1));
    return 1;
  }
  if (words.size() < 2) {
    return UsageError(absl::StrCat("--", name, " lacks its value"));
  }
  values.push_back(words[1]);
  return 2;
}

bool Arguments::Has(absl::string_view name) const {
  return values_.find(name) != values_.end();
}

std::string Arguments::Get(absl::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? "" : found->second.back();
}

std::vector<std::string> Arguments::List(absl::string_view name) const {
  std::vector<std::string> list;
  const auto found = values_.find(name);
  if (found == values_.end()) {
    return list;
  }
  for (const std::string& value : found->second) {
    for (const absl::string_view part :
         absl::StrSplit(value, ',', absl::SkipEmpty())) {
      list.emplace_back(part);
    }
  }
  return list;
}

absl::StatusOr<std::string> Arguments::Require(absl::string_view name) const {
  std::string value = Get(name);
  if (value.empty()) {
    return UsageError(absl::StrCat("--", name, " is needed"));
  }
  return value;
}

absl::StatusOr<int> Arguments::Number(absl::string_view name,
                                      int otherwise) const {
  if (!Has(name)) {
    return otherwise;
  }
  int number = 0;
  if (!absl::SimpleAtoi(Get(name), &number) || number < 0) {
    return UsageError(absl::StrCat("--", name, " is a whole number"));
  }
  return number;
}

absl::Status UsageError(absl::string_view message) {
  absl::Status status = absl::InvalidArgumentError(message);
  status.SetPayload(kUsagePayload, absl::Cord());
  return status;
}

bool IsUsageError(const absl::Status& status) {
  return status.GetPayload(kUsagePayload).has_value();
}

}  // namespace renkei::client
