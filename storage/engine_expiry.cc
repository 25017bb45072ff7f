#include "storage/engine_expiry.h"

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rocksdb/compaction_filter.h"
#include "storage/schema.h"

namespace renkei::storage {
namespace {

class OldRequests : public rocksdb::CompactionFilter {
 public:
  explicit OldRequests(uint32_t period) : period_(period) {}

  const char* Name() const override { return "renkei.OldRequests"; }
  bool Filter(int, const rocksdb::Slice& key, const rocksdb::Slice&,
              std::string*, bool*) const override {
    if (key.empty() || key[0] != kRequests.facts.prefix) {
      return false;
    }
    const std::optional<RequestKey> request =
        DecodeKey<RequestKey>(absl::string_view(key.data(), key.size()));
    return request && request->period + 1 < period_;
  }

 private:
  const uint32_t period_;  // of now
};

class OldRequestsOfNow : public rocksdb::CompactionFilterFactory {
 public:
  explicit OldRequestsOfNow(const std::atomic<int64_t>& now_micros)
      : now_micros_(now_micros) {}

  const char* Name() const override { return "renkei.OldRequestsOfNow"; }
  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context&) override {
    return std::make_unique<OldRequests>(RequestPeriodOf(
        absl::FromUnixMicros(now_micros_.load(std::memory_order_relaxed))));
  }

 private:
  const std::atomic<int64_t>& now_micros_;
};

}  // namespace

std::shared_ptr<rocksdb::CompactionFilterFactory> LeaveOutOldRequests(
    const std::atomic<int64_t>& now_micros) {
  return std::make_shared<OldRequestsOfNow>(now_micros);
}

}  // namespace renkei::storage
