// When the audit log cannot be written nothing is answered: every method, found
// by its descriptor, is called rightly on the whole server while its event
// cannot be kept, and nothing of what people wrote leaves, nothing is changed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <future>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "renkei/v1/admin.pb.h"
#include "renkei/v1/sync.pb.h"
#include "server/domain/audit_tree.h"
#include "server/opened_store.h"
#include "server/rpc/method_rules.h"
#include "storage/base/status_macros.h"
#include "tests/support/api_messages.h"
#include "tests/support/every_call.h"
#include "tests/support/raw_call.h"
#include "tests/support/real_folder.h"
#include "tests/support/rpc_world.h"
#include "tests/support/status_matchers.h"
#include "tests/support/stored_rows.h"
#include "tests/support/traces.h"

namespace renkei::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::IsEmpty;
using ::testing::Not;
using Rows = std::map<std::string, std::string>;

constexpr char kTag[] = ".0f7a31c9";

// The methods that answer without an event, and why they may.
const std::map<std::string, std::string>& Unrecorded() {
  static const auto& methods = *new std::map<std::string, std::string>{
      {"AdminService/GetServerInfo", "no record is looked at"},
      {"DirectoryService/ListProfessions", "a published list, no record"},
      {"SessionService/GetCurrentPerson", "the caller's own account"},
      {"MessageService/ListUnread", "numbers, and never a text or a name"},
      {"AuditService/GetCheckpoint", "a signed hash, made to be shown around"},
      {"AuditService/GetConsistencyProof", "hashes alone"},
  };
  return methods;
}

// No file of this process grows meanwhile: every write to one fails, as on a
// disk that is broken. Sockets do not care.
class BrokenDisk {
 public:
  BrokenDisk() : signal_before_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit none{0, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &none);
  }
  ~BrokenDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, signal_before_);
  }
  BrokenDisk(const BrokenDisk&) = delete;
  BrokenDisk& operator=(const BrokenDisk&) = delete;

 private:
  rlimit before_{};
  void (*const signal_before_)(int);
};

// The rows that the methods could have changed: not those of the server's own
// log, which have the zero id for a network, not how the store was closed, and
// not what was signed of the log.
Rows OfNetworks(Rows rows) {
  const std::string zero(kIdBytes, '\0');
  for (auto row = rows.begin(); row != rows.end();) {
    const size_t key = row->first.find(' ') + 1;
    const bool other = row->first.compare(key + 1, kIdBytes, zero) == 0 ||
                       absl::StartsWith(row->first, "default ") ||
                       absl::StartsWith(row->first, "audit C");
    row = other ? rows.erase(row) : std::next(row);
  }
  return rows;
}

// Column family and table of each row that is not the same.
std::vector<std::string> Changed(const Rows& before, const Rows& after) {
  std::vector<std::string> tables;
  const auto note = [&tables](const Rows& rows, const Rows& others) {
    for (const auto& [key, value] : rows) {
      const auto other = others.find(key);
      if (other == others.end() || other->second != value) {
        tables.push_back(key.substr(0, key.find(' ') + 2));
      }
    }
  };
  note(before, after);
  note(after, before);
  return tables;
}

class FailClosedTest : public ::testing::Test {
 protected:
  FailClosedTest() : server_("fail-closed-test") {
    server_.Init(absl::StrCat("ちょうふ", kTag), absl::StrCat("office", kTag));
    server_.Start();
    LiveNetwork team = MakeLiveNetwork(server_, kTag);
    calls_ = PrepareEveryCall(server_, team, kTag);
    server_.Stop();
    network_ = *NetworkId::FromText(
        server_.network().substr(server_.network().rfind('/') + 1));
  }

  // Everything but the programs' own sockets.
  void Copy(const std::string& from, const std::string& to) {
    for (const char* part : {"messages", "keys", "audit_mark", "checkpoints"}) {
      fs::remove_all(absl::StrCat(to, "/", part));
      fs::create_directories(to);
      fs::copy(absl::StrCat(from, "/", part), absl::StrCat(to, "/", part),
               fs::copy_options::recursive);
    }
  }
  void Keep() { Copy(server_.folder(), server_.folder() + "/kept"); }
  void PutBack() { Copy(server_.folder() + "/kept", server_.folder()); }

  // The tree over a log gets a leaf that the log does not have: what is in it
  // stays as it was and provable, and no event can be appended any more.
  void DamageLog(const NetworkId& network) {
    auto opened = server::OpenedStore::Open(
        server_.config(), *server::ReadRootKey(server_.config()),
        {[](const domain::Outcome&) {}, [](const absl::Status&) {}});
    ASSERT_OK(opened);
    std::promise<absl::Status> damaged;
    (*opened)->store().Write(
        storage::WriteKind::kRecordOnly,
        [&](storage::Transaction& tx) -> absl::Status {
          ASSIGN_OR_RETURN(const auto tree,
                           tx.Get(storage::kAuditTrees, {network}));
          return domain::AppendToTree(tx, network, tree.size(), "stray");
        },
        [&](const absl::Status& status) { damaged.set_value(status); });
    ASSERT_OK(damaged.get_future().get());
  }

  Rows StoredRows() {
    return OfNetworks(RowsOnDisk(server_.config().data_dir()));
  }

  static bool IsEnough(const std::string& frame) {
    v1::SyncFrame parsed;
    return parsed.ParseFromString(frame) && parsed.has_caught_up();
  }
  RawAnswer Make(const RightCall& call) {
    return CallRaw(
        server_.Connect(), call.method, call.tokens, *call.request,
        call.method == "SyncService/Sync" ? IsEnough : [](const std::string&) {
          return false;
        });
  }
  RawAnswer MakeAsOperator(const std::string& method,
                           const google::protobuf::Message& request) {
    return CallRaw(server_.ConnectAsOperator(), method, {}, request,
                   [](const std::string&) { return false; });
  }

  // An error, and nothing in it.
  static void ExpectNothing(const std::string& method,
                            const RawAnswer& answer) {
    EXPECT_THAT(
        answer.status.error_code(),
        AnyOf(grpc::StatusCode::INTERNAL, grpc::StatusCode::UNAVAILABLE))
        << method << ": " << answer.status.error_message();
    EXPECT_THAT(answer.messages, IsEmpty()) << method;
    EXPECT_THAT(FindTraces({kTag}, method,
                           absl::StrCat(answer.status.error_message(), " ",
                                        answer.status.error_details())),
                IsEmpty());
  }

  LiveServer server_;
  NetworkId network_;
  std::vector<RightCall> calls_;
};

TEST_F(FailClosedTest, EveryMethodIsCalledOrSaysWhyItWritesNoEvent) {
  const auto rules = rpc::MethodRules::Load();
  ASSERT_OK(rules);
  std::set<std::string> unrecorded;
  std::set<std::string> recorded;
  for (const auto* method : EveryMethod()) {
    const std::string name =
        absl::StrCat(method->service()->name(), "/", method->name());
    const bool writes =
        rules->Of(method->input_type()).event_type != v1::AUDIT_EVENT_TYPE_NONE;
    (writes ? recorded : unrecorded).insert(name);
  }
  for (const auto& [method, reason] : Unrecorded()) {
    EXPECT_EQ(unrecorded.erase(method), 1u) << method << " writes an event";
  }
  EXPECT_THAT(unrecorded, IsEmpty()) << "write no event; why?";
  std::set<std::string> called;
  for (const RightCall& call : calls_) {
    EXPECT_TRUE(called.insert(call.method).second) << call.method << " twice";
    recorded.erase(call.method);
  }
  EXPECT_THAT(recorded, IsEmpty()) << "need a call in every_call.cc";
  // The operator's: the tests below call both.
  EXPECT_EQ(v1::ServerInfo::descriptor()
                ->file()
                ->FindServiceByName("OperatorService")
                ->method_count(),
            2);
}

TEST_F(FailClosedTest, NothingLeavesAndNothingChangesWithoutItsEvent) {
  Keep();
  DamageLog(network_);
  const Rows before = StoredRows();
  server_.Start();
  for (const RightCall& call : calls_) {
    if (Unrecorded().count(call.method) == 0) {
      ExpectNothing(call.method, Make(call));
    }
  }
  server_.Stop();
  EXPECT_THAT(Changed(before, StoredRows()), IsEmpty());

  // It was the log alone: with it, each of the same requests is answered.
  PutBack();
  server_.Start();
  std::string answers;
  for (const RightCall& call : calls_) {
    const RawAnswer answer = Make(call);
    EXPECT_TRUE(answer.status.ok() || call.method == "SyncService/Sync")
        << call.method << ": " << answer.status.error_message() << " "
        << ReasonIn(answer.status);
    EXPECT_THAT(answer.messages, Not(IsEmpty())) << call.method;
    for (const std::string& message : answer.messages) {
      answers += message;
    }
  }
  EXPECT_THAT(FindTraces({kTag}, "answers", answers), Not(IsEmpty()));
}

TEST_F(FailClosedTest, NothingLeavesAndNothingChangesWhenTheDiskFails) {
  server_.AllowFences();
  const Rows before = StoredRows();
  for (const RightCall& call : calls_) {
    if (Unrecorded().count(call.method) == 0) {
      server_.Start();
      {
        const BrokenDisk broken;
        ExpectNothing(call.method, Make(call));
      }
      server_.Stop();
    }
  }
  EXPECT_THAT(Changed(before, StoredRows()), IsEmpty());
}

TEST_F(FailClosedTest, ABackupIsNotAnsweredWithoutItsEvent) {
  server_.AllowFences();
  server_.Start();
  v1::BackupRequest request;
  request.set_directory(server_.folder() + "/backups");
  {
    const BrokenDisk broken;
    ExpectNothing("Backup", MakeAsOperator("OperatorService/Backup", request));
  }
  server_.Stop();
}

TEST_F(FailClosedTest, AServerThatCannotRecordItsOpeningStaysSealed) {
  DamageLog(NetworkId());
  server_.StartSealed();
  v1::UnsealRequest unseal;
  unseal.set_key_file(RealFolder::ReadAll(server_.config().root_key_file()));
  const RawAnswer answer = MakeAsOperator("OperatorService/Unseal", unseal);
  EXPECT_FALSE(answer.status.ok());
  EXPECT_THAT(answer.messages, IsEmpty());
  for (const RightCall& call : calls_) {
    if (call.method != "AdminService/GetServerInfo") {
      EXPECT_EQ(ReasonIn(Make(call).status), "SERVER_SEALED") << call.method;
    }
  }
}

}  // namespace
}  // namespace renkei::testing
