#include "storage/audit/questions.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace renkei::audit {
namespace {

// Numbers of renkei.v1.AuditEventType.
constexpr uint32_t kPatientCreated = 150;
constexpr uint32_t kGroupCreated = 200;
constexpr uint32_t kInvitationAccepted = 222;
constexpr uint32_t kAuditQueried = 500;
constexpr uint32_t kAuditReviewed = 502;
constexpr uint32_t kBreakGlassBegun = 700;
constexpr uint32_t kBreakGlassReviewed = 702;
constexpr absl::string_view kBreakGlassRule = "break_glass";

constexpr int kDayBegins = 7;
constexpr int kDayEnds = 19;

constexpr std::array kNames = {
    QuestionName{Question::kPatientAccess, "patient-access",
                 "患者の情報を扱った人", "who had to do with a patient", 0},
    QuestionName{Question::kAccountReach, "account-reach",
                 "ある人が扱った患者(漏えい時の範囲)",
                 "which patients an account touched (after a leak)", 0},
    QuestionName{Question::kOutsideTeam, "outside-team",
                 "チーム外の施設からのアクセス",
                 "access by people of facilities outside the care team", 0},
    QuestionName{Question::kBreakGlass, "break-glass", "緊急アクセスと点検",
                 "emergency access and its reviews", 0},
    QuestionName{Question::kOffHours, "off-hours",
                 "時間外(平日7〜19時以外)のアクセス",
                 "access outside weekdays from 7 to 19, Japan time", 0},
    QuestionName{Question::kBulkReaders, "bulk-readers",
                 "一日に多数の患者を見た人",
                 "who saw more than THRESHOLD patients on a day", 20},
    QuestionName{Question::kDormantAccounts, "dormant-accounts",
                 "使われていないアカウント",
                 "accounts without an event for THRESHOLD days", 90},
    QuestionName{Question::kDenials, "denials", "拒否された操作",
                 "denied attempts", 0},
    QuestionName{Question::kAuditQueries, "audit-queries", "監査証跡を見た人",
                 "who looked at the audit log", 0},
};

// Japan has no summer time.
absl::CivilSecond JapanTime(int64_t micros) {
  return absl::ToCivilSecond(absl::FromUnixMicros(micros),
                             absl::FixedTimeZone(9 * 60 * 60));
}

bool IsOffHours(int64_t micros) {
  const absl::CivilSecond time = JapanTime(micros);
  const absl::Weekday day = absl::GetWeekday(time);
  return day == absl::Weekday::saturday || day == absl::Weekday::sunday ||
         time.hour() < kDayBegins || time.hour() >= kDayEnds;
}

// Patients and families look at what is theirs, at any hour.
bool IsPatientSide(const storage::v1::AuditLeaf& leaf) {
  return leaf.actor_profession() == "patient" ||
         leaf.actor_profession() == "family";
}

bool IsAllowed(const storage::v1::AuditLeaf& leaf) {
  return leaf.outcome() == storage::v1::AUDIT_OUTCOME_ALLOWED;
}

template <typename T>
bool AskedFor(const T& wanted, const T& found) {
  return wanted.empty() || wanted == found;
}

}  // namespace

absl::Span<const QuestionName> QuestionNames() { return kNames; }

const QuestionName* FindQuestion(absl::string_view name) {
  const auto* found =
      std::find_if(kNames.begin(), kNames.end(),
                   [name](const QuestionName& q) { return q.name == name; });
  return found == kNames.end() ? nullptr : found;
}

const QuestionName& NameOf(Question question) {
  return *std::find_if(
      kNames.begin(), kNames.end(),
      [question](const QuestionName& q) { return q.question == question; });
}

std::string WhyUnanswerable(const QuestionForm& form) {
  if (form.question == Question::kPatientAccess && form.patient.empty()) {
    return "patient-access asks about one patient";
  }
  if (form.question == Question::kAccountReach && form.actor.empty() &&
      form.session.empty()) {
    return "account-reach asks about one actor or session";
  }
  if (form.from_micros >= form.until_micros) {
    return "the interval is empty";
  }
  return "";
}

Answerer::Answerer(QuestionForm form) : form_(std::move(form)) {}

void Answerer::Take(const Leaf& leaf) {
  LearnTeam(leaf);
  if (leaf.time_micros() >= form_.until_micros || !Concerns(leaf)) {
    return;
  }
  last_micros_ = leaf.time_micros();
  if (leaf.time_micros() < form_.from_micros) {
    return;
  }
  const std::optional<std::string> what = WhatOf(leaf);
  if (!what) {
    return;
  }
  const bool by_patient = form_.question == Question::kAccountReach ||
                          form_.question == Question::kOutsideTeam ||
                          form_.question == Question::kBreakGlass;
  // A patient is told for which facility somebody acted, each time.
  const bool by_facility = form_.question == Question::kPatientAccess;
  Row& row =
      rows_[{leaf.actor(), by_facility ? leaf.actor_facility() : std::string(),
             by_patient ? leaf.patient() : std::string(), *what}];
  Finding& finding = row.finding;
  if (finding.count == 0) {
    finding.first_micros = leaf.time_micros();
    finding.first_index = leaf.index();
    finding.what = *what;
    finding.actor = leaf.actor();
    finding.patient = by_patient ? leaf.patient() : form_.patient;
  }
  finding.actor_facility = leaf.actor_facility();
  finding.actor_profession = leaf.actor_profession();
  finding.last_micros = leaf.time_micros();
  finding.last_index = leaf.index();
  finding.count += std::max<uint64_t>(leaf.folded_denials(), 1);
  finding.types.insert(leaf.type());
  if (!leaf.patient().empty()) {
    row.patients.insert(leaf.patient());
  }
}

// A facility takes part in a patient's care from the event on by which it
// registered the patient, made the group or accepted the invitation.
void Answerer::LearnTeam(const Leaf& leaf) {
  if (IsAllowed(leaf) && !leaf.patient().empty() &&
      (leaf.type() == kPatientCreated || leaf.type() == kGroupCreated ||
       leaf.type() == kInvitationAccepted)) {
    teams_[leaf.patient()].insert(leaf.actor_facility());
  }
}

bool Answerer::Concerns(const Leaf& leaf) const {
  return AskedFor(form_.patient, leaf.patient()) &&
         AskedFor(form_.actor, leaf.actor()) &&
         AskedFor(form_.session, leaf.session()) &&
         (AskedFor(form_.facility, leaf.actor_facility()) ||
          AskedFor(form_.facility, leaf.hosting_facility()));
}

std::optional<std::string> Answerer::WhatOf(const Leaf& leaf) const {
  const bool with_patient = IsAllowed(leaf) && !leaf.patient().empty();
  const auto when = [](bool condition) {
    return condition ? std::optional<std::string>("") : std::nullopt;
  };
  switch (form_.question) {
    case Question::kPatientAccess:
    case Question::kAccountReach:
      return when(with_patient);
    case Question::kOutsideTeam: {
      const auto team = teams_.find(leaf.patient());
      return when(with_patient && !IsPatientSide(leaf) &&
                  (team == teams_.end() ||
                   team->second.count(leaf.actor_facility()) == 0));
    }
    case Question::kBreakGlass:
      return when((leaf.type() >= kBreakGlassBegun &&
                   leaf.type() <= kBreakGlassReviewed) ||
                  leaf.rule() == kBreakGlassRule);
    case Question::kOffHours:
      return when(with_patient && !IsPatientSide(leaf) &&
                  IsOffHours(leaf.time_micros()));
    case Question::kBulkReaders:
      return with_patient ? std::optional<std::string>(absl::FormatCivilTime(
                                absl::CivilDay(JapanTime(leaf.time_micros()))))
                          : std::nullopt;
    case Question::kDormantAccounts:
      return when(!leaf.actor().empty());
    case Question::kDenials:
      return leaf.outcome() == storage::v1::AUDIT_OUTCOME_DENIED
                 ? std::optional<std::string>(leaf.action())
                 : std::nullopt;
    case Question::kAuditQueries:
      return when(leaf.type() >= kAuditQueried &&
                  leaf.type() <= kAuditReviewed);
  }
  return std::nullopt;
}

bool Answerer::IsRow(const Row& row) const {
  if (form_.question == Question::kBulkReaders) {
    return row.patients.size() > form_.threshold;
  }
  if (form_.question == Question::kDormantAccounts) {
    const int64_t until = std::min(form_.until_micros, last_micros_);
    return until - row.finding.last_micros >=
           absl::ToInt64Microseconds(absl::Hours(24) * form_.threshold);
  }
  return true;
}

std::vector<Finding> Answerer::Answer() const {
  std::vector<Finding> findings;
  for (const auto& [key, row] : rows_) {
    if (IsRow(row)) {
      findings.push_back(row.finding);
      findings.back().patients = row.patients.size();
    }
  }
  std::stable_sort(
      findings.begin(), findings.end(),
      [](const Finding& a, const Finding& b) { return a.count > b.count; });
  return findings;
}

}  // namespace renkei::audit
