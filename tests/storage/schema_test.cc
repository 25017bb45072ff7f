// What is on disk is for ever: tables, prefixes, keys and their order.
#include "storage/schema.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tests/support/tables.h"

namespace renkei::storage {
namespace {

using renkei::testing::VisitTables;

// One line a table: prefix, name, length of a key, record, and how it is kept.
// What stood here in a release must never change; new tables add lines.
constexpr char kGolden[] =
    R"(n networks 17 NetworkRecord entities network memory
h network_heads 17 NetworkHeadRecord entities network memory
f facilities 33 FacilityRecord entities network memory
u facility_numbers 49 FacilityRef entities network
p people 33 PersonRecord entities network memory
k credentials 33 CredentialsRecord entities network
F facility_people 49 Mark entities network keys_only
l logins 49 PersonRef entities network
o tokens 33 TokenRecord entities server memory
s sessions 33 SessionRecord entities network memory
S person_sessions 49 Mark entities network keys_only
P patients 33 PatientRecord entities network
i insured_numbers 49 PatientRef entities network
N patient_names 65 Mark entities network keys_only
g groups 33 GroupRecord entities group memory
H group_heads 33 GroupHeadRecord entities group memory catches_up
c consents 49 ConsentRecord entities group
t memberships 49 MembershipRecord entities group memory
G person_groups 49 PersonGroupRecord entities network
v invitations 49 InvitationRecord entities group
V person_invitations 49 GroupRef entities network
m messages 41 MessageRecord timeline group memory
T threads 41 ThreadRecord timeline group
M thread_messages 49 Mark timeline group keys_only
r receipts 57 ReceiptBlockRecord timeline group memory
e events 41 EventsRecord timeline network
y device_syncs 65 DeviceSyncRecord timeline network
q requests 53 RequestRecord audit network
a audit 25 AuditRecord audit network in_runs
d audit_details 25 AuditDetailsRecord audit network
x audit_index 42 Mark audit network keys_only
X audit_postings 42 AuditPostingsRecord audit network
A audit_trees 17 AuditTreeRecord audit network memory
B audit_tiles 26 AuditTileRecord audit network
C checkpoints 17 CheckpointRecord audit network
D denials 49 DenialRecord audit network
)";

constexpr absl::string_view kFamilies[] = {"entities", "timeline", "audit"};
constexpr absl::string_view kScopes[] = {"server", "network", "group"};

template <typename Key, typename Record>
std::string Describe(const Table<Key, Record>& table) {
  const TableFacts& facts = table.facts;
  return absl::StrCat(
      std::string(1, facts.prefix), " ", facts.name, " ",
      EncodeKey(facts, Key{}).size(), " ", Record::descriptor()->name(), " ",
      kFamilies[static_cast<size_t>(facts.family)], " ",
      kScopes[static_cast<size_t>(facts.scope)],
      facts.memory == Memory::kNone ? "" : " memory",
      facts.keys_only ? " keys_only" : "", facts.in_runs ? " in_runs" : "",
      facts.catch_up == nullptr ? "" : " catches_up", "\n");
}

TEST(Schema, IsWhatItWas) {
  std::string described;
  VisitTables([&](const auto& table) { described += Describe(table); });
  EXPECT_EQ(described, kGolden);
}

TEST(Schema, ListsEveryTable) {
  std::set<std::string> visited;
  VisitTables([&](const auto& table) { visited.insert(table.facts.name); });
  std::set<std::string> listed;
  for (const TableFacts& facts : kTables) {
    listed.insert(facts.name);
  }
  EXPECT_EQ(visited, listed);
  EXPECT_EQ(listed.size(), kTables.size());
}

// Or its records could not be told apart in a row (storage/row_run.h).
TEST(Schema, KeepsInRunsOnlyWhatIsOneFieldUnderANumber) {
  VisitTables(
      []<typename Key, typename Record>(const Table<Key, Record>& table) {
        if (!table.facts.in_runs) {
          return;
        }
        using Parts = decltype(std::declval<const Key&>().parts());
        using Last = std::tuple_element_t<std::tuple_size_v<Parts> - 1, Parts>;
        EXPECT_TRUE((std::is_same_v<std::remove_cvref_t<Last>, uint64_t>))
            << table.facts.name;
        const auto& record = *Record::descriptor();
        ASSERT_EQ(record.field_count(), 1) << table.facts.name;
        const auto& field = *record.field(0);
        EXPECT_EQ(field.number(), 1);
        EXPECT_EQ(field.type(), google::protobuf::FieldDescriptor::TYPE_BYTES);
        EXPECT_FALSE(field.is_repeated());
      });
}

TEST(Schema, LeavesNothingUnsealedButWhatHasNothingToSeal) {
  VisitTables(
      []<typename Key, typename Record>(const Table<Key, Record>& table) {
        EXPECT_EQ(table.facts.keys_only, (std::is_same_v<Record, v1::Mark>))
            << table.facts.name;
      });
  EXPECT_EQ(v1::Mark::descriptor()->field_count(), 0);
}

TEST(Schema, BeginsTheKeysOfAScopeWithItsIds) {
  VisitTables([]<typename Key, typename Record>(
                  const Table<Key, Record>& table) {
    using Parts = decltype(std::declval<const Key&>().parts());
    if constexpr (requires(Key key) { key.network; }) {
      EXPECT_TRUE(
          (std::is_same_v<std::tuple_element_t<0, Parts>, const NetworkId&>))
          << table.facts.name;
    } else {
      EXPECT_EQ(table.facts.scope, Scope::kServer) << table.facts.name;
    }
    if constexpr (std::tuple_size_v < Parts >> 1) {
      if (table.facts.scope == Scope::kGroup) {
        EXPECT_TRUE(
            (std::is_same_v<std::tuple_element_t<1, Parts>, const GroupId&>))
            << table.facts.name;
      }
    } else {
      EXPECT_NE(table.facts.scope, Scope::kGroup) << table.facts.name;
    }
  });
}

std::string RandomBytes(std::mt19937_64& random, size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) {
    byte = static_cast<char>(random());
  }
  return bytes;
}

TEST(Schema, KeysComeBackFromTheirBytes) {
  std::mt19937_64 random(1);
  VisitTables([&random]<typename Key, typename Record>(
                  const Table<Key, Record>& table) {
    const size_t size = EncodeKey(table.facts, Key{}).size();
    for (int i = 0; i < 50; ++i) {
      const std::string bytes =
          table.facts.prefix + RandomBytes(random, size - 1);
      const std::optional<Key> key = DecodeKey<Key>(bytes);
      ASSERT_TRUE(key) << table.facts.name;
      EXPECT_EQ(std::string(EncodeKey(table.facts, *key)), bytes)
          << table.facts.name;
    }
    for (const size_t wrong : {size_t{0}, size_t{1}, size - 1, size + 1}) {
      EXPECT_FALSE(DecodeKey<Key>(RandomBytes(random, wrong)))
          << table.facts.name << " of " << wrong << " bytes";
    }
  });
}

TEST(Schema, BytesSortAsNumbersDo) {
  const NetworkId network;
  const GroupId group;
  std::string before;
  for (const uint64_t sequence :
       {uint64_t{0}, uint64_t{1}, uint64_t{255}, uint64_t{256}, uint64_t{65536},
        uint64_t{1} << 32, ~uint64_t{0}}) {
    const std::string bytes =
        EncodeKey(kMessages.facts, MessageKey{network, group, sequence});
    EXPECT_LT(before, bytes) << sequence;
    before = bytes;
  }
}

TEST(KeysUnder, HoldsExactlyTheKeysWithThoseParts) {
  std::mt19937_64 random(2);
  const NetworkId network = *NetworkId::FromBytes(std::string(16, '\x05'));
  const GroupId group = *GroupId::FromBytes(std::string(16, '\xff'));
  const KeyRange range = KeysUnder(kMessages, network, group);
  const auto holds = [&](const MessageKey& key) {
    const std::string bytes = EncodeKey(kMessages.facts, key);
    return range.begin <= bytes && bytes < range.end;
  };
  EXPECT_TRUE(holds({network, group, 0}));
  EXPECT_TRUE(holds({network, group, ~uint64_t{0}}));
  for (int i = 0; i < 200; ++i) {
    EXPECT_FALSE(
        holds({network, *GroupId::FromBytes(RandomBytes(random, 16)), 7}));
    EXPECT_FALSE(
        holds({*NetworkId::FromBytes(RandomBytes(random, 16)), group, 7}));
  }
}

TEST(AfterPrefix, CarriesOverBytesThatAreFull) {
  EXPECT_EQ(AfterPrefix("a"), "b");
  EXPECT_EQ(AfterPrefix("a\xff\xff"), "b");
  EXPECT_EQ(AfterPrefix(std::string("a\0", 2)), std::string("a\1", 2));
}

}  // namespace
}  // namespace renkei::storage
