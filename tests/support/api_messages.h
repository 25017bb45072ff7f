// The API by its descriptors: every method, every text of a message.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace renkei::testing {

// Of every service that the API's socket serves.
std::vector<const google::protobuf::MethodDescriptor*> EveryMethod();

using VisitText = std::function<void(
    const google::protobuf::FieldDescriptor& field, const std::string& text)>;

// Visits every string and bytes field that is set, in messages inside too.
void VisitTexts(const google::protobuf::Message& message,
                const VisitText& visit);

// The same text in every string and bytes field, down to this depth.
void FillWith(const std::string& text, google::protobuf::Message& message,
              int depth);

}  // namespace renkei::testing
