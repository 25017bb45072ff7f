// The questions that auditors ask often, answered from the events of one log,
// one after another. The server answers with it, and so does `renkei-audit`;
// it proves nothing, and looks at nothing but what the events themselves say.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "renkei/storage/v1/records.pb.h"

namespace renkei::audit {

// Numbers of renkei.v1.AuditQuestion. What patients and families do themselves
// is no answer to kOutsideTeam and kOffHours.
enum class Question : uint32_t {
  kPatientAccess = 1,    // who had to do with this patient, by facility
  kAccountReach = 2,     // which patients this account or session touched
  kOutsideTeam = 3,      // who acted for a facility outside the care team
  kBreakGlass = 4,       // emergency access and its reviews
  kOffHours = 5,         // at night and on weekends, Japan time
  kBulkReaders = 6,      // more than `threshold` patients on one day
  kDormantAccounts = 7,  // nothing for `threshold` days before `until`
  kDenials = 8,
  kAuditQueries = 9,  // auditors themselves
};

struct QuestionName {
  Question question;
  absl::string_view name;  // as typed, such as patient-access
  absl::string_view japanese;
  absl::string_view english;
  uint32_t threshold;  // if none is given
};
absl::Span<const QuestionName> QuestionNames();
const QuestionName* FindQuestion(absl::string_view name);
const QuestionName& NameOf(Question question);

// What is empty is not asked for. Ids in their 16 bytes.
struct QuestionForm {
  Question question = Question::kPatientAccess;
  std::string patient;
  std::string actor;
  std::string session;
  std::string facility;  // the actor's or the hosting one
  int64_t from_micros = 0;
  int64_t until_micros = std::numeric_limits<int64_t>::max();
  uint32_t threshold = 0;
};

// One row of an answer: somebody, perhaps with one patient, and how often.
struct Finding {
  std::string actor;           // empty: nobody was proven
  std::string actor_facility;  // of the last event
  std::string actor_profession;
  std::string patient;
  std::string what;  // a day, an action, a rule
  uint64_t count = 0;
  uint64_t patients = 0;  // how many different ones
  int64_t first_micros = 0;
  int64_t last_micros = 0;
  uint64_t first_index = 0;
  uint64_t last_index = 0;
  std::set<uint32_t> types;  // of renkei.v1.AuditEventType
};

// Why the form cannot be answered; empty when it can.
std::string WhyUnanswerable(const QuestionForm& form);

// REQUIRES: WhyUnanswerable is empty.
class Answerer {
 public:
  explicit Answerer(QuestionForm form);

  // Events in the order of their log, also those before `from_micros`: who
  // joined a care team then is in it later.
  void Take(const storage::v1::AuditLeaf& leaf);

  // The rows, the most frequent first.
  std::vector<Finding> Answer() const;

 private:
  using Leaf = storage::v1::AuditLeaf;
  // Actor, facility, patient (as far as rows are by them), and what.
  using RowKey = std::tuple<std::string, std::string, std::string, std::string>;

  struct Row {
    Finding finding;
    std::set<std::string> patients;
  };

  void LearnTeam(const Leaf& leaf);
  bool Concerns(const Leaf& leaf) const;
  // What of the question itself; nullopt when the event is no answer to it.
  std::optional<std::string> WhatOf(const Leaf& leaf) const;
  bool IsRow(const Row& row) const;

  const QuestionForm form_;
  int64_t last_micros_ = 0;
  std::map<std::string, std::set<std::string>> teams_;  // patient: facilities
  std::map<RowKey, Row> rows_;
};

}  // namespace renkei::audit
