#include "client/session_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/private_file.h"
#include "client/secret_input.h"
#include "gtest/gtest.h"

namespace renkei::client {
namespace {

class SessionFileTest : public testing::Test {
 protected:
  SessionFileTest()
      : folder_(absl::StrCat(
            testing::TempDir(), "/",
            testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::remove_all(folder_);
  }

  SessionFile Open() const { return *SessionFile::Open(folder_, "nurse"); }

  const std::string folder_;
};

TEST_F(SessionFileTest, KeepsWhatWasWritten) {
  SessionFile file = Open();
  EXPECT_EQ(file.Read()->server, "");
  EXPECT_TRUE(absl::IsUnauthenticated(file.Load().status()));
  ASSERT_TRUE(file.Change([](Profile& profile) {
                    profile.server = "localhost:8443";
                    profile.person = "networks/n/people/p";
                    profile.tokens = {"a=b", absl::FromUnixSeconds(1000), "r"};
                    return absl::OkStatus();
                  })
                  .ok());
  const Profile profile = *Open().Read();
  EXPECT_EQ(profile.server, "localhost:8443");
  EXPECT_EQ(profile.person, "networks/n/people/p");
  EXPECT_EQ(profile.tokens.access_token, "a=b");
  EXPECT_EQ(profile.tokens.access_expires_at, absl::FromUnixSeconds(1000));
  EXPECT_EQ(Open().Load()->refresh_token, "r");
}

TEST_F(SessionFileTest, IsForItsOwnerOnly) {
  SessionFile file = Open();
  ASSERT_TRUE(file.Change([](Profile&) { return absl::OkStatus(); }).ok());
  struct stat status {};
  ASSERT_EQ(stat(absl::StrCat(folder_, "/nurse.session").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  ASSERT_EQ(stat(folder_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

TEST_F(SessionFileTest, ChangesNothingWhenTheChangeFails) {
  SessionFile file = Open();
  EXPECT_FALSE(file.Change([](Profile& profile) {
                     profile.server = "x";
                     return absl::AbortedError("no");
                   })
                   .ok());
  EXPECT_EQ(file.Read()->server, "");
  EXPECT_FALSE(file.Change([](Profile& profile) {
                     profile.server = "two\nlines";
                     return absl::OkStatus();
                   })
                   .ok());
  EXPECT_EQ(file.Read()->server, "");
}

TEST_F(SessionFileTest, LetsOneAtATimeReplaceTheTokens) {
  ASSERT_TRUE(Open()
                  .Change([](Profile& profile) {
                    profile.tokens = {"0", absl::InfinitePast(), "0"};
                    return absl::OkStatus();
                  })
                  .ok());
  constexpr int kThreads = 4;
  constexpr int kRounds = 10;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this] {
      for (int round = 0; round < kRounds; ++round) {
        const absl::Status replaced =
            Open().Replace([](const Tokens& current) -> absl::StatusOr<Tokens> {
              Tokens next = current;
              next.refresh_token =
                  absl::StrCat(std::stoi(current.refresh_token) + 1);
              return next;
            });
        EXPECT_TRUE(replaced.ok());
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(Open().Load()->refresh_token, absl::StrCat(kThreads * kRounds));
}

TEST_F(SessionFileTest, RefusesForeignFilesAndNames) {
  EXPECT_FALSE(SessionFile::Open(folder_, "../etc").ok());
  EXPECT_FALSE(SessionFile::Open(folder_, "").ok());
  SessionFile file = Open();
  std::ofstream(absl::StrCat(folder_, "/nurse.session")) << "hello\n";
  EXPECT_TRUE(absl::IsDataLoss(file.Read().status()));
}

TEST_F(SessionFileTest, ReadsTheFirstLineOfASecretFile) {
  ASSERT_TRUE(MakePrivateFolder(folder_).ok());
  const std::string path = absl::StrCat(folder_, "/password");
  ASSERT_TRUE(WritePrivateFile(path, "ながい合言葉です 1\r\nmore\n").ok());
  EXPECT_EQ(*ReadSecret(path, "password"), "ながい合言葉です 1");
  ASSERT_TRUE(WritePrivateFile(path, "\n").ok());
  EXPECT_FALSE(ReadSecret(path, "password").ok());
  EXPECT_TRUE(absl::IsNotFound(ReadSecret(path + "x", "p").status()));
}

}  // namespace
}  // namespace renkei::client
