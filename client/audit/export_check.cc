#include "client/audit/export_check.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"

namespace renkei::audit {

std::string EventsText(uint64_t count) {
  return absl::StrCat(count, count == 1 ? " event" : " events");
}

ExportCheck::ExportCheck(Checkpoint own, std::vector<Claim>& claims,
                         OpenCheckpoint open, TellFault tell)
    : own_(std::move(own)),
      claims_(claims),
      open_(std::move(open)),
      tell_(std::move(tell)),
      rules_(own_.origin) {
  for (size_t i = 0; i < claims_.size(); ++i) {
    by_size_.emplace(claims_[i].checkpoint.size, i);
  }
}

void ExportCheck::Run(absl::string_view bytes) {
  const absl::Status read = ReadExport(
      bytes, [this](const ExportHead& head) { return Begin(head); },
      [this](const ExportedEvent& event) { return Take(event); });
  if (!read.ok()) {
    tell_(std::string(read.message()));
    return;
  }
  if (next_ != own_.size) {
    tell_(absl::StrCat("it ends before event ", next_,
                       ", its checkpoint is over ", EventsText(own_.size)));
  }
  JudgeElders();
}

std::vector<std::string> ExportCheck::Facts() const {
  std::vector<std::string> facts = {
      absl::StrCat("read ", EventsText(next_ - begin_), " from number ", begin_,
                   "; details of ", rules_.erased_details(), " were erased")};
  for (const auto& [origin, index] : restored_at_) {
    facts.push_back(absl::StrCat("event ", index,
                                 ": the log was restored from a backup of ",
                                 origin, " and goes on as ", own_.origin));
  }
  return facts;
}

absl::Status ExportCheck::Begin(const ExportHead& head) {
  begin_ = head.begin;
  next_ = head.begin;
  next_index_ = head.begin;
  ASSIGN_OR_RETURN(tree_, TreeHasher::After(head.begin, head.frontier));
  CompareClaims();
  return absl::OkStatus();
}

absl::Status ExportCheck::Take(const ExportedEvent& event) {
  if (event.index != next_index_) {
    EventFault(event, absl::StrCat("event ", next_index_, " belongs here"));
  }
  next_index_ = event.index + 1;  // so that a gap is told once
  const Hash32 hash = LeafHash(event.leaf);
  if (hash != event.leaf_hash) {
    EventFault(event, "its bytes are not those that were hashed");
  }
  for (const std::string& fault : rules_.Check(event)) {
    EventFault(event, fault);
  }
  if (const std::string& note = rules_.leaf().previous_checkpoint();
      !note.empty()) {
    NoteRestore(event, note);
  }
  tree_.Append(hash);
  ++next_;
  CompareClaims();
  return absl::OkStatus();
}

void ExportCheck::NoteRestore(const ExportedEvent& event,
                              const std::string& note) {
  const absl::StatusOr<Checkpoint> before = open_(note);
  if (!before.ok()) {
    EventFault(event, absl::StrCat("the checkpoint of the log before it: ",
                                   before.status().message()));
  } else if (before->origin == own_.origin || before->size > event.index) {
    EventFault(event, "the log cannot go on from the checkpoint in it");
  } else {
    restored_at_.emplace(before->origin, event.index);
  }
}

void ExportCheck::CompareClaims() {
  const auto [first, last] = by_size_.equal_range(next_);
  bool all_equal = first != last;
  for (auto entry = first; entry != last; ++entry) {
    Claim& claim = claims_[entry->second];
    const bool is_equal = tree_.Root() == claim.checkpoint.root;
    const bool is_own = claim.checkpoint.origin == own_.origin;
    all_equal &= is_equal;
    if (!is_own && !is_equal) {
      unequal_elders_.push_back(entry->second);
      continue;
    }
    // What a file itself goes on from is its own word, not a proof.
    claim.is_covered |= claim.is_signed || next_ > begin_;
    if (!is_equal) {
      TellDifference(claim);
    }
  }
  if (all_equal) {
    last_right_ = next_;
  }
}

void ExportCheck::TellDifference(const Claim& claim) {
  tell_(absl::StrCat(
      "the first ", EventsText(claim.checkpoint.size), " are not those of ",
      claim.source,
      claim.checkpoint.size == begin_
          ? std::string("; they are before this file")
          : absl::StrCat("; the difference is from event ",
                         std::max(last_right_, begin_), " to event ",
                         claim.checkpoint.size - 1)));
}

// Of a log that this one was restored from: what was signed after the backup is
// not here any more. Whether that is an accident or a pretext is for people to
// find out, so it is always told.
void ExportCheck::JudgeElders() {
  for (Claim& claim : claims_) {
    const auto restored = restored_at_.find(claim.checkpoint.origin);
    if (restored != restored_at_.end() && claim.is_signed &&
        claim.checkpoint.size > restored->second) {
      claim.is_covered = true;
      tell_(absl::StrCat(claim.source, " was signed over ",
                         EventsText(claim.checkpoint.size),
                         "; the log was restored from a backup at event ",
                         restored->second, ", and the events from there to ",
                         claim.checkpoint.size - 1, " of then are gone"));
    }
  }
  for (const size_t i : unequal_elders_) {
    Claim& claim = claims_[i];
    const auto restored = restored_at_.find(claim.checkpoint.origin);
    if (restored != restored_at_.end() &&
        claim.checkpoint.size <= restored->second) {
      claim.is_covered = true;
      TellDifference(claim);
    }
  }
}

void ExportCheck::EventFault(const ExportedEvent& event,
                             absl::string_view what) {
  tell_(absl::StrCat("line ", event.line, ": event ", event.index, ": ", what));
}

}  // namespace renkei::audit
