#include "tests/bench/product/sync_streams.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "renkei/v1/sync.pb.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"

namespace renkei::bench {
namespace {

// A frame is walked as protobuf's wire format: parsing it would cost more than
// everything else that the driver does.
class Fields {
 public:
  explicit Fields(absl::string_view bytes) : rest_(bytes) {}

  // The next field; false at the end. `value` is empty for numbers.
  bool Next(uint64_t& number, absl::string_view& value) {
    if (rest_.empty()) {
      return false;
    }
    const uint64_t tag = Varint();
    number = tag >> 3;
    value = {};
    switch (tag & 7) {
      case 0:
        Varint();
        break;
      case 1:
        rest_.remove_prefix(8);
        break;
      case 2: {
        const uint64_t length = Varint();
        value = rest_.substr(0, length);
        rest_.remove_prefix(length);
        break;
      }
      default:
        CHECK((tag & 7) == 5);
        rest_.remove_prefix(4);
    }
    return true;
  }

 private:
  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      CHECK(!rest_.empty());
      const auto byte = static_cast<uint8_t>(rest_[0]);
      rest_.remove_prefix(1);
      value |= uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) {
        return value;
      }
    }
  }

  absl::string_view rest_;
};

uint64_t MessagesIn(absl::string_view event) {
  uint64_t messages = 0;
  uint64_t number = 0;
  absl::string_view value;
  for (Fields changes(event); changes.Next(number, value);) {
    if (number != v1::Event::kChangesFieldNumber) {
      continue;
    }
    absl::string_view unused;
    for (Fields change(value); change.Next(number, unused);) {
      messages += number == v1::Change::kMessagePostedFieldNumber ? 1 : 0;
    }
  }
  return messages;
}

}  // namespace

absl::Status SyncStreams::Open(const Person& person,
                               Http2Connection& connection,
                               const std::string& cursor) {
  v1::SyncRequest request;
  request.set_cursor(cursor);
  const uint64_t tag = cursors_.size();
  cursors_.push_back(cursor);
  connection.Start({"/renkei.v1.SyncService/Sync",
                    absl::StrCat("Bearer ", person.access_token)},
                   request.SerializeAsString(), tag, *this);
  return loop_.Flush(connection);
}

void SyncStreams::OnMessage(uint64_t tag, absl::string_view frame) {
  ++frames_;
  uint64_t number = 0;
  absl::string_view value;
  for (Fields fields(frame); fields.Next(number, value);) {
    switch (number) {
      case v1::SyncFrame::kCursorFieldNumber:
        cursors_[tag].assign(value.data(), value.size());
        break;
      case v1::SyncFrame::kEventFieldNumber:
        messages_ += MessagesIn(value);
        break;
      case v1::SyncFrame::kCaughtUpFieldNumber:
        ++caught_up_;
        break;
      default:
        break;
    }
  }
}

void SyncStreams::OnEnd(uint64_t, int status, absl::string_view text) {
  if (ended_++ == 0) {
    why_ended_ = absl::StrCat("a stream ended with ", status, ": ", text);
  }
}

absl::Status SyncStreams::AwaitCaughtUp(absl::Duration patience) {
  return RunUntil([this] { return caught_up_ == cursors_.size(); }, patience);
}

absl::Status SyncStreams::AwaitMessages(uint64_t messages,
                                        absl::Duration patience) {
  return RunUntil([this, messages] { return messages_ >= messages; }, patience);
}

absl::Status SyncStreams::RunUntil(const std::function<bool()>& done,
                                   absl::Duration patience) {
  const absl::Time until = absl::Now() + patience;
  while (!done()) {
    RETURN_IF_ERROR(loop_.RunOnce(absl::Milliseconds(20)));
    if (ended_ > 0) {
      return absl::InternalError(why_ended_);
    }
    if (absl::Now() > until) {
      return absl::DeadlineExceededError(
          absl::StrCat("streams: ", caught_up_, " of ", cursors_.size(),
                       " caught up, ", messages_, " messages came"));
    }
  }
  return absl::OkStatus();
}

}  // namespace renkei::bench
