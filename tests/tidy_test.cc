// The style is a test: first the rules themselves, then the project.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/tidy/rules.h"

namespace renkei::tidy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Complaints Include(const std::string& path, const std::string& header) {
  return CheckIncludes({path, absl::StrCat("#include ", header, "\n")});
}

TEST(CheckIncludes, AllowsAFolderItselfAndWhatIsListed) {
  EXPECT_THAT(Include("server/domain/call.h", "\"server/domain/audit.h\""),
              IsEmpty());
  EXPECT_THAT(Include("server/domain/call.h", "\"storage/store.h\""),
              IsEmpty());
  EXPECT_THAT(Include("storage/store.h", "\"storage/crypto/aead.h\""),
              IsEmpty());
  EXPECT_THAT(Include("tests/server/a_test.cc", "\"server/rpc/calls.h\""),
              IsEmpty());
}

TEST(CheckIncludes, RefusesUpwardAndSidewayIncludes) {
  for (const auto& [path, header] :
       std::vector<std::pair<std::string, std::string>>{
           {"storage/base/id.h", "\"storage/store.h\""},
           {"storage/crypto/aead.h", "\"storage/store.h\""},
           {"storage/store.cc", "\"server/domain/call.h\""},
           {"server/domain/messages.cc", "\"server/rpc/calls.h\""},
           {"server/domain/messages.cc", "\"renkei/v1/message.pb.h\""},
           {"storage/store.cc", "\"renkei/v1/message.pb.h\""},
           {"server/rpc/calls.cc", "\"server/config.h\""},
           {"client/client.cc", "\"server/domain/call.h\""},
           {"client/client.cc", "\"renkei/storage/v1/records.pb.h\""},
           {"client/audit/main.cc", "\"renkei/v1/audit.pb.h\""},
           {"server/main.cc", "\"tests/support/world.h\""},
           {"tests/bench/yardsticks/a.cc", "\"storage/store.h\""},
           {"tests/bench/load/a.cc", "\"renkei/v1/message.pb.h\""},
           {"server/main.cc", "\"config.h\""},
           {"server/rpc/calls.cc", "\"server/rpc/../config.h\""},
           {"server/rpc/calls.cc", "<server/rpc/calls.h>"}}) {
    EXPECT_THAT(Include(path, header),
                ElementsAre(HasSubstr("may not include")))
        << path << " " << header;
  }
}

TEST(CheckIncludes, KeepsForeignLibrariesInTheirRooms) {
  EXPECT_THAT(Include("storage/crypto/aead.cc", "<openssl/evp.h>"), IsEmpty());
  EXPECT_THAT(Include("storage/engine.cc", "\"rocksdb/db.h\""), IsEmpty());
  EXPECT_THAT(Include("server/main.cc", "\"grpcpp/server.h\""), IsEmpty());
  EXPECT_THAT(Include("tests/support/disk.h", "\"rocksdb/env.h\""), IsEmpty());
  EXPECT_THAT(Include("tests/bench/yardsticks/a.cc", "\"rocksdb/db.h\""),
              IsEmpty());
  for (const auto& [path, header] :
       std::vector<std::pair<std::string, std::string>>{
           {"storage/store.cc", "<openssl/evp.h>"},
           {"server/domain/sessions.cc", "<argon2.h>"},
           {"server/domain/sessions.cc", "<liboath/oath.h>"},
           {"storage/key_store.cc", "\"rocksdb/db.h\""},
           {"server/domain/sync.cc", "\"rocksdb/db.h\""},
           {"server/domain/sync.cc", "<grpcpp/grpcpp.h>"},
           {"storage/store.cc", "\"grpc/grpc.h\""},
           {"client/audit/main.cc", "<grpcpp/grpcpp.h>"},
           {"storage/store.cc", "\"absl/synchronization/mutex.h\""}}) {
    EXPECT_THAT(Include(path, header), SizeIs(1)) << path << " " << header;
  }
}

TEST(CheckHeaderOpening, WantsASentenceAndPragmaOnce) {
  EXPECT_THAT(CheckHeaderOpening({"a.h", "// What it is.\n#pragma once\n"}),
              IsEmpty());
  EXPECT_THAT(CheckHeaderOpening({"a.h", "#ifndef A\n"}), SizeIs(2));
}

TEST(CheckNames, RefusesNamesThatSayNothing) {
  EXPECT_THAT(CheckNames({"a.h", "class KeyManager {\n"}), SizeIs(1));
  EXPECT_THAT(CheckNames({"a.h", "struct GUARDED(x) StoreImpl : Store {\n"}),
              SizeIs(1));
  EXPECT_THAT(CheckNames({"a.h", "using PatientData = int;\n"}), SizeIs(1));
  EXPECT_THAT(CheckNames({"a.h", "enum class IState { kA };\n"}), SizeIs(1));
  EXPECT_THAT(CheckNames({"storage/time_utils.h", ""}), SizeIs(1));
  EXPECT_THAT(CheckNames({"a.h",
                          "class Database {}; struct Id {}; // class Helper {\n"
                          "using rocksdb::FileSystemWrapper;\n"}),
              IsEmpty());
}

TEST(CheckTypes, RefusesTheTypesThatDoNotConvert) {
  EXPECT_THAT(CheckTypes({"a.h", "void F(std::string_view a);\n"}), SizeIs(1));
  EXPECT_THAT(CheckTypes({"a.cc", "absl::optional<int> a;\n"}), SizeIs(1));
  EXPECT_THAT(CheckTypes({"server/rpc/a.h", "std::mutex m;\n"}), SizeIs(1));
  EXPECT_THAT(CheckTypes({"storage/base/mutex.h", "std::mutex m;\n"}),
              IsEmpty());
  EXPECT_THAT(CheckTypes({"a.h", "// no std::string_view\n"}), IsEmpty());
}

TEST(CheckReminders, SendsThemToTheIssues) {
  EXPECT_THAT(CheckReminders({"a.cc", absl::StrCat("// TO", "DO: later\n")}),
              SizeIs(1));
  EXPECT_THAT(CheckReminders({"a.cc", "// All done.\n"}), IsEmpty());
}

TEST(CheckDefaultArguments, WantsThemSaidInDomainAndRpc) {
  const std::string with_default = "void Send(Call& call,\n    int n = 1);\n";
  EXPECT_THAT(CheckDefaultArguments({"server/domain/a.h", with_default}),
              SizeIs(1));
  EXPECT_THAT(CheckDefaultArguments({"storage/a.h", with_default}), IsEmpty());
  EXPECT_THAT(
      CheckDefaultArguments(
          {"server/rpc/a.h",
           "void Send(int n);\nint n = 1;\nfor (int i = 0; i < 2; ++i) {}\n"}),
      IsEmpty());
}

TEST(CheckLength, StopsGrowingFiles) {
  EXPECT_THAT(CheckLength({"a.cc", std::string(kFileLinesMax, '\n')}),
              IsEmpty());
  EXPECT_THAT(CheckLength({"a.cc", std::string(kFileLinesMax + 1, '\n')}),
              SizeIs(1));
}

TEST(CheckListed, FindsSourcesThatNothingBuilds) {
  const std::vector<SourceFile> lists = {
      {"CMakeLists.txt", "storage/lost.cc"},
      {"storage/CMakeLists.txt", "add_library(s base/id.cc\n  store.cc)"},
      {"tests/CMakeLists.txt", "renkei_test(storage/id_test renkei_base)"}};
  EXPECT_THAT(CheckListed({"storage/base/id.cc", ""}, lists), IsEmpty());
  EXPECT_THAT(CheckListed({"storage/store.cc", ""}, lists), IsEmpty());
  EXPECT_THAT(CheckListed({"tests/storage/id_test.cc", ""}, lists), IsEmpty());
  EXPECT_THAT(CheckListed({"storage/lost.cc", ""}, lists), SizeIs(1));
}

TEST(CheckConfigFieldsAreRead, NamesTheFieldNobodyReads) {
  const SourceFile proto = {"config.proto",
                            "message A {\n  string data_dir = 1;\n  oneof x {\n"
                            "    string key = 2;\n  }\n}\n"};
  EXPECT_THAT(CheckConfigFieldsAreRead(
                  proto, {{"server/main.cc", "a.data_dir(); a.has_key();"}}),
              IsEmpty());
  EXPECT_THAT(
      CheckConfigFieldsAreRead(proto, {{"server/main.cc", "a.data_dir();"},
                                       {"tests/a_test.cc", "a.key();"}}),
      ElementsAre(HasSubstr("nobody reads key")));
}

TEST(CheckTree, FindsAPlantedViolation) {
  const std::filesystem::path root =
      std::filesystem::path(::testing::TempDir()) / "renkei_tidy_test";
  std::filesystem::create_directories(root / "storage");
  std::ofstream(root / "storage" / "CMakeLists.txt") << "store.cc\n";
  std::ofstream(root / "storage" / "store.cc")
      << "#include \"server/rpc/calls.h\"\n";
  EXPECT_THAT(CheckTree(ReadTree(root)),
              ElementsAre("storage/store.cc: may not include "
                          "server/rpc/calls.h"));
  std::filesystem::remove_all(root);
}

TEST(Renkei, KeepsItsOwnRules) {
  const std::vector<SourceFile> files = ReadTree(RENKEI_SOURCE_DIR);
  ASSERT_GT(files.size(), 20U);
  for (const SourceFile& file : files) {
    const int lines = LinesOf(file.text);
    if (lines > kFileLinesSmell && file.path.find(".proto") == file.path.npos) {
      std::cout << "smell: " << file.path << " has " << lines << " lines\n";
    }
  }
  const Complaints complaints = CheckTree(files);
  EXPECT_THAT(complaints, IsEmpty()) << absl::StrJoin(complaints, "\n");
}

}  // namespace
}  // namespace renkei::tidy
