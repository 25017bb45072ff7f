#include "storage/schema.h"

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
