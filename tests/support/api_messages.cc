#include "tests/support/api_messages.h"

#include "renkei/v1/admin.pb.h"
#include "renkei/v1/audit.pb.h"
#include "renkei/v1/directory.pb.h"
#include "renkei/v1/group.pb.h"
#include "renkei/v1/message.pb.h"
#include "renkei/v1/session.pb.h"
#include "renkei/v1/sync.pb.h"

namespace renkei::testing {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;

std::vector<const google::protobuf::MethodDescriptor*> EveryMethod() {
  std::vector<const google::protobuf::MethodDescriptor*> methods;
  for (const Descriptor* any :
       {v1::SignInRequest::descriptor(), v1::Facility::descriptor(),
        v1::Group::descriptor(), v1::Message::descriptor(),
        v1::SyncRequest::descriptor(), v1::AuditEvent::descriptor(),
        v1::ServerInfo::descriptor()}) {
    for (int s = 0; s < any->file()->service_count(); ++s) {
      const auto& service = *any->file()->service(s);
      if (service.name() == "OperatorService") {
        continue;
      }
      for (int m = 0; m < service.method_count(); ++m) {
        methods.push_back(service.method(m));
      }
    }
  }
  return methods;
}

void VisitTexts(const Message& message, const VisitText& visit) {
  const Reflection& access = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  access.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const int count =
        field->is_repeated() ? access.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        visit(*field, field->is_repeated()
                          ? access.GetRepeatedString(message, field, i)
                          : access.GetString(message, field));
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        VisitTexts(field->is_repeated()
                       ? access.GetRepeatedMessage(message, field, i)
                       : access.GetMessage(message, field),
                   visit);
      }
    }
  }
}

void FillWith(const std::string& text, Message& message, int depth) {
  const Reflection& access = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      field->is_repeated() ? access.AddString(&message, field, text)
                           : access.SetString(&message, field, text);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
               depth > 0) {
      FillWith(text,
               field->is_repeated() ? *access.AddMessage(&message, field)
                                    : *access.MutableMessage(&message, field),
               depth - 1);
    }
  }
}

}  // namespace renkei::testing
