#include "tests/support/call_book.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "google/protobuf/text_format.h"
#include "tests/support/api_messages.h"

namespace renkei::testing {

using ::absl::StrCat;
using ::absl::Substitute;
using ::google::protobuf::Message;

std::shared_ptr<Message> CallBook::Request(const std::string& method,
                                           const std::string& text) {
  for (const auto* known : EveryMethod()) {
    if (StrCat(known->service()->name(), "/", known->name()) == method) {
      std::shared_ptr<Message> request(
          google::protobuf::MessageFactory::generated_factory()
              ->GetPrototype(known->input_type())
              ->New());
      CHECK(google::protobuf::TextFormat::ParseFromString(text, request.get()));
      LiveServer::GiveRequestId(*request);
      return request;
    }
  }
  CHECK(false);
  return nullptr;
}

std::string CallBook::Named(const std::string& name) {
  return Substitute(R"(name: "$0")", name);
}

std::string CallBook::Under(const std::string& parent) {
  return Substitute(R"(parent: "$0")", parent);
}

std::string CallBook::NamedBecause(const std::string& name) const {
  return Substitute(R"(name: "$0" reason: "都合により$1")", name, tag);
}

std::string CallBook::NewPerson(const std::string& login,
                                const std::string& name) const {
  return Substitute(
      R"(parent: "$0" person { login: "$1$3" human_name { text: "$2$3"
           reading: "よみ$3" } } affiliation { facility: "$4"
           profession: "visiting_nurse" })",
      net, login, name, tag, team.physician.facility);
}

}  // namespace renkei::testing
