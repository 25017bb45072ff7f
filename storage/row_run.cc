#include "storage/row_run.h"

#include "google/protobuf/io/coded_stream.h"
#include "storage/table.h"

namespace renkei::storage {
namespace {

constexpr size_t kNumberBytes = sizeof(uint64_t);
constexpr uint32_t kRecordTag = (1 << 3) | 2;  // field 1, length-delimited

uint64_t NumberOf(absl::string_view key) {
  absl::string_view tail = key.substr(key.size() - kNumberBytes);
  uint64_t number = 0;
  TakePart(tail, number);
  return number;
}

}  // namespace

std::optional<uint64_t> PlaceInRun(absl::string_view first,
                                   absl::string_view key) {
  if (key.size() != first.size() || key.size() < kNumberBytes ||
      key.substr(0, key.size() - kNumberBytes) !=
          first.substr(0, first.size() - kNumberBytes)) {
    return std::nullopt;
  }
  const uint64_t number = NumberOf(key);
  const uint64_t begin = NumberOf(first);
  return number < begin ? std::nullopt : std::optional(number - begin);
}

std::string KeyInRun(absl::string_view first, uint64_t place) {
  std::string key(first.substr(0, first.size() - kNumberBytes));
  AppendPart(NumberOf(first) + place, key);
  return key;
}

absl::StatusOr<std::vector<absl::string_view>> RecordsOfRun(
    absl::string_view run) {
  std::vector<absl::string_view> records;
  google::protobuf::io::CodedInputStream in(
      reinterpret_cast<const uint8_t*>(run.data()),
      static_cast<int>(run.size()));
  size_t begin = 0;
  while (begin < run.size()) {
    uint32_t length = 0;
    if (in.ReadTag() != kRecordTag || !in.ReadVarint32(&length) ||
        !in.Skip(static_cast<int>(length))) {
      return absl::DataLossError("a run of records is not whole");
    }
    const auto end = static_cast<size_t>(in.CurrentPosition());
    records.push_back(run.substr(begin, end - begin));
    begin = end;
  }
  if (records.empty()) {
    return absl::DataLossError("a run of records is empty");
  }
  return records;
}

}  // namespace renkei::storage
