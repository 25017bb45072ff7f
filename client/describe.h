// The API's answers as tables and texts for people.
#pragma once

#include <string>

#include "client/command.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "google/protobuf/timestamp.pb.h"
#include "renkei/v1/admin.pb.h"
#include "renkei/v1/audit.pb.h"
#include "renkei/v1/directory.pb.h"
#include "renkei/v1/group.pb.h"
#include "renkei/v1/message.pb.h"
#include "renkei/v1/session.pb.h"
#include "renkei/v1/sync.pb.h"
#include "renkei/v1/types.pb.h"

namespace renkei::client {

template <typename Item>
using Items = google::protobuf::RepeatedPtrField<Item>;

// "2026-11-21 08:40" in the view's time zone; empty if unset.
std::string TimeText(const google::protobuf::Timestamp& time, const View& view);
// The name of a profession, or its code if the view does not know it.
std::string ProfessionText(const std::string& code, const View& view);
// "佐須 健一(医師・けやき在宅クリニック)".
std::string SignatureText(const v1::Signature& signature, const View& view);
// The texts of warnings in the view's language, a line each.
std::string WarningText(const Items<v1::Warning>& warnings, const View& view);
// A line that says how to get the next page; empty at the end.
std::string NextPageText(const std::string& next_page_token, const View& view);

// Tables with a line for each item.
std::string Describe(const Items<v1::Session>& sessions, const View& view);
std::string Describe(const Items<v1::Facility>& facilities, const View& view);
std::string Describe(const Items<v1::Person>& people, const View& view);
std::string Describe(const Items<v1::Affiliation>& affiliations,
                     const View& view);
std::string Describe(const Items<v1::RoleGrant>& grants, const View& view);
std::string Describe(const Items<v1::CredentialReset>& resets,
                     const View& view);
std::string Describe(const Items<v1::Profession>& professions,
                     const View& view);
std::string Describe(const Items<v1::Patient>& patients, const View& view);
std::string Describe(const Items<v1::Group>& groups, const View& view);
std::string Describe(const Items<v1::Consent>& consents, const View& view);
std::string Describe(const Items<v1::Invitation>& invitations,
                     const View& view);
std::string Describe(const Items<v1::Member>& members, const View& view);
std::string Describe(const Items<v1::Receipt>& receipts, const View& view);
std::string Describe(const Items<v1::UnreadCount>& counts, const View& view);
std::string Describe(const Items<v1::AuditEvent>& events, const View& view);
// Messages as they are read: who, when, what about, then the text.
std::string Describe(const Items<v1::Message>& messages, const View& view);

std::string Describe(const v1::CurrentPerson& person, const View& view);
std::string Describe(const v1::Network& network, const View& view);
std::string Describe(const v1::ServerInfo& server, const View& view);
std::string Describe(const v1::ServerStatus& status, const View& view);
// What a frame of Sync brought; empty for what nobody wants to read.
std::string Describe(const v1::SyncFrame& frame, const View& view);

// A single item as a table of one line.
template <typename Item>
std::string DescribeOne(const Item& item, const View& view) {
  Items<Item> items;
  *items.Add() = item;
  return Describe(items, view);
}

}  // namespace renkei::client
