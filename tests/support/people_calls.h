// The calls about people, facilities, roles and sessions, and of the server
// itself.
#pragma once

#include "tests/support/call_book.h"

namespace renkei::testing {

// A second person in the office and the people of the book: before any call is
// added.
void AddPeople(CallBook& book);

void AddDirectoryCalls(CallBook& book);
// To be made last: they change what people sign in with.
void AddSessionCalls(CallBook& book);

}  // namespace renkei::testing
