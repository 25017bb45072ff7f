#include "client/arguments.h"

#include "client/exit_codes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace renkei::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Option kOptions[] = {
    {"name", "NAME", {"名前", "a name"}},
    {"urgent", "", {"至急", "urgent"}},
    {"page-size", "N", {"件数", "how many"}},
};

absl::StatusOr<Arguments> Parse(const std::vector<std::string>& words) {
  return Arguments::Parse(words, kOptions);
}

TEST(Arguments, TakesValuesAfterASpaceOrAnEqualsSign) {
  const auto arguments =
      Parse({"--name", "染地", "GROUP", "--urgent", "--page-size=20", "-"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_EQ(arguments->Get("name"), "染地");
  EXPECT_TRUE(arguments->Has("urgent"));
  EXPECT_EQ(*arguments->Number("page-size", 5), 20);
  EXPECT_THAT(arguments->operands(), ElementsAre("GROUP", "-"));
}

TEST(Arguments, TakesEverythingAfterTwoDashesAsOperands) {
  const auto arguments = Parse({"GROUP", "--", "--urgent", "-5 kg"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_FALSE(arguments->Has("urgent"));
  EXPECT_THAT(arguments->operands(), ElementsAre("GROUP", "--urgent", "-5 kg"));
}

TEST(Arguments, ListsRepeatedAndCommaPartedValues) {
  const auto arguments = Parse({"--name", "a,b", "--name=c", "--name", ""});
  ASSERT_TRUE(arguments.ok());
  EXPECT_THAT(arguments->List("name"), ElementsAre("a", "b", "c"));
  EXPECT_EQ(arguments->Get("name"), "");
}

TEST(Arguments, RefusesWhatItDoesNotKnow) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{
           {"--nmae", "x"}, {"-u"}, {"--urgent=yes"}, {"--name"}}) {
    const auto arguments = Parse(words);
    EXPECT_TRUE(IsUsageError(arguments.status())) << words[0];
    EXPECT_EQ(ExitCodeOf(arguments.status()), kExitUsage);
  }
}

TEST(Arguments, SaysWhichOptionIsNeededOrNoNumber) {
  const auto arguments = Parse({"--page-size", "-1"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_THAT(std::string(arguments->Require("name").status().message()),
              HasSubstr("--name"));
  EXPECT_TRUE(IsUsageError(arguments->Number("page-size", 5).status()));
  EXPECT_EQ(*arguments->Number("absent", 5), 5);
}

TEST(ExitCodeOf, TellsTheClassesOfErrorsApart) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCodeOf(UsageError("x")), 2);
  EXPECT_EQ(ExitCodeOf(absl::UnauthenticatedError("x")), 3);
  EXPECT_EQ(ExitCodeOf(absl::PermissionDeniedError("x")), 4);
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("x")), 5);
  EXPECT_EQ(ExitCodeOf(absl::InvalidArgumentError("x")), 6);
  EXPECT_EQ(ExitCodeOf(absl::FailedPreconditionError("x")), 7);
  EXPECT_EQ(ExitCodeOf(absl::AlreadyExistsError("x")), 7);
  EXPECT_EQ(ExitCodeOf(absl::AbortedError("x")), 7);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("x")), 8);
  EXPECT_EQ(ExitCodeOf(absl::ResourceExhaustedError("x")), 8);
  EXPECT_EQ(ExitCodeOf(absl::DeadlineExceededError("x")), 8);
  EXPECT_EQ(ExitCodeOf(absl::DataLossError("x")), 9);
  EXPECT_EQ(ExitCodeOf(absl::InternalError("x")), 9);
}

}  // namespace
}  // namespace renkei::client
