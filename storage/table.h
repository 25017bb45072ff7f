// What a table is: typed keys, typed records, and how a key looks on disk.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "storage/base/hash32.h"
#include "storage/base/id.h"

namespace renkei::storage {

// Column families: records that are read at random, timelines that are scanned,
// and the audit log.
enum class Family : uint8_t { kEntities = 0, kTimeline = 1, kAudit = 2 };

// Which key seals a record. kNetwork: the key starts with a NetworkId (the zero
// id means the server). kGroup: the key starts with NetworkId, GroupId and the
// group's own data key seals.
enum class Scope : uint8_t { kServer, kNetwork, kGroup };

// Which of a table's records stay in memory, opened.
enum class Memory : uint8_t {
  kNone,
  kRecords,   // those that nearly every call asks for; they are small
  kMessages,  // those that were written or read lately, under a budget of their
              // own, so that whoever pages through the past pushes out no more
};

class Snapshot;

// Brings what a row holds, if there is one, to what other rows imply by now.
using CatchUp = absl::Status (*)(const Snapshot& view, absl::string_view key,
                                 std::optional<std::string>& plaintext);

struct TableFacts {
  char prefix;  // first byte of every key of the table: never change or reuse
                // one
  const char* name;
  Family family;
  Scope scope;
  Memory memory;
  // The record is a Mark: nothing to seal, stored as no bytes.
  bool keys_only = false;
  // Rows hold runs of records (row_run.h). Keys end with a uint64_t, records
  // are of the one form, never changed or deleted, and none stays in memory.
  bool in_runs = false;
  // Rows may lag behind other rows, which imply what is new: a record is found
  // as it is by now, but its table cannot be scanned. nullptr: rows say all.
  CatchUp catch_up = nullptr;
};

template <typename Key, typename Record>
struct Table {
  using KeyType = Key;
  using RecordType = Record;
  TableFacts facts;
};

// ---- key encoding: parts in order; ids and hashes raw, numbers big-endian, so
// bytes sort as keys do ----

template <typename Part>
inline constexpr size_t kPartBytes = sizeof(Part);
template <typename Tag>
inline constexpr size_t kPartBytes<Id<Tag>> = kIdBytes;
template <>
inline constexpr size_t kPartBytes<Hash32> = kHash32Bytes;

// Writes a part's kPartBytes to `out`.
template <typename Tag>
void WritePart(const Id<Tag>& id, char* out) {
  std::memcpy(out, id.bytes().data(), kIdBytes);
}
inline void WritePart(const Hash32& hash, char* out) {
  std::memcpy(out, hash.bytes().data(), kHash32Bytes);
}
template <typename Number,
          std::enable_if_t<std::is_unsigned_v<Number>, int> = 0>
void WritePart(Number number, char* out) {
  for (size_t i = 0; i < sizeof(Number); ++i) {
    out[i] = static_cast<char>(static_cast<uint64_t>(number) >>
                               (8 * (sizeof(Number) - 1 - i)));
  }
}

template <typename Part>
void AppendPart(const Part& part, std::string& out) {
  std::array<char, kPartBytes<Part>> bytes;
  WritePart(part, bytes.data());
  out.append(bytes.data(), bytes.size());
}

template <typename Tag>
bool TakePart(absl::string_view& in, Id<Tag>& id) {
  if (in.size() < kIdBytes) {
    return false;
  }
  id = *Id<Tag>::FromBytes(in.substr(0, kIdBytes));
  in.remove_prefix(kIdBytes);
  return true;
}
inline bool TakePart(absl::string_view& in, Hash32& hash) {
  const std::optional<Hash32> taken = Hash32::FromBytes(in.substr(0, 32));
  if (!taken) {
    return false;
  }
  hash = *taken;
  in.remove_prefix(32);
  return true;
}
template <typename Number,
          std::enable_if_t<std::is_unsigned_v<Number>, int> = 0>
bool TakePart(absl::string_view& in, Number& number) {
  if (in.size() < sizeof(Number)) {
    return false;
  }
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(Number); ++i) {
    value = (value << 8) | static_cast<uint8_t>(in[i]);
  }
  number = static_cast<Number>(value);
  in.remove_prefix(sizeof(Number));
  return true;
}

template <typename Parts>
inline constexpr size_t kPartsBytes = 0;
template <typename... Parts>
inline constexpr size_t kPartsBytes<std::tuple<Parts...>> =
    (kPartBytes<std::remove_cvref_t<Parts>> + ... + 0);

// A key as it looks on disk; each call makes some twenty, so they need no
// memory of their own.
template <typename Key>
class EncodedKey {
 public:
  EncodedKey(const TableFacts& table, const Key& key) {
    bytes_[0] = table.prefix;
    std::apply(
        [this](const auto&... part) {
          char* out = bytes_.data() + 1;
          ((WritePart(part, out),
            out += kPartBytes<std::remove_cvref_t<decltype(part)>>),
           ...);
        },
        key.parts());
  }

  const char* data() const { return bytes_.data(); }
  size_t size() const { return bytes_.size(); }

  // Right as long as this is there.
  // NOLINTNEXTLINE(google-explicit-constructor): it is used as one
  operator absl::string_view() const { return {data(), size()}; }
  // NOLINTNEXTLINE(google-explicit-constructor): where it is to be kept
  operator std::string() const { return std::string(data(), size()); }

 private:
  std::array<char,
             1 + kPartsBytes<decltype(std::declval<const Key&>().parts())>>
      bytes_;
};

template <typename Key>
EncodedKey<Key> EncodeKey(const TableFacts& table, const Key& key) {
  return EncodedKey<Key>(table, key);
}

// Of an encoded key, as maps by key compute it; each look-up asks a few.
inline size_t HashOfKey(absl::string_view key) {
  return absl::Hash<absl::string_view>()(key);
}

// nullopt when `encoded` is no key of that form.
template <typename Key>
std::optional<Key> DecodeKey(absl::string_view encoded) {
  if (encoded.empty()) {
    return std::nullopt;
  }
  encoded.remove_prefix(1);
  const auto decode =
      [&encoded]<typename... Parts>(
          std::type_identity<std::tuple<Parts...>>) -> std::optional<Key> {
    std::tuple<std::remove_cvref_t<Parts>...> parts;
    const bool whole = std::apply(
        [&encoded](auto&... part) { return (TakePart(encoded, part) && ...); },
        parts);
    if (!whole || !encoded.empty()) {
      return std::nullopt;
    }
    return std::apply([](const auto&... part) { return Key{part...}; }, parts);
  };
  return decode(
      std::type_identity<decltype(std::declval<const Key&>().parts())>());
}

// Half-open interval of encoded keys.
struct KeyRange {
  std::string begin;
  std::string end;
};

// The smallest string greater than every string that starts with `prefix`.
std::string AfterPrefix(std::string prefix);

// All keys that begin with the given leading parts.
template <typename Key, typename Record, typename... Parts>
KeyRange KeysUnder(const Table<Key, Record>& table, const Parts&... parts) {
  KeyRange range;
  range.begin.push_back(table.facts.prefix);
  (AppendPart(parts, range.begin), ...);
  range.end = AfterPrefix(range.begin);
  return range;
}

// Keys from `first` to before `end`.
template <typename Key, typename Record>
KeyRange KeysBetween(const Table<Key, Record>& table, const Key& first,
                     const Key& end) {
  return {EncodeKey(table.facts, first), EncodeKey(table.facts, end)};
}

enum class Direction : uint8_t { kForward, kBackward };

}  // namespace renkei::storage
