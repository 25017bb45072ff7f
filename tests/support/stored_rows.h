// Every row of a closed store, as its bytes lie on disk: two stores with the
// same rows hold the same, whatever is in them.
#pragma once

#include <map>
#include <string>

namespace renkei::testing {

// By column family and key. REQUIRES: the store is closed.
std::map<std::string, std::string> RowsOnDisk(const std::string& data_dir);

}  // namespace renkei::testing
