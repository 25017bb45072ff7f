#include "client/field_path.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/arguments.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/json_util.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"

namespace renkei::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

int CountOf(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  if (field.is_repeated()) {
    return reflection.FieldSize(message, &field);
  }
  const bool is_absent =
      field.has_presence() && !reflection.HasField(message, &field);
  return is_absent ? 0 : 1;
}

const Message& SubmessageAt(const Message& message,
                            const FieldDescriptor& field, int index) {
  const Reflection& reflection = *message.GetReflection();
  return field.is_repeated()
             ? reflection.GetRepeatedMessage(message, &field, index)
             : reflection.GetMessage(message, &field);
}

std::string ScalarAt(const Message& message, const FieldDescriptor& field,
                     int index) {
  const Reflection& reflection = *message.GetReflection();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    return field.is_repeated()
               ? reflection.GetRepeatedString(message, &field, index)
               : reflection.GetString(message, &field);
  }
  constexpr int kNoIndex = -1;
  std::string text;
  google::protobuf::TextFormat::PrintFieldValueToString(
      message, &field, field.is_repeated() ? index : kNoIndex, &text);
  return text;
}

absl::Status Collect(const Message& message,
                     absl::Span<const absl::string_view> path,
                     std::vector<std::string>& values) {
  const FieldDescriptor* field =
      message.GetDescriptor()->FindFieldByName(std::string(path.front()));
  const bool is_message =
      field != nullptr && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  if (field == nullptr || (path.size() > 1 && !is_message)) {
    return UsageError(absl::StrCat("the answer has no field ", path.front()));
  }
  const int count = CountOf(message, *field);
  for (int i = 0; i < count; ++i) {
    if (!is_message) {
      values.push_back(ScalarAt(message, *field, i));
    } else if (path.size() > 1) {
      RETURN_IF_ERROR(
          Collect(SubmessageAt(message, *field, i), path.subspan(1), values));
    } else {
      const std::string json = ToJson(SubmessageAt(message, *field, i));
      absl::string_view bare = json;
      absl::ConsumePrefix(&bare, "\"");
      absl::ConsumeSuffix(&bare, "\"");
      values.emplace_back(bare);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ValuesAt(const Message& message,
                                                  absl::string_view path) {
  const std::vector<absl::string_view> parts = absl::StrSplit(path, '.');
  std::vector<std::string> values;
  RETURN_IF_ERROR(Collect(message, parts, values));
  return values;
}

std::string ToJson(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  CHECK(google::protobuf::util::MessageToJsonString(message, &json, options)
            .ok());
  return json;
}

}  // namespace renkei::client
