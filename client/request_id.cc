#include "client/request_id.h"

#include <sys/random.h>

#include <array>
#include <cstdint>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "storage/base/check.h"

namespace renkei::client {

std::string MakeRequestId() {
  constexpr size_t kTimeBytes = 6;
  std::array<char, 16> bytes{};
  CHECK(getrandom(bytes.data(), bytes.size(), 0) ==
        static_cast<ssize_t>(bytes.size()));
  const int64_t millis = absl::ToUnixMillis(absl::Now());
  for (size_t i = 0; i < kTimeBytes; ++i) {
    bytes[i] = static_cast<char>(millis >> (8 * (kTimeBytes - 1 - i)));
  }
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x70);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  const std::string hex =
      absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size()));
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-",
                      hex.substr(12, 4), "-", hex.substr(16, 4), "-",
                      hex.substr(20));
}

void FillRequestId(google::protobuf::Message& request) {
  const google::protobuf::FieldDescriptor* field =
      request.GetDescriptor()->FindFieldByName("request_id");
  if (field == nullptr ||
      field->type() != google::protobuf::FieldDescriptor::TYPE_STRING) {
    return;
  }
  const google::protobuf::Reflection& reflection = *request.GetReflection();
  if (reflection.GetString(request, field).empty()) {
    reflection.SetString(&request, field, MakeRequestId());
  }
}

}  // namespace renkei::client
