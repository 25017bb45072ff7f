#include "client/audit/checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace renkei::audit {
namespace {

using ::testing::HasSubstr;

constexpr const char* kYes = "{\"ok\":true,\"why\":\"\"}";

// From the corpus that certificate transparency's verifiers are tested with.
const std::string& Inclusion() {
  static const auto& line = *new std::string(
      R"({"type":"inclusion","leafIndex":5,"treeSize":8,)"
      R"("leafHash":"QnGia+DYqE8L1UyMMC58s6O10fpngKQLzOKHNHfatlg=",)"
      R"("root":"XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=","proof":[)"
      R"("vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=",)"
      R"("yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=",)"
      R"("037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc="]})");
  return line;
}
const std::string& Consistency() {
  static const auto& line = *new std::string(
      R"({"type":"consistency","size1":1,"size2":8,)"
      R"("root1":"bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=",)"
      R"("root2":"XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=","proof":[)"
      R"("lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=",)"
      R"("Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=",)"
      R"("a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ="]})");
  return line;
}
constexpr const char* kOneLeaf =
    R"({"type":"consistency","size1":1,"size2":1,)"
    R"("root1":"bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=",)"
    R"("root2":"bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=","proof":null})";

std::string With(const std::string& line, const std::string& from,
                 const std::string& to) {
  std::string changed = absl::StrReplaceAll(line, {{from, to}});
  EXPECT_NE(changed, line) << from;
  return changed;
}

TEST(ProofCheck, TakesPublishedProofs) {
  EXPECT_EQ(AnswerProofLine(Inclusion()), kYes);
  EXPECT_EQ(AnswerProofLine(Consistency()), kYes);
  EXPECT_EQ(AnswerProofLine(kOneLeaf), kYes);
}

TEST(ProofCheck, TakesANullOrMissingProofAsEmpty) {
  EXPECT_EQ(AnswerProofLine(With(kOneLeaf, R"(,"proof":null)", "")), kYes);
  EXPECT_EQ(AnswerProofLine(With(kOneLeaf, "null", "[]")), kYes);
  EXPECT_THAT(AnswerProofLine(With(With(kOneLeaf, R"(size2":1)", R"(size2":2)"),
                                   R"(,"proof":null)", "")),
              HasSubstr("too short"));
}

TEST(ProofCheck, IgnoresUnknownFieldsAndSpace) {
  EXPECT_EQ(
      AnswerProofLine(With(
          kOneLeaf, "{",
          R"( { "desc" : [ {"a":-1.5e3} , "\u00e9\ud83d\ude00\n" ] , "wantErr": false,)")),
      kYes);
  EXPECT_EQ(AnswerProofLine(With(kOneLeaf, R"("proof")", R"("\u0070roof")")),
            kYes);
}

TEST(ProofCheck, AnswersEveryLine) {
  EXPECT_EQ(AnswerProofLines(""), "");
  EXPECT_EQ(AnswerProofLines(absl::StrCat(kOneLeaf, "\n", kOneLeaf)),
            absl::StrCat(kYes, "\n", kYes, "\n"));
  const std::string answers =
      AnswerProofLines(absl::StrCat(kOneLeaf, "\n\n", kOneLeaf, "\r\n"));
  EXPECT_EQ(std::count(answers.begin(), answers.end(), '\n'), 3);
  EXPECT_THAT(answers, HasSubstr("{\"ok\":false,\"why\":\"not JSON"));
}

TEST(ProofCheck, RefusesWhatDoesNotProve) {
  for (const std::string& line :
       {With(Inclusion(), "leafIndex\":5", "leafIndex\":4"),
        With(Inclusion(), "leafIndex\":5", "leafIndex\":8"),
        With(Inclusion(), "leafIndex\":5", "leafIndex\":18446744073709551615"),
        With(Inclusion(), "treeSize\":8", "treeSize\":16"),
        With(Inclusion(), "treeSize\":8", "treeSize\":0"),
        With(Inclusion(), "Xcna", "Xcnb"), With(Inclusion(), "QnGi", "AAAA"),
        With(Inclusion(), "vBoG", "vBoH"),
        With(Inclusion(), R"("proof":[)", R"("proof":["",)"),
        With(Consistency(), "size1\":1", "size1\":0"),
        With(Consistency(), "size1\":1", "size1\":9"),
        With(Consistency(), "size2\":8", "size2\":16"),
        With(Consistency(), "bjQL", "bjQM"),
        With(Consistency(), "XcnaeacG", "XcnaeacH")}) {
    EXPECT_THAT(AnswerProofLine(line), HasSubstr("\"ok\":false")) << line;
  }
}

TEST(ProofCheck, RefusesEveryMalformedLine) {
  const std::string good = kOneLeaf;
  for (const std::string& line :
       {std::string(),
        std::string(" "),
        std::string("null"),
        std::string("[]"),
        std::string("{}"),
        std::string("{"),
        std::string(R"({"type":null})"),
        std::string(R"({"type":"other"})"),
        good + "x",
        good + good,
        good.substr(0, good.size() - 1),
        With(good, "}", ",}"),
        With(good, "}", R"(,"size1":1})"),
        With(good, R"(size1":1)", R"(size1":"1")"),
        With(good, R"(size1":1)", R"(size1":1.0)"),
        With(good, R"(size1":1)", R"(size1":1e0)"),
        With(good, R"(size1":1)", R"(size1":01)"),
        With(good, R"(size1":1)", R"(size1":+1)"),
        With(good, R"(size1":1)", R"(size1":-1)"),
        With(good, R"(size1":1)", R"(size1":18446744073709551617)"),
        With(good, R"(size1":1)", R"(size1":null)"),
        With(good, R"(size1":1,)", ""),
        With(good, "null", "{}"),
        With(good, "null", "\"\""),
        With(good, "null", "[null]"),
        With(good, "null", "[1]"),
        With(good, "null", "nul"),
        With(good, R"(root1":"bj)", R"(root1":"bj )"),
        With(good, R"(root1":"bj)", R"(root1":"bj\n)"),
        With(good, "oB0=", "oB0"),
        With(good, "oB0=", "oB1="),
        With(good, "oB0=", "oB0=="),
        With(good, "oB0=", "oA=="),
        With(good, "{", "{\"x\":\"\xFF\","),
        With(good, "{", "{\"x\":\"\t\","),
        With(good, "{", R"({"x":"\x",)"),
        With(good, "{", R"({"x":"\ud800",)"),
        With(good, "{", R"({"x":"\u12",)"),
        With(good, "{", R"({"x":.5,)"),
        With(good, "{", R"({"x":5.,)"),
        With(good, "{", R"({"x":-,)"),
        With(good, "{", R"({"x":1e,)"),
        With(good, "{", R"({'x':1,)"),
        With(good, "{", "{\"x\":" + std::string(100000, '[') + ",")}) {
    EXPECT_THAT(AnswerProofLine(line), HasSubstr("\"ok\":false")) << line;
  }
}

}  // namespace
}  // namespace renkei::audit
