// The words after a program's name.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace renkei::bench {

class Arguments {
 public:
  // `valued` are followed by a value, `switches` are not. InvalidArgument for
  // any other word.
  static absl::StatusOr<Arguments> Parse(
      const std::vector<std::string>& words,
      const std::vector<std::string>& valued,
      const std::vector<std::string>& switches);

  bool Has(absl::string_view name) const;
  // Empty when it is not there.
  std::string ValueOf(absl::string_view name) const;
  // `otherwise` when it is not there; InvalidArgument for what is no number
  // above zero.
  absl::StatusOr<double> NumberOf(absl::string_view name,
                                  double otherwise) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace renkei::bench
