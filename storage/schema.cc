#include "storage/schema.h"

#include <algorithm>

namespace renkei::storage {
namespace {

constexpr bool PrefixesAreUnique() {
  for (size_t i = 0; i < kTables.size(); ++i) {
    for (size_t j = i + 1; j < kTables.size(); ++j) {
      if (kTables[i].prefix == kTables[j].prefix) {
        return false;
      }
    }
  }
  return true;
}
static_assert(PrefixesAreUnique());

// The cache knows records by keys of their own, and a Mark adds nothing to a
// run.
static_assert(std::all_of(kTables.begin(), kTables.end(),
                          [](const TableFacts& table) {
                            return !table.in_runs ||
                                   (table.memory == Memory::kNone &&
                                    !table.keys_only);
                          }));

}  // namespace

std::string AfterPrefix(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xFF) {
    prefix.pop_back();
  }
  if (!prefix.empty()) {
    prefix.back() = static_cast<char>(prefix.back() + 1);
  }
  return prefix;
}

}  // namespace renkei::storage
