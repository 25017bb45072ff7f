// One record as it lies in a table, shared by all who hold it.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/functional/function_ref.h"
#include "google/protobuf/message_lite.h"
#include "storage/base/check.h"
#include "storage/base/mutex.h"

namespace renkei::storage {

// Made of bytes or of what they say; the other is made of it at most once, by
// the first who asks. Nobody can change it. Thread-safe.
class SharedRecord {
 public:
  explicit SharedRecord(std::string plaintext)
      : of_bytes_(true),
        plaintext_(std::move(plaintext)),
        bytes_(plaintext_.size()) {}
  template <
      typename Record,
      std::enable_if_t<std::is_base_of_v<google::protobuf::MessageLite, Record>,
                       int> = 0>
  explicit SharedRecord(Record record)
      : of_bytes_(false),
        parsed_(std::make_unique<const Record>(std::move(record))),
        bytes_(parsed_->ByteSizeLong()) {}
  SharedRecord(const SharedRecord&) = delete;
  SharedRecord& operator=(const SharedRecord&) = delete;

  // Of the plaintext.
  size_t bytes() const { return bytes_; }

  const std::string& plaintext() const {
    if (!of_bytes_) {
      MakeOther([this] { CHECK(parsed_->SerializeToString(&plaintext_)); });
    }
    return plaintext_;
  }

  // A part of it; nullptr when it does not parse. REQUIRES: Record is the one
  // type of the record's table.
  template <typename Record>
  const Record* Parsed() const {
    if (of_bytes_) {
      MakeOther([this] {
        auto parsed = std::make_unique<Record>();
        if (parsed->ParseFromString(plaintext_)) {
          parsed_ = std::move(parsed);
        }
      });
    }
    return static_cast<const Record*>(parsed_.get());
  }

  // What `render` gave the first time: what is made of a record again and again
  // is made once. REQUIRES: `render` does not come here; it is the same for all
  // records of a table.
  const std::string& Rendered(absl::FunctionRef<std::string()> render) const {
    MakeOnce(rendered_, [&] { rendering_ = render(); });
    return rendering_;
  }

 private:
  template <typename Make>
  void MakeOther(Make make) const {
    MakeOnce(made_other_, make);
  }

  // Not std::call_once: glibc's makes a system call for each record.
  template <typename Make>
  void MakeOnce(std::atomic<bool>& made, Make make) const {
    if (made.load(std::memory_order_acquire)) {
      return;
    }
    MutexLock lock(mutex_);
    if (!made.load(std::memory_order_relaxed)) {
      make();
      made.store(true, std::memory_order_release);
    }
  }

  const bool of_bytes_;
  mutable Mutex mutex_;
  mutable std::atomic<bool> made_other_{false};
  mutable std::atomic<bool> rendered_{false};
  mutable std::string plaintext_;
  mutable std::string rendering_;
  mutable std::unique_ptr<const google::protobuf::MessageLite> parsed_;
  const size_t bytes_;
};

// A shared record together with what it says, or none. Cheap to copy.
// Thread-safe.
template <typename Record>
class RecordRef {
 public:
  // None.
  RecordRef() = default;
  // None if it does not parse. REQUIRES: it is there, of this type.
  explicit RecordRef(std::shared_ptr<const SharedRecord> record)
      : says_(record->Parsed<Record>()),
        record_(says_ == nullptr ? nullptr : std::move(record)) {}

  explicit operator bool() const { return says_ != nullptr; }
  const Record& operator*() const { return *says_; }
  const Record* operator->() const { return says_; }

  // As the record's. REQUIRES: there is one.
  const std::string& plaintext() const { return record_->plaintext(); }

  // As the record's, of what it says. REQUIRES: there is one.
  const std::string& Rendered(
      absl::FunctionRef<std::string(const Record&)> render) const {
    return record_->Rendered([&] { return render(*says_); });
  }

  // The same record, not one like it.
  friend bool operator==(const RecordRef&, const RecordRef&) = default;

 private:
  const Record* says_ = nullptr;  // a part of the record
  std::shared_ptr<const SharedRecord> record_;
};

}  // namespace renkei::storage
