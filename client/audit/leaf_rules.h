// What an event of the audit log must look like, by itself and after those
// before it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "client/audit/export_file.h"
#include "renkei/storage/v1/records.pb.h"

namespace renkei::audit {

// For the events of one log in order.
class LeafRules {
 public:
  explicit LeafRules(std::string origin) : origin_(std::move(origin)) {}

  // What is wrong with the event; empty when nothing is.
  std::vector<std::string> Check(const ExportedEvent& event);

  // The last event that was checked; empty when its bytes are none.
  const storage::v1::AuditLeaf& leaf() const { return leaf_; }

  uint64_t erased_details() const { return erased_details_; }

 private:
  using Leaf = storage::v1::AuditLeaf;
  using Faults = std::vector<std::string>;

  void CheckForm(const Leaf& leaf, Faults& faults) const;
  void CheckDetails(const ExportedEvent& event, const Leaf& leaf,
                    Faults& faults);
  void CheckGroupChain(const Leaf& leaf, Faults& faults);

  struct GroupHead {
    uint64_t index = 0;  // of the event that said it
    std::string before;
    std::string head;
  };

  const std::string origin_;
  Leaf leaf_;
  int64_t last_time_micros_ = 0;
  uint64_t erased_details_ = 0;
  std::map<std::string, GroupHead> heads_;  // by group
};

}  // namespace renkei::audit
