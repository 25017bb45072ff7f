// Calls in the making: requests in text format, done now as a part of a
// preparation or kept for later.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "storage/base/check.h"
#include "tests/support/every_call.h"
#include "tests/support/raw_call.h"

namespace renkei::testing {

struct CallBook {
  // The request of `Service/Method`, with a request id where it takes one.
  static std::shared_ptr<google::protobuf::Message> Request(
      const std::string& method, const std::string& text);

  // Calls now; must be answered. Of a stream gives the first message.
  template <typename Response>
  Response Do(const std::string& method, const Person& by,
              const std::string& text) {
    const RawAnswer answer =
        CallRaw(server.Connect(), method, by.tokens, *Request(method, text),
                [](const std::string&) { return true; });
    Response response;
    if (answer.messages.empty() ||
        !response.ParseFromString(answer.messages[0])) {
      LiveServer::Expect(answer.status, method);
    }
    return response;
  }

  // Keeps a call.
  void Add(const std::string& method, const v1::Tokens& tokens,
           const std::string& text) {
    calls.push_back({method, tokens, Request(method, text)});
  }
  void Add(const std::string& method, const Person& by,
           const std::string& text) {
    Add(method, by.tokens, text);
  }

  // ---- fields of requests, in text format ----
  static std::string Named(const std::string& name);
  static std::string Under(const std::string& parent);
  std::string NamedBecause(const std::string& name) const;
  std::string NewPerson(const std::string& login,
                        const std::string& name) const;

  // Somebody new in the clinic, who has not signed in.
  v1::Person TakeOn(const std::string& login, const std::string& name) {
    return Do<v1::CreatePersonResponse>("DirectoryService/CreatePerson",
                                        team.physician, NewPerson(login, name))
        .person();
  }

  LiveServer& server;
  LiveNetwork& team;
  const std::string tag;
  const std::string net;  // the network's name

  // Of the clinic.
  Person helper;         // member of the team's group, with a session
  Person newcomer;       // no member yet, with a session
  Person invitee;        // the same
  v1::Person colleague;  // without a session

  std::vector<RightCall> calls;
};

}  // namespace renkei::testing
