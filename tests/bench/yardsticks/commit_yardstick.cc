// The bare one-writer synced batch: as many operations pending as asked for,
// each so many rows and bytes, no more than RocksDB and two threads.
//   commit-yardstick DIRECTORY PENDING BYTES SECONDS
// The writer takes all that waits and writes one synced batch; the other thread
// gets the answers and asks anew. Shares nothing with the product.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "rocksdb/db.h"
#include "rocksdb/write_batch.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRows = 3;  // a message, an index entry, an audit event
constexpr size_t kKeyBytes = 41;

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) /
             1e6;
}

struct Operation {
  uint64_t number = 0;
  Clock::time_point asked;
};

// A queue of operations that hands over all it holds at once.
class Exchange {
 public:
  void Give(std::vector<Operation>& operations) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      held_.insert(held_.end(), operations.begin(), operations.end());
    }
    changed_.notify_one();
  }
  void Close() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      closed_ = true;
    }
    changed_.notify_one();
  }
  // False when closed and empty.
  bool Take(std::vector<Operation>& operations) {
    operations.clear();
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !held_.empty(); });
    operations.swap(held_);
    return !operations.empty();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Operation> held_;
  bool closed_ = false;
};

std::unique_ptr<rocksdb::DB> Open(const std::string& directory) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.max_background_jobs = 2;
  options.write_buffer_size = size_t{64} << 20;
  options.max_total_wal_size = uint64_t{128} << 20;
  options.bytes_per_sync = uint64_t{1} << 20;
  options.compression = rocksdb::kNoCompression;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options, directory, &db);
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    std::exit(1);
  }
  return std::unique_ptr<rocksdb::DB>(db);
}

class Yardstick {
 public:
  Yardstick(rocksdb::DB& db, size_t bytes)
      : db_(db), value_(bytes / kRows - kKeyBytes, '\0') {
    std::mt19937_64 random(1);
    for (char& byte : value_) {
      byte = static_cast<char>(random());
    }
  }

  void Run(size_t pending, double seconds) {
    const double cpu = CpuSeconds();
    const Clock::time_point begun = Clock::now();
    std::thread writer([this] { Write(); });
    const uint64_t done = Ask(pending, seconds);
    writer.join();
    const double took =
        std::chrono::duration<double>(Clock::now() - begun).count();
    std::printf("{\"ops_per_second\":%.1f,\"cpu_us\":%.3f,\"p50_us\":%.2f}\n",
                static_cast<double>(done) / took,
                (CpuSeconds() - cpu) / static_cast<double>(done) * 1e6,
                MedianMicros());
  }

 private:
  void Write() {
    rocksdb::WriteOptions synced;
    synced.sync = true;
    std::vector<Operation> operations;
    while (asked_.Take(operations)) {
      rocksdb::WriteBatch batch;
      for (const Operation& operation : operations) {
        for (int row = 0; row < kRows; ++row) {
          batch.Put(Key(operation.number, row), value_);
        }
      }
      const rocksdb::Status status = db_.Write(synced, &batch);
      if (!status.ok()) {
        std::fprintf(stderr, "%s\n", status.ToString().c_str());
        std::exit(1);
      }
      answered_.Give(operations);
    }
    answered_.Close();
  }

  uint64_t Ask(size_t pending, double seconds) {
    const Clock::time_point until =
        Clock::now() + std::chrono::duration_cast<Clock::duration>(
                           std::chrono::duration<double>(seconds));
    std::vector<Operation> operations(pending);
    uint64_t next = 0;
    uint64_t done = 0;
    do {
      const Clock::time_point now = Clock::now();
      for (Operation& operation : operations) {
        operation = {next++, now};
      }
      asked_.Give(operations);
      answered_.Take(operations);
      done += operations.size();
      const Clock::time_point answered = Clock::now();
      if (latencies_.size() < kLatenciesMax) {
        latencies_.push_back(answered - operations.front().asked);
      }
    } while (Clock::now() < until);
    asked_.Close();
    while (answered_.Take(operations)) {
      done += operations.size();
    }
    return done;
  }

  double MedianMicros() {
    const auto middle = latencies_.begin() + latencies_.size() / 2;
    std::nth_element(latencies_.begin(), middle, latencies_.end());
    return std::chrono::duration<double, std::micro>(*middle).count();
  }

  // Groups of one operation's size apart, as messages of many groups are.
  static std::string Key(uint64_t number, int row) {
    std::string key(kKeyBytes, '\0');
    key[0] = static_cast<char>('a' + row);
    key[1] = static_cast<char>(number % 64);
    for (int i = 0; i < 8; ++i) {
      key[kKeyBytes - 1 - i] = static_cast<char>(number >> (8 * i));
    }
    return key;
  }

  static constexpr size_t kLatenciesMax = 1000000;

  rocksdb::DB& db_;
  std::string value_;
  Exchange asked_;
  Exchange answered_;
  std::vector<Clock::duration> latencies_;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 5) {
    std::fputs("usage: commit-yardstick DIRECTORY PENDING BYTES SECONDS\n",
               stderr);
    return 2;
  }
  const std::unique_ptr<rocksdb::DB> db = Open(arguments[1]);
  const auto pending = static_cast<size_t>(std::atoi(arguments[2]));
  const auto bytes = static_cast<size_t>(std::atoi(arguments[3]));
  Yardstick(*db, bytes).Run(pending, std::atof(arguments[4]));
  return 0;
}
