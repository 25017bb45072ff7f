// Nothing of a record is readable on disk: every field of every table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/message.h"
#include "storage/crypto/random.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tables.h"
#include "tests/support/traces.h"
#include "tests/support/world.h"

namespace renkei::storage {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;
using ::renkei::testing::FindTraces;
using ::testing::IsEmpty;
using ::testing::Not;

std::string Canary(absl::string_view field) {
  std::string random(12, '\0');
  crypto::FillRandom(
      absl::MakeSpan(reinterpret_cast<uint8_t*>(random.data()), random.size()));
  return absl::StrCat("金糸雀 ", field, " ", absl::BytesToHexString(random));
}

// Puts a canary into every string and bytes field, two into a repeated one, and
// does the same in the messages inside.
void Fill(Message& message, std::set<std::string>& canaries) {
  const Reflection& access = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    const int times = field->is_repeated() ? 2 : 1;
    for (int time = 0; time < times; ++time) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        const std::string canary = Canary(field->full_name());
        canaries.insert(canary);
        field->is_repeated() ? access.AddString(&message, field, canary)
                             : access.SetString(&message, field, canary);
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        Fill(field->is_repeated() ? *access.AddMessage(&message, field)
                                  : *access.MutableMessage(&message, field),
             canaries);
      }
    }
  }
}

class RecordsSealedTest : public ::testing::Test {
 protected:
  RecordsSealedTest()
      : folder_(absl::StrCat(::testing::TempDir(), "/renkei-records-sealed-",
                             getpid())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~RecordsSealedTest() override { std::filesystem::remove_all(folder_); }

  const std::string folder_;
};

TEST_F(RecordsSealedTest, ShowNothingOfAnyFieldOnDisk) {
  testing::World world(folder_);
  const GroupId group = GroupId::Make(world.now(), {7, 7, 7, 7, 7});
  world.AddGroupKey(group);
  std::set<std::string> canaries;
  world.Change([&](Transaction& tx) {
    absl::Status status;
    testing::VisitTables([&](const auto& table) {
      using Table = std::decay_t<decltype(table)>;
      typename Table::KeyType key;
      if constexpr (requires { key.network; }) {
        key.network = world.network();
      }
      if constexpr (requires { key.group; }) {
        key.group = group;
      }
      typename Table::RecordType record;
      Fill(record, canaries);
      status.Update(tx.Put(table, key, record));
    });
    return status;
  });
  EXPECT_GT(canaries.size(), 130u);
  EXPECT_THAT(FindTraces(canaries, folder_), IsEmpty()) << "in the log";
  // What is found if it is there: an id in the clear.
  const std::set<std::string> id = {std::string(group.bytes())};
  EXPECT_THAT(FindTraces(id, folder_), Not(IsEmpty()));
  world.Close();
  ASSERT_OK(world.Open());
  EXPECT_THAT(FindTraces(canaries, folder_), IsEmpty()) << "in the tables";
  EXPECT_THAT(FindTraces(id, folder_), Not(IsEmpty()));
}

TEST(Traces, AreFoundInEveryForm) {
  const std::string text = "国領 キヨ 8173640925";
  const std::set<std::string> texts = {text};
  EXPECT_THAT(FindTraces(texts, "", "nothing"), IsEmpty());
  EXPECT_THAT(FindTraces(texts, "", absl::StrCat("x", text, "y")),
              Not(IsEmpty()));
  EXPECT_THAT(FindTraces(texts, "", absl::BytesToHexString(text)),
              Not(IsEmpty()));
  for (const char* before : {"", "a", "ab", "abc"}) {
    EXPECT_THAT(FindTraces(texts, "",
                           absl::Base64Escape(absl::StrCat(before, text, "z"))),
                Not(IsEmpty()))
        << before;
  }
}

}  // namespace
}  // namespace renkei::storage
