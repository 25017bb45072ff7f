// The calls of the message service in a standing care team, through the real
// door.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/domain/acknowledgements.h"
#include "server/domain/messages.h"
#include "server/domain/receipt_list.h"
#include "server/domain/timeline.h"
#include "server/domain/unread.h"
#include "tests/support/care_team.h"
#include "tests/support/world.h"

namespace renkei::testing {

class Conversation {
 public:
  Conversation() : team_(MakeCareTeam(world_)) {}
  // On a disk that may fail.
  Conversation(storage::Disk& disk, bool sync)
      : world_(disk, sync), team_(MakeCareTeam(world_)) {}
  // On the machine's disk, which may get full.
  Conversation(const std::string& directory, const DiskLimits& limits)
      : world_(directory, limits), team_(MakeCareTeam(world_)) {}

  World& world() { return world_; }
  CareTeam& team() { return team_; }

  // A new thread in the professional lane of the team's group.
  domain::NewMessage Draft(absl::string_view body) const;
  domain::NewMessage Reply(uint64_t root, absl::string_view body) const;
  static storage::v1::Mention Person(const Actor& actor);
  static storage::v1::Mention Profession(absl::string_view code);

  absl::StatusOr<domain::PostedMessage> Send(const Actor& author,
                                             const domain::NewMessage& message);
  absl::StatusOr<domain::PostedMessage> Send(const Actor& author,
                                             absl::string_view body) {
    return Send(author, Draft(body));
  }
  // As the rpc does it: with an id, and answered again by a reference.
  absl::StatusOr<domain::PostedMessage> SendOnce(
      const Actor& author, const domain::NewMessage& message,
      const RequestId& request);

  // The whole lane of the team's group, the newest first.
  domain::TimelineQuery Timeline(size_t limit) const;
  absl::StatusOr<domain::TimelinePage> List(const Actor& reader,
                                            const domain::TimelineQuery& query);
  absl::StatusOr<domain::ShownMessage> Get(const Actor& reader,
                                           uint64_t sequence);
  absl::Status Display(const Actor& reader,
                       std::initializer_list<uint64_t> sequences);
  absl::Status Display(const Actor& reader,
                       const std::vector<domain::MessageRevision>& messages);
  absl::StatusOr<domain::Receipt> Acknowledge(const Actor& reader,
                                              uint64_t sequence);
  absl::StatusOr<domain::ReceiptPage> Receipts(const Actor& reader,
                                               uint64_t sequence);
  absl::StatusOr<std::vector<domain::UnreadCount>> Unread(const Actor& reader);
  // Of the team's group; all 0 when nothing is unread.
  domain::UnreadCount UnreadHere(const Actor& reader);

  void ChangeGroup(
      const std::function<void(storage::v1::GroupRecord&)>& change);
  // Ends the membership at once.
  void Remove(const Actor& actor);
  // What the events of the last commit of a person's stream say.
  std::vector<storage::v1::EventItem> EventsOf(const Actor& actor);

 private:
  storage::MessageKey KeyOf(uint64_t sequence) const {
    return {world_.network(), team_.group, sequence};
  }

  World world_;
  domain::MessageFacts facts_;
  CareTeam team_;
};

}  // namespace renkei::testing
