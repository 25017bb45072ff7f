#include "server/domain/receipt_list.h"

#include <utility>

#include "server/domain/authorize.h"
#include "server/domain/sight.h"
#include "server/domain/signature.h"
#include "server/domain/standing.h"
#include "storage/base/status_macros.h"

namespace renkei::domain {
namespace {

using storage::v1::MessageRecord;

absl::StatusOr<Receipt> Describe(const ReadCall& call,
                                 const storage::MessageKey& key,
                                 const MessageRecord& message,
                                 const Sight& reader) {
  Receipt receipt{key, reader.person, {}, {}, reader.IsAsked(message), {}};
  if (const auto affiliation =
          AffiliationId::FromBytes(reader.membership->affiliation())) {
    receipt.affiliation = *affiliation;
  }
  ASSIGN_OR_RETURN(
      receipt.signature,
      SignatureOf(call, *reader.record, reader.membership->affiliation()));
  ReceiptReader receipts(call.view, key.network, key.group, reader.person);
  ASSIGN_OR_RETURN(receipt.facts, receipts.Find(key.sequence));
  return receipt;
}

// Of all who are or were members, after `after`, in the order of their ids.
absl::StatusOr<std::vector<PersonId>> PeopleAfter(
    const ReadCall& call, const storage::MessageKey& key,
    const std::optional<PersonId>& after) {
  std::vector<PersonId> people;
  RETURN_IF_ERROR(call.view.Scan(
      storage::kMemberships,
      storage::KeysUnder(storage::kMemberships, key.network, key.group),
      storage::Direction::kForward,
      [&](const storage::GroupPersonKey& member,
          const storage::v1::MembershipRecord&) {
        if (!after || *after < member.person) {
          people.push_back(member.person);
        }
        return true;
      }));
  return people;
}

bool MaySee(const ReadCall& call, const Sight& reader,
            const storage::MessageKey& key, const MessageRecord& message) {
  return InForce(*reader.membership, *reader.record, call.now) &&
         reader.Sees(key.sequence, message);
}

}  // namespace

absl::StatusOr<Receipt> ReceiptOf(const ReadCall& call,
                                  const storage::MessageKey& key,
                                  const MessageRecord& message,
                                  const PersonId& reader) {
  ASSIGN_OR_RETURN(const Sight sight, SightOf(call, key.group, reader));
  return Describe(call, key, message, sight);
}

absl::StatusOr<ReceiptPage> ListReceipts(ReadCall& call,
                                         const storage::MessageKey& key,
                                         const std::optional<PersonId>& after,
                                         size_t limit) {
  RETURN_IF_ERROR(Authorize(call, Action::kListReceipts,
                            {.network = key.network, .group = key.group}));
  ASSIGN_OR_RETURN(const Sight sight, SightOf(call, key.group));
  ASSIGN_OR_RETURN(const SharedMessage message,
                   FindVisible(call, sight, key.sequence));
  call.note.first_message = key.sequence;
  call.note.last_message = key.sequence;
  call.note.messages = 1;
  ASSIGN_OR_RETURN(const std::vector<PersonId> people,
                   PeopleAfter(call, key, after));
  ReceiptPage page;
  for (const PersonId& person : people) {
    ASSIGN_OR_RETURN(const Sight reader, SightOf(call, key.group, person));
    if (reader.Wrote(*message)) {
      continue;
    }
    ASSIGN_OR_RETURN(Receipt receipt, Describe(call, key, *message, reader));
    if (!MaySee(call, reader, key, *message) && !receipt.facts.Any()) {
      continue;
    }
    if (page.receipts.size() == limit) {
      page.next = page.receipts.back().person;
      break;
    }
    page.receipts.push_back(std::move(receipt));
  }
  return page;
}

}  // namespace renkei::domain
