// The folder where a log shipper finds lines: files that are only appended to,
// and beside them how far each log is in them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/base/hash32.h"
#include "storage/base/id.h"
#include "storage/durable_file.h"

namespace renkei::jobs {

// The first `next` events of a log have been written; `root` is that of the
// tree over them.
struct SpoolPlace {
  uint64_t next = 0;
  Hash32 root;
};
using SpoolPlaces = std::map<NetworkId, SpoolPlace>;

// Whoever ships the lines removes a file when all of it is safe elsewhere,
// never the newest: what is in the folder is what waits, and when it is full
// nothing more is written. Not thread-safe.
class SpoolFolder {
 public:
  struct Limits {
    uint64_t bytes_max = 0;       // of all files
    uint64_t free_bytes_min = 0;  // left on the disk
  };

  SpoolFolder(std::string path, Limits limits)
      : path_(std::move(path)), limits_(limits) {}

  // As kept last; of no log when nothing was, or not in this form: then
  // everything is sent again.
  absl::StatusOr<SpoolPlaces> ReadPlaces() const;

  // Appends whole lines, then keeps `places`; both are on disk when it returns
  // OK. After an error the places are those of before, and the lines may be
  // there. ResourceExhausted: the folder or its disk is full. The folder is
  // made if it is not there. A file ends with its day or when it is large, and
  // with the life of this object.
  absl::Status Append(absl::Time now, absl::string_view lines,
                      const SpoolPlaces& places);

  // In all files; 0 when the folder cannot be looked into.
  uint64_t BytesWaiting() const;

 private:
  std::vector<std::string> Files() const;
  absl::Status CheckRoom(uint64_t bytes) const;
  absl::Status OpenFile(absl::Time now);

  const std::string path_;
  const Limits limits_;
  std::string file_path_;  // empty: none yet
  std::string file_day_;
  std::unique_ptr<storage::DurableFile> file_;  // nullptr after an error
};

}  // namespace renkei::jobs
