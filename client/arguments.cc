#include "client/arguments.h"

#include <algorithm>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

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
  bool options_ended = false;
  for (size_t i = 0; i < words.size(); ++i) {
    absl::string_view word = words[i];
    if (options_ended || word == "-" || !absl::ConsumePrefix(&word, "-")) {
      arguments.operands_.emplace_back(word);
      continue;
    }
    if (word == "-") {
      options_ended = true;
      continue;
    }
    const size_t equals = std::min(word.find('='), word.size());
    absl::string_view name = word.substr(0, equals);
    const bool has_two_dashes = absl::ConsumePrefix(&name, "-");
    const Option* option = has_two_dashes ? FindOption(options, name) : nullptr;
    if (option == nullptr) {
      return UsageError(absl::StrCat("unknown option ", words[i]));
    }
    const bool takes_value = !option->value_name.empty();
    if (equals < word.size()) {
      if (!takes_value) {
        return UsageError(absl::StrCat("--", name, " takes no value"));
      }
      arguments.values_[std::string(name)].emplace_back(
          word.substr(equals + 1));
    } else if (!takes_value) {
      arguments.values_[std::string(name)].emplace_back();
    } else if (i + 1 < words.size()) {
      arguments.values_[std::string(name)].push_back(words[++i]);
    } else {
      return UsageError(absl::StrCat("--", name, " lacks its value"));
    }
  }
  return arguments;
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
