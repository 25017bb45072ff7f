#include "tests/bench/scale/fill.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "renkei/v1/audit_event_type.pb.h"
#include "renkei/v1/message.pb.h"
#include "server/domain/acknowledgements.h"
#include "server/domain/messages.h"
#include "server/domain/timeline.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/hash.h"
#include "storage/crypto/random.h"
#include "tests/bench/product/calls.h"

namespace renkei::bench {
namespace {

constexpr uint64_t kPage = 50;
// A fraction of what the store lets wait.
constexpr size_t kPendingMax = 1024;
constexpr absl::Duration kReportEvery = absl::Seconds(10);
// Well within what locks an idle session.
constexpr absl::Duration kSignInEvery = absl::Minutes(5);

// The number of the last message of each group.
absl::StatusOr<std::vector<uint64_t>> ReadHeads(const storage::Store& store,
                                                const Region& region) {
  const storage::Snapshot view = store.Read();
  std::vector<uint64_t> heads;
  for (size_t i = 0; i < region.size().groups; ++i) {
    ASSIGN_OR_RETURN(
        const auto head,
        view.Find(storage::kGroupHeads, {region.network(), region.group(i)}));
    heads.push_back(head ? head->last_sequence() : 0);
  }
  return heads;
}

domain::Request RequestOf(const Member& member, domain::Action action,
                          v1::AuditEventType event) {
  domain::Request request;
  request.action = action;
  request.event_type = event;
  request.token = member.token;
  request.origin.client_address = "192.0.2.7";
  request.origin.correlation_id =
      SessionId::Make(absl::Now(), crypto::RandomIdBytes()).ToText();
  return request;
}

class Filler {
 public:
  Filler(server::OpenedStore& opened, const Region& region,
         std::vector<uint64_t> heads)
      : opened_(opened),
        region_(region),
        heads_(std::move(heads)),
        // Of the page before the last everything must be there when it is read.
        pending_max_(std::clamp<size_t>(region.size().groups * kPage / 4, 8,
                                        kPendingMax)) {
    for (size_t i = 0; i < region.size().groups; ++i) {
      groups_.push_back(region.group(i));
    }
  }

  // One message more, and what is read because of it.
  void SendOne() {
    const size_t group = region_.PickGroup(random_);
    const size_t author = random_() % region_.size().members;
    AwaitRoom(pending_max_);
    Send(group, region_.member(group, author));
    if (++heads_[group] % kPage == 0 && heads_[group] > kPage) {
      for (size_t reader = 0; reader < region_.size().members; ++reader) {
        AwaitRoom(pending_max_);
        ReadPage(group, region_.member(group, reader),
                 heads_[group] - 2 * kPage + 1);
      }
    }
  }

  void AwaitAll() { AwaitRoom(1); }

 private:
  // Until less than `room` are under way.
  void AwaitRoom(size_t room) {
    for (size_t now = pending_; now >= room; now = pending_) {
      pending_.wait(now);
    }
  }

  void Answered() {
    const size_t left = --pending_;
    // One wake-up for many answers.
    if (left == pending_max_ / 2 || left == 0) {
      pending_.notify_one();
    }
  }

  void Send(size_t group, const Member& author) {
    struct Call {
      domain::NewMessage message;
      storage::MessageKey posted;
    };
    const auto call = std::make_shared<Call>();
    call->message.network = region_.network();
    call->message.group = groups_[group];
    call->message.lane = storage::v1::LANE_PROFESSIONAL;
    call->message.category = v1::CATEGORY_DAILY_CARE;
    call->message.body = body_;
    domain::Request request = RequestOf(author, domain::Action::kSendMessage,
                                        v1::AUDIT_EVENT_TYPE_MESSAGE_SENT);
    request.id = RequestId::Make(absl::Now(), crypto::RandomIdBytes());
    request.content = crypto::Sha256(request.id->bytes());
    ++pending_;
    opened_.door().Write(
        std::move(request),
        [call](domain::WriteCall& write) -> absl::Status {
          ASSIGN_OR_RETURN(const domain::PostedMessage posted,
                           domain::SendMessage(write, call->message));
          call->posted = posted.key;
          return absl::OkStatus();
        },
        {[call] { return domain::KeepReference(call->posted); },
         [](domain::ReadCall&, const std::string&) {
           return absl::InternalError("replayed");
         }},
        [this](const absl::Status& answer) {
          CHECK_OK(answer);
          Answered();
        });
  }

  void ReadPage(size_t group, const Member& reader, uint64_t from) {
    domain::TimelineQuery query;
    query.network = region_.network();
    query.group = groups_[group];
    query.oldest_first = true;
    query.start = from;
    query.limit = kPage;
    const auto shown = std::make_shared<std::vector<domain::MessageRevision>>();
    ++pending_;
    opened_.door().Read(
        RequestOf(reader, domain::Action::kListMessages,
                  v1::AUDIT_EVENT_TYPE_MESSAGES_READ),
        [query, shown](domain::ReadCall& read) -> absl::Status {
          ASSIGN_OR_RETURN(const domain::TimelinePage page,
                           domain::ListMessages(read, query));
          shown->clear();
          for (const domain::ShownMessage& message : page.messages) {
            shown->push_back({message.sequence, message.record->revision()});
          }
          return absl::OkStatus();
        },
        [this, group, &reader, shown](const absl::Status& answer) {
          CHECK_OK(answer);
          CHECK(!shown->empty());
          MarkDisplayed(group, reader, *shown);
        });
  }

  void MarkDisplayed(size_t group, const Member& reader,
                     const std::vector<domain::MessageRevision>& shown) {
    opened_.door().Write(
        RequestOf(reader, domain::Action::kMarkDisplayed,
                  v1::AUDIT_EVENT_TYPE_MESSAGES_DISPLAYED),
        [key = storage::GroupKey{region_.network(), groups_[group]},
         shown](domain::WriteCall& write) {
          return domain::MarkDisplayed(write, key, shown);
        },
        {},
        [this](const absl::Status& answer) {
          CHECK_OK(answer);
          Answered();
        });
  }

  server::OpenedStore& opened_;
  const Region& region_;
  const std::string body_ = MessageBody();
  std::vector<GroupId> groups_;
  std::vector<uint64_t> heads_;
  const size_t pending_max_;
  std::mt19937_64 random_{std::random_device{}()};
  std::atomic<size_t> pending_{0};
};

// Says now and then how far it is.
class Progress {
 public:
  Progress(uint64_t done, uint64_t all) : done_(done), all_(all) {}

  void Report(uint64_t done) {
    const absl::Duration took = absl::Now() - last_;
    if (took < kReportEvery) {
      return;
    }
    const double rate =
        static_cast<double>(done - done_) / absl::ToDoubleSeconds(took);
    absl::FPrintF(stderr, "filled %d of %d, %.0f/s, %.0f s left\n", done, all_,
                  rate, static_cast<double>(all_ - done) / rate);
    done_ = done;
    last_ = absl::Now();
  }

 private:
  uint64_t done_;
  const uint64_t all_;
  absl::Time last_ = absl::Now();
};

}  // namespace

absl::StatusOr<uint64_t> CountMessages(const storage::Store& store,
                                       const Region& region) {
  ASSIGN_OR_RETURN(const std::vector<uint64_t> heads, ReadHeads(store, region));
  uint64_t messages = 0;
  for (const uint64_t head : heads) {
    messages += head;
  }
  return messages;
}

absl::Status Fill(server::OpenedStore& opened, const Region& region,
                  uint64_t messages) {
  ASSIGN_OR_RETURN(uint64_t done, CountMessages(opened.store(), region));
  ASSIGN_OR_RETURN(std::vector<uint64_t> heads,
                   ReadHeads(opened.store(), region));
  Filler filler(opened, region, std::move(heads));
  Progress progress(done, messages);
  absl::Time signed_in = absl::Now();
  for (; done < messages; ++done) {
    if (done % 1024 == 0) {
      progress.Report(done);
      if (absl::Now() - signed_in > kSignInEvery) {
        RETURN_IF_ERROR(region.SignIn(opened));
        signed_in = absl::Now();
      }
    }
    filler.SendOne();
  }
  filler.AwaitAll();
  return absl::OkStatus();
}

}  // namespace renkei::bench
