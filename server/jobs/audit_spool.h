// The audit logs as lines of syslog, for a log shipper such as rsyslog: at
// least once, in order, and never in the way of the server. The log itself is
// the queue: where the spool cannot be written it falls behind.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/jobs/spool_folder.h"
#include "server/jobs/syslog_line.h"
#include "storage/base/mutex.h"
#include "storage/store.h"

namespace renkei::jobs {

struct SpoolOptions {
  std::string folder;
  SpoolFolder::Limits limits;
  absl::Duration lag_max;  // a longer one is an alarm
  SyslogSource source;
  std::function<std::string(uint32_t type)> event_name;
};

// How far the spool is behind the logs.
struct SpoolLag {
  uint64_t events = 0;         // of all logs, that no file holds
  absl::Duration age;          // of the oldest of them
  uint64_t bytes_waiting = 0;  // in files that nobody took away, as of the
                               // last attempt to write
};

struct SpoolAlarm {
  bool raised = false;  // false: it is over
  SpoolLag lag;
  absl::Status why;  // what the last attempt to write met
};

// Thread-safe.
class AuditSpool {
 public:
  // `store` must outlive this. `started_at`: what is older counts from there
  // for the alarm, since nobody could have written it.
  AuditSpool(const storage::Store& store, absl::Time started_at,
             SpoolOptions options);

  // Writes a batch of what the logs have and the spool has not: false when
  // there is nothing more. Each line and then the new place are on disk when it
  // returns. DataLoss when a log cannot be read; the others go on.
  absl::StatusOr<bool> WriteBatch(absl::Time now);

  // Batches until there is nothing more, or so many that the next call may go
  // on.
  absl::Status CatchUp(absl::Time now);

  // These two look at the store alone and never wait for the spool's disk.
  absl::StatusOr<SpoolLag> LagAt(absl::Time now) const;
  // The alarm, when it was raised or ended since this was asked last: lines
  // wait longer than lag_max, or the folder is more than half full.
  std::optional<SpoolAlarm> AlarmAt(absl::Time now);

 private:
  absl::Status OpenPlaces() ABSL_EXCLUSIVE_LOCKS_REQUIRED(writing_);
  absl::StatusOr<bool> WriteNext(absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(writing_);
  absl::Status AddLines(const storage::Snapshot& view, const NetworkId& log,
                        uint64_t size, SpoolPlace& place,
                        std::string& lines) const;
  SpoolPlaces Places() const ABSL_LOCKS_EXCLUDED(mutex_);

  const storage::Store& store_;
  const absl::Time started_at_;
  const SpoolOptions options_;

  Mutex writing_;  // one batch after another; may wait for the disk
  SpoolFolder folder_ ABSL_GUARDED_BY(writing_);
  bool places_read_ ABSL_GUARDED_BY(writing_) = false;

  mutable Mutex mutex_;
  SpoolPlaces places_ ABSL_GUARDED_BY(mutex_);
  absl::Status last_written_ ABSL_GUARDED_BY(mutex_);
  uint64_t bytes_waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  bool alarmed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace renkei::jobs
