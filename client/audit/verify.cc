#include "client/audit/verify.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/audit/export_check.h"
#include "client/audit/export_file.h"
#include "storage/base/status_macros.h"

namespace renkei::audit {
namespace {

constexpr size_t kFaultsMax = 200;

void AddFault(Verdict& verdict, std::string fault) {
  if (verdict.faults.size() < kFaultsMax) {
    verdict.faults.push_back(std::move(fault));
  } else {
    ++verdict.more_faults;
  }
}

absl::StatusOr<ExportHead> HeadOf(const Evidence& file) {
  std::optional<ExportHead> found;
  const absl::Status read = ReadExport(
      file.bytes,
      [&found](const ExportHead& head) {
        found = head;
        return absl::CancelledError();
      },
      [](const ExportedEvent&) { return absl::OkStatus(); });
  if (!found) {
    return read;
  }
  return *std::move(found);
}

// The notes of a file that has one or more, each followed by an empty line but
// the last perhaps.
std::vector<std::string> NotesOf(absl::string_view bytes) {
  std::vector<std::string> notes;
  const std::vector<absl::string_view> parts = absl::StrSplit(bytes, "\n\n");
  for (size_t i = 0; i < parts.size(); i += 2) {
    if (i + 1 == parts.size() && (parts[i].empty() || parts[i] == "\n")) {
      break;
    }
    std::string note(parts[i]);
    if (i + 1 < parts.size()) {
      absl::StrAppend(&note, "\n\n", absl::StripSuffix(parts[i + 1], "\n"),
                      "\n");
    }
    notes.push_back(std::move(note));
  }
  return notes;
}

// `renkei/LOG/INCARNATION` without the incarnation.
absl::string_view LogOf(absl::string_view origin) {
  return origin.substr(0, origin.rfind('/'));
}

class Verification {
 public:
  Verification(const std::vector<Evidence>& files,
               const std::optional<std::string>& key)
      : files_(files), key_text_(key) {}

  Verdict Run() {
    const bool has_export =
        std::any_of(files_.begin(), files_.end(),
                    [](const Evidence& file) { return IsExport(file.bytes); });
    if (!has_export) {
      AddFault(verdict_, "no export among the files");
    }
    FindKey();
    if (key_) {
      for (const Evidence& file : files_) {
        CollectClaims(file);
      }
      for (const Evidence& file : files_) {
        CheckExport(file);
      }
      CheckCoverage();
    }
    return std::move(verdict_);
  }

 private:
  void FindKey() {
    for (const Evidence& file : files_) {
      if (key_text_ || !IsExport(file.bytes)) {
        continue;
      }
      const absl::StatusOr<ExportHead> head = HeadOf(file);
      if (!head.ok()) {
        AddFault(verdict_,
                 absl::StrCat(file.name, ": ", head.status().message()));
        return;
      }
      key_text_ = head->key;
      verdict_.facts.push_back(
          absl::StrCat("key ", head->key,
                       " is the file's own word: compare it "
                       "with the one you were given"));
    }
    if (!key_text_) {
      return;
    }
    absl::StatusOr<VerifierKey> key = ParseVerifierKey(*key_text_);
    if (!key.ok()) {
      AddFault(verdict_, absl::StrCat("the key: ", key.status().message()));
      return;
    }
    key_ = *std::move(key);
  }

  // A log that goes on from a backup has another origin, and the same key.
  absl::StatusOr<Checkpoint> Open(absl::string_view note) const {
    VerifierKey key = *key_;
    const absl::string_view origin = note.substr(0, note.find('\n'));
    if (LogOf(origin) == LogOf(key.name)) {
      ASSIGN_OR_RETURN(key, ParseVerifierKey(FormatVerifierKey(
                                origin, key.is_witness, key.public_key)));
    }
    ASSIGN_OR_RETURN(const std::string text, OpenNote(note, key));
    ASSIGN_OR_RETURN(Checkpoint checkpoint, ParseCheckpoint(text));
    if (checkpoint.origin != key.name) {
      return absl::InvalidArgumentError("it is of another log than its key");
    }
    return checkpoint;
  }

  void AddClaim(const std::string& source, absl::string_view note) {
    absl::StatusOr<Checkpoint> checkpoint = Open(note);
    if (!checkpoint.ok()) {
      AddFault(verdict_,
               absl::StrCat(source, ": ", checkpoint.status().message()));
      return;
    }
    claims_.push_back({source, *std::move(checkpoint)});
  }

  void CollectClaims(const Evidence& file) {
    if (!IsExport(file.bytes)) {
      const std::vector<std::string> notes = NotesOf(file.bytes);
      if (notes.empty()) {
        AddFault(verdict_, absl::StrCat(file.name, ": has no checkpoint"));
      }
      for (size_t i = 0; i < notes.size(); ++i) {
        AddClaim(absl::StrCat("checkpoint ", i + 1, " in ", file.name),
                 notes[i]);
      }
      return;
    }
    const absl::StatusOr<ExportHead> head = HeadOf(file);
    if (!head.ok()) {
      AddFault(verdict_,
               absl::StrCat(file.name, ": ", head.status().message()));
      return;
    }
    CheckNamedKey(file, head->key);
    AddClaim(absl::StrCat("the checkpoint of ", file.name), head->checkpoint);
    const absl::StatusOr<TreeHasher> before =
        TreeHasher::After(head->begin, head->frontier);
    if (head->begin != 0 && before.ok()) {
      claims_.push_back(
          {absl::StrCat("what ", file.name, " goes on from"),
           {claims_.empty() ? key_->name : claims_.back().checkpoint.origin,
            head->begin, before->Root()},
           false});
    }
  }

  void CheckNamedKey(const Evidence& file, const std::string& named) {
    const absl::StatusOr<VerifierKey> key = ParseVerifierKey(named);
    if (!key.ok() || key->public_key != key_->public_key ||
        LogOf(key->name) != LogOf(key_->name)) {
      AddFault(verdict_, absl::StrCat(file.name, ": names another key"));
    }
  }

  void CheckExport(const Evidence& file) {
    if (!IsExport(file.bytes)) {
      return;
    }
    const absl::StatusOr<ExportHead> head = HeadOf(file);
    if (!head.ok()) {
      return;
    }
    const absl::StatusOr<Checkpoint> own = Open(head->checkpoint);
    // Its events are looked at all the same, so that each fault is named.
    ExportCheck check(
        own.ok() ? *own : Checkpoint{key_->name, 0, Hash32()}, claims_,
        [this](absl::string_view note) { return Open(note); },
        [this, &file](const std::string& fault) {
          AddFault(verdict_, absl::StrCat(file.name, ": ", fault));
        });
    check.Run(file.bytes);
    for (const std::string& fact : check.Facts()) {
      verdict_.facts.push_back(absl::StrCat(file.name, ": ", fact));
    }
  }

  void CheckCoverage() {
    for (const Claim& claim : claims_) {
      const auto is_older = [&claim](const Claim& other) {
        return other.is_signed && other.checkpoint.size < claim.checkpoint.size;
      };
      if (claim.is_covered ||
          (!claim.is_signed &&
           std::none_of(claims_.begin(), claims_.end(), is_older))) {
        continue;
      }
      AddFault(verdict_,
               absl::StrCat(claim.source, " is a state of ",
                            EventsText(claim.checkpoint.size),
                            ": no export here continues it, so nothing "
                            "shows what became of it; if it is newer than the "
                            "exports, take a newer one"));
    }
    verdict_.facts.push_back(
        absl::StrCat(claims_.size(), " states of the log were compared"));
  }

  const std::vector<Evidence>& files_;
  std::optional<std::string> key_text_;
  std::optional<VerifierKey> key_;
  std::vector<Claim> claims_;
  Verdict verdict_;
};

}  // namespace

Verdict Verify(const std::vector<Evidence>& files,
               const std::optional<std::string>& key) {
  return Verification(files, key).Run();
}

}  // namespace renkei::audit
