// One exported log against every statement about it that somebody signed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/audit/export_file.h"
#include "client/audit/leaf_rules.h"
#include "client/audit/proof.h"

namespace renkei::audit {

// "At this size the root was this", and who says so.
struct Claim {
  std::string source;
  Checkpoint checkpoint;
  bool is_signed = true;    // no: what an export says was before it
  bool is_covered = false;  // compared with the events of some export
};

// Takes a signed note of this log, under this origin or an earlier one;
// InvalidArgument says what is wrong with it.
using OpenCheckpoint =
    std::function<absl::StatusOr<Checkpoint>(absl::string_view note)>;

// Faults, each with its place.
using TellFault = std::function<void(std::string)>;

std::string EventsText(uint64_t count);

// Reads the file once, from its first line to its last.
class ExportCheck {
 public:
  // `own` is the file's checkpoint, of 0 events when that is no good. Marks the
  // claims that it covers.
  ExportCheck(Checkpoint own, std::vector<Claim>& claims, OpenCheckpoint open,
              TellFault tell);

  void Run(absl::string_view bytes);

  // What was read, for people.
  std::vector<std::string> Facts() const;

 private:
  absl::Status Begin(const ExportHead& head);
  absl::Status Take(const ExportedEvent& event);
  void NoteRestore(const ExportedEvent& event, const std::string& note);
  void CompareClaims();
  void TellDifference(const Claim& claim);
  void JudgeElders();
  void EventFault(const ExportedEvent& event, absl::string_view what);

  const Checkpoint own_;
  std::vector<Claim>& claims_;
  const OpenCheckpoint open_;
  const TellFault tell_;
  LeafRules rules_;
  std::multimap<uint64_t, size_t> by_size_;
  std::vector<size_t> unequal_elders_;
  std::map<std::string, uint64_t> restored_at_;  // by origin before
  TreeHasher tree_;
  uint64_t begin_ = 0;
  uint64_t next_ = 0;        // by counting
  uint64_t next_index_ = 0;  // by what the events say
  uint64_t last_right_ = 0;  // size up to which the tree is proved
};

}  // namespace renkei::audit
