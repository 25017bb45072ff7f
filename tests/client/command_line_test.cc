#include "client/command_line.h"

#include <set>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/arguments.h"
#include "client/exit_codes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace renkei::client {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Outcome {
  int exit_code;
  std::string out;
  std::string err;
};

Outcome RunWords(const std::vector<std::string>& words,
                 const std::string& language) {
  const Environment environment = [&](absl::string_view name) -> std::string {
    if (name == "RENKEI_HOME") {
      return absl::StrCat(testing::TempDir(), "/command_line_test");
    }
    return name == "LANG" ? language : "";
  };
  std::ostringstream out;
  std::ostringstream err;
  const int exit_code = RunCommandLine(words, environment, out, err);
  return {exit_code, out.str(), err.str()};
}

TEST(RunCommandLine, ExplainsEveryCommandInBothLanguages) {
  const Outcome english = RunWords({"--help"}, "en_US.UTF-8");
  const Outcome japanese = RunWords({"--help"}, "ja_JP.UTF-8");
  EXPECT_EQ(english.exit_code, kExitOk);
  EXPECT_THAT(english.out, HasSubstr("exit codes:"));
  EXPECT_THAT(japanese.out, HasSubstr("終了コード:"));
  for (const Command& command : AllCommands()) {
    EXPECT_THAT(english.out, HasSubstr(std::string(command.name)));
    std::vector<std::string> words = absl::StrSplit(command.name, ' ');
    words.emplace_back("--help");
    const Outcome help = RunWords(words, "ja_JP.UTF-8");
    EXPECT_EQ(help.exit_code, kExitOk) << command.name;
    EXPECT_THAT(help.out, HasSubstr(std::string(command.summary.japanese)));
  }
}

TEST(AllCommands, HaveUniqueNamesAndOptions) {
  std::set<absl::string_view> names;
  for (const Command& command : AllCommands()) {
    EXPECT_TRUE(names.insert(command.name).second) << command.name;
    EXPECT_LE(command.operands_min, command.operands_max) << command.name;
    std::set<absl::string_view> options;
    for (const Option& option : SharedOptions()) {
      options.insert(option.name);
    }
    for (const Option& option : command.options) {
      EXPECT_TRUE(options.insert(option.name).second)
          << command.name << " --" << option.name;
      EXPECT_FALSE(option.help.japanese.empty() || option.help.english.empty());
    }
  }
}

TEST(AllCommands, NeverTakeASecretAsAnArgument) {
  for (const Command& command : AllCommands()) {
    for (const Option& option : command.options) {
      for (const absl::string_view secret : {"password", "totp", "recovery"}) {
        if (absl::StrContains(option.name, secret)) {
          EXPECT_TRUE(absl::EndsWith(option.name, "-file"))
              << command.name << " --" << option.name;
        }
      }
    }
  }
}

TEST(RunCommandLine, GivesUsageErrorsTheirOwnCode) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{},
                                             {"no-such-command"},
                                             {"send", "GROUP"},
                                             {"whoami", "extra"},
                                             {"list", "G", "--colour"},
                                             {"sign-in", "--login", "x"},
                                             {"patients", "search"},
                                             {"server-info"}}) {
    const Outcome outcome = RunWords(words, "en");
    EXPECT_EQ(outcome.exit_code, kExitUsage) << (words.empty() ? "" : words[0]);
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_FALSE(outcome.err.empty());
  }
}

TEST(RunCommandLine, SaysInTheReadersLanguageThatNobodyIsSignedIn) {
  const Outcome japanese = RunWords({"unread", "--lang", "ja"}, "en");
  EXPECT_EQ(japanese.exit_code, kExitUnauthenticated);
  EXPECT_THAT(japanese.err, HasSubstr("サインインしていません"));
  const Outcome json = RunWords({"whoami", "--json"}, "ja_JP.UTF-8");
  EXPECT_EQ(json.exit_code, kExitUnauthenticated);
  EXPECT_THAT(json.err, HasSubstr("\"code\":16"));
}

}  // namespace
}  // namespace renkei::client
