// A product with a region in it, full of messages.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tests/bench/rig.h"
#include "tests/bench/scale/region.h"

namespace renkei::bench {

struct FilledStore {
  std::unique_ptr<Product> product;
  std::unique_ptr<Region> region;

  // More of them, until so many are there. REQUIRES, as the others do: nobody
  // serves it.
  absl::Status FillUpTo(uint64_t messages) const;
  absl::StatusOr<uint64_t> CountMessages() const;
  // Serves it once everybody has signed in anew, and waits until it has tidied
  // up what the filling left.
  absl::Status Serve() const;
};

// Takes the one there is in the folder of `name`, or makes it.
absl::StatusOr<FilledStore> MakeFilledStore(const RigOptions& options,
                                            const std::string& name,
                                            const RegionSize& size);

}  // namespace renkei::bench
