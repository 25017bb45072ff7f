#include "server/jobs/audit_spool.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/domain/audit_tree.h"
#include "storage/base/status_macros.h"

namespace renkei::jobs {
namespace {

using domain::AuditTree;
using storage::v1::AuditLeaf;

// Of one log: what a read holds in memory and a write brings to the disk.
constexpr uint64_t kBatchBytesMax = 256 * 1024;
constexpr int kBatchesMax = 64;

absl::StatusOr<std::map<NetworkId, uint64_t>> SizesOf(
    const storage::Snapshot& view) {
  std::map<NetworkId, uint64_t> sizes;
  RETURN_IF_ERROR(view.Scan(storage::kAuditTrees,
                            storage::KeysUnder(storage::kAuditTrees),
                            storage::Direction::kForward,
                            [&](const storage::NetworkKey& key,
                                const storage::v1::AuditTreeRecord& tree) {
                              sizes[key.network] = tree.size();
                              return true;
                            }));
  return sizes;
}

SpoolPlace PlaceOf(const SpoolPlaces& places, const NetworkId& log) {
  const auto place = places.find(log);
  return place == places.end() ? SpoolPlace() : place->second;
}

}  // namespace

AuditSpool::AuditSpool(const storage::Store& store, absl::Time started_at,
                       SpoolOptions options)
    : store_(store),
      started_at_(started_at),
      options_(std::move(options)),
      folder_(options_.folder, options_.limits) {}

SpoolPlaces AuditSpool::Places() const {
  MutexLock lock(mutex_);
  return places_;
}

// A log that does not begin as the one whose lines were written, as after a
// restore from a backup, is sent again from its first event.
absl::Status AuditSpool::OpenPlaces() {
  if (places_read_) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(SpoolPlaces places, folder_.ReadPlaces());
  const storage::Snapshot view = store_.Read();
  for (auto& [log, place] : places) {
    ASSIGN_OR_RETURN(const AuditTree tree, AuditTree::Open(view, log));
    const auto root = tree.RootAt(place.next);
    if (!root.ok() || *root != place.root) {
      place = SpoolPlace();
    }
  }
  MutexLock lock(mutex_);
  places_ = std::move(places);
  places_read_ = true;
  return absl::OkStatus();
}

absl::Status AuditSpool::AddLines(const storage::Snapshot& view,
                                  const NetworkId& log, uint64_t size,
                                  SpoolPlace& place, std::string& lines) const {
  const uint64_t bytes_max =
      std::min(kBatchBytesMax, options_.limits.bytes_max / 16) + lines.size();
  bool whole = true;
  RETURN_IF_ERROR(view.Scan(
      storage::kAudit,
      storage::KeysBetween(storage::kAudit, {log, place.next}, {log, size}),
      storage::Direction::kForward,
      [&](const storage::AuditKey& key, const storage::v1::AuditRecord& event) {
        AuditLeaf leaf;
        whole = key.index == place.next && leaf.ParseFromString(event.leaf());
        if (!whole) {
          return false;
        }
        lines += SyslogLine(leaf, domain::LeafHash(event.leaf()),
                            options_.event_name(leaf.type()), options_.source);
        ++place.next;
        return lines.size() < bytes_max;
      }));
  if (!whole) {
    return absl::DataLossError(
        absl::StrCat("audit event ", place.next, " is missing"));
  }
  ASSIGN_OR_RETURN(const AuditTree tree, AuditTree::Open(view, log));
  ASSIGN_OR_RETURN(place.root, tree.RootAt(place.next));
  return absl::OkStatus();
}

absl::StatusOr<bool> AuditSpool::WriteNext(absl::Time now) {
  RETURN_IF_ERROR(OpenPlaces());
  const storage::Snapshot view = store_.Read();
  ASSIGN_OR_RETURN(const auto sizes, SizesOf(view));
  SpoolPlaces places = Places();
  std::string lines;
  // One log that cannot be read must not keep the others from it.
  absl::Status first_failure;
  for (const auto& [log, size] : sizes) {
    SpoolPlace place = PlaceOf(places, log);
    if (place.next >= size) {
      continue;
    }
    const size_t before = lines.size();
    const absl::Status added = AddLines(view, log, size, place, lines);
    if (added.ok()) {
      places[log] = place;
    } else {
      lines.resize(before);
      first_failure.Update(added);
    }
  }
  if (!lines.empty()) {
    RETURN_IF_ERROR(folder_.Append(now, lines, places));
    MutexLock lock(mutex_);
    places_ = std::move(places);
  }
  RETURN_IF_ERROR(first_failure);
  return !lines.empty();
}

absl::StatusOr<bool> AuditSpool::WriteBatch(absl::Time now) {
  MutexLock writing(writing_);
  absl::StatusOr<bool> wrote = WriteNext(now);
  const uint64_t bytes_waiting = folder_.BytesWaiting();
  MutexLock lock(mutex_);
  last_written_ = wrote.status();
  bytes_waiting_ = bytes_waiting;
  return wrote;
}

absl::Status AuditSpool::CatchUp(absl::Time now) {
  bool more = true;
  for (int batches = 0; more && batches < kBatchesMax; ++batches) {
    ASSIGN_OR_RETURN(more, WriteBatch(now));
  }
  return absl::OkStatus();
}

absl::StatusOr<SpoolLag> AuditSpool::LagAt(absl::Time now) const {
  SpoolPlaces places;
  SpoolLag lag;
  {
    MutexLock lock(mutex_);
    places = places_;
    lag.bytes_waiting = bytes_waiting_;
  }
  const storage::Snapshot view = store_.Read();
  ASSIGN_OR_RETURN(const auto sizes, SizesOf(view));
  for (const auto& [log, size] : sizes) {
    const SpoolPlace place = PlaceOf(places, log);
    if (place.next >= size) {
      continue;
    }
    lag.events += size - place.next;
    ASSIGN_OR_RETURN(const auto oldest,
                     view.Find(storage::kAudit, {log, place.next}));
    AuditLeaf leaf;
    if (oldest && leaf.ParseFromString(oldest->leaf())) {
      lag.age =
          std::max(lag.age, now - absl::FromUnixMicros(leaf.time_micros()));
    }
  }
  return lag;
}

std::optional<SpoolAlarm> AuditSpool::AlarmAt(absl::Time now) {
  const absl::StatusOr<SpoolLag> lag = LagAt(now);
  const bool late = !lag.ok() || (lag->age > options_.lag_max &&
                                  now - started_at_ > options_.lag_max);
  const bool filling =
      lag.ok() && lag->bytes_waiting > options_.limits.bytes_max / 2;
  MutexLock lock(mutex_);
  if ((late || filling) == alarmed_) {
    return std::nullopt;
  }
  alarmed_ = !alarmed_;
  return SpoolAlarm{alarmed_, lag.value_or(SpoolLag()),
                    lag.ok() ? last_written_ : lag.status()};
}

}  // namespace renkei::jobs
