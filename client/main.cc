// The program `renkei`.
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "client/command_line.h"

int main(int argc, char** argv, char** environment) {
  std::map<std::string, std::string, std::less<>> variables;
  for (char** entry = environment; *entry != nullptr; ++entry) {
    variables.insert(std::pair<std::string, std::string>(
        absl::StrSplit(absl::string_view(*entry), absl::MaxSplits('=', 1))));
  }
  const std::vector<std::string> words(argv + 1, argv + argc);
  return renkei::client::RunCommandLine(
      words,
      [&variables](absl::string_view name) -> std::string {
        const auto found = variables.find(name);
        return found == variables.end() ? "" : found->second;
      },
      std::cout, std::cerr);
}
