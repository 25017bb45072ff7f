// The words after a program's name.
#pragma once

#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
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

// What a program of the bench returns: 2 and its help for words that it does
// not know, 1 and why when its work fails.
template <typename Wishes, typename Work>
int RunProgram(const char* name, const char* help,
               const absl::StatusOr<Wishes>& wishes, Work work) {
  if (!wishes.ok()) {
    std::fputs(help, stderr);
    return 2;
  }
  if (const absl::Status status = work(*wishes); !status.ok()) {
    std::fprintf(stderr, "%s: %s\n", name,
                 std::string(status.message()).c_str());
    return 1;
  }
  return 0;
}

}  // namespace renkei::bench
