// What a sample's CPU was spent on.
#pragma once

#include <string>

#include "tests/bench/profile/samples.h"

namespace renkei::bench {

// The kernel by system call, a library by name, "malloc", "memcpy" and the
// like, or one of our folders. A template of Abseil's or the standard library's
// that was made for a type of ours counts for whoever called it.
std::string ComponentOf(const Sample& sample);

// Is it a function of the product, generated code aside?
bool IsOurs(const Place& place);

// Without arguments, template arguments and renkei::.
std::string ShortNameOf(absl::string_view function);

}  // namespace renkei::bench
