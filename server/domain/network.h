// The network as the directory shows it, and its by-law.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "server/domain/call.h"

namespace renkei::domain {

struct ByLaw {
  storage::v1::ByLawVariant variant = storage::v1::BY_LAW_VARIANT_UNSPECIFIED;
  std::string version;
};

struct NetworkChange {
  NetworkId network;
  std::optional<std::string> display_name;
  std::optional<ByLaw> by_law;
  std::string etag;  // empty: not checked
};

absl::StatusOr<storage::v1::NetworkRecord> GetNetwork(ReadCall& call,
                                                      const NetworkId& network);

// ETAG_MISMATCH.
absl::StatusOr<storage::v1::NetworkRecord> UpdateNetwork(
    WriteCall& call, const NetworkChange& change);

}  // namespace renkei::domain
