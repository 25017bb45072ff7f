// The request headers of gRPC calls, compressed as gRPC's own clients do: what
// was sent before on the connection is one byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace renkei::bench {

struct CallHeaders {
  std::string path;           // "/renkei.v1.MessageService/SendMessage"
  std::string authorization;  // "Bearer …"; empty: none
};

// Of one connection. Not thread-safe.
class HpackWriter {
 public:
  explicit HpackWriter(bool tls) : tls_(tls) {}

  // Adds the header block of one call to `out`.
  void Append(const CallHeaders& headers, std::string& out);

 private:
  void AppendField(uint8_t static_name, absl::string_view name,
                   absl::string_view value, std::string& out);

  const bool tls_;
  // Every entry ever added, by value, with the number it was added as. None is
  // ever pushed out: a full table takes no more.
  absl::flat_hash_map<std::string, uint32_t> added_;
  size_t table_bytes_ = 0;
};

}  // namespace renkei::bench
