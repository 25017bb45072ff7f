// The report for a patient, from a whole server and by the command line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "client/command_line.h"
#include "client/session_file.h"
#include "renkei/v1/sync.grpc.pb.h"
#include "tests/support/live_network.h"
#include "tests/support/status_matchers.h"

namespace renkei::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Messages = v1::MessageService::Stub;

class DisclosureLiveTest : public ::testing::Test {
 protected:
  DisclosureLiveTest() {
    server_.Init("ちょうふ", "office");
    server_.Start();
    team_ = testing::MakeLiveNetwork(server_, "");
    testing::Send(server_, team_, team_.nurse, "変わりありません");
    v1::ListMessagesRequest list;
    list.set_parent(team_.group);
    list.set_lane(v1::LANE_PROFESSIONAL);
    server_.Call(team_.care_manager.tokens, &Messages::ListMessages, list);
    v1::ListMessagesResponse nothing;
    EXPECT_FALSE(
        server_
            .Try(team_.stranger.tokens, &Messages::ListMessages, list, nothing)
            .ok());
    // A server that stops signs what its log has.
    server_.Stop();
    server_.Start();
  }

  // Runs `renkei audit disclosure` as the administrator of the hosting clinic.
  std::string Disclose(const std::string& file,
                       std::vector<std::string> options) {
    const std::string home = server_.folder() + "/home";
    const SessionFile session =
        testing::Must(SessionFile::Open(home, "default"));
    EXPECT_OK(session.Change([&](Profile& profile) {
      profile.server = absl::StrCat("unix:", server_.config().socket_path());
      profile.network = server_.network();
      profile.person = team_.physician.name;
      profile.device_id = "tablet";
      profile.tokens.access_token = team_.physician.tokens.access_token();
      profile.tokens.refresh_token = team_.physician.tokens.refresh_token();
      profile.tokens.access_expires_at = absl::InfiniteFuture();
      return absl::OkStatus();
    }));
    std::vector<std::string> words = {"audit", "disclosure", team_.patient,
                                      server_.folder() + "/" + file};
    words.insert(words.end(), options.begin(), options.end());
    std::ostringstream out;
    std::ostringstream err;
    const Environment environment = [&](absl::string_view name) {
      return name == "RENKEI_HOME" ? home : std::string();
    };
    EXPECT_EQ(RunCommandLine(words, environment, out, err), 0) << err.str();
    std::ifstream written(words[3], std::ios::binary);
    return {std::istreambuf_iterator<char>(written), {}};
  }

  testing::LiveServer server_{"disclosure_live_test"};
  testing::LiveNetwork team_;
};

TEST_F(DisclosureLiveTest, IsWrittenForThePatientByTheHostingFacility) {
  const std::string page = Disclose("kaiji.html", {});
  EXPECT_THAT(page, HasSubstr("国領 キヨ 様"));
  const size_t denied = page.find("2. システムが断った操作");
  ASSERT_NE(denied, std::string::npos);
  const std::string handled = page.substr(0, denied);
  EXPECT_THAT(handled, HasSubstr("染地 花"));
  EXPECT_THAT(handled, HasSubstr("訪問看護師"));
  EXPECT_THAT(handled, HasSubstr("訪問看護たまがわ"));
  EXPECT_THAT(handled, HasSubstr("布田 みどり"));
  EXPECT_THAT(handled, HasSubstr("投稿の閲覧"));
  EXPECT_THAT(handled, Not(HasSubstr("百日 紅")));
  EXPECT_THAT(page.substr(denied), HasSubstr("百日 紅"));
  EXPECT_THAT(page, HasSubstr("renkei/" + server_.network().substr(9) + "/"));
  struct stat file = {};
  ASSERT_EQ(stat((server_.folder() + "/kaiji.html").c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);

  const std::string csv = Disclose("kaiji.csv", {"--csv"});
  EXPECT_THAT(csv, HasSubstr("\"扱った\",\"布田 みどり\",\"介護支援専門員"));
  EXPECT_THAT(csv, HasSubstr("\"断られた\",\"百日 紅\",\"薬剤師\""));

  // Nothing of it was before last year.
  EXPECT_THAT(Disclose("early.html", {"--until", "2020-01-01"}),
              HasSubstr("扱った人はいません"));
}

}  // namespace
}  // namespace renkei::client
