#include "server/rpc/page_token.h"

#include <algorithm>
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/domain/refusal.h"
#include "storage/base/status_macros.h"
#include "storage/crypto/aead.h"
#include "storage/crypto/hash.h"
#include "storage/crypto/key_ring.h"
#include "storage/table.h"

namespace renkei::rpc {
namespace {

using crypto::KeyScope;
using crypto::SealUse;

constexpr absl::Duration kPageTokenLifetime = absl::Hours(1);

absl::Status Invalid() {
  return domain::Refuse(
      absl::StatusCode::kInvalidArgument, domain::Reason::kPageTokenInvalid,
      "page_token: not of this list, or too old; begin again");
}

std::string Associated(const domain::ReadCall& call,
                       const google::protobuf::Message& filters) {
  const std::unique_ptr<google::protobuf::Message> bare(filters.New());
  bare->CopyFrom(filters);
  for (const char* name : {"page_size", "page_token"}) {
    if (const auto* field = bare->GetDescriptor()->FindFieldByName(name)) {
      bare->GetReflection()->ClearField(bare.get(), field);
    }
  }
  const domain::Caller& caller = domain::CallerOf(call);
  return absl::StrCat("page ", bare->GetTypeName(), " ", caller.network.bytes(),
                      caller.person.bytes(),
                      crypto::Sha256(bare->SerializeAsString()).bytes());
}

}  // namespace

absl::StatusOr<size_t> ParsePageSize(int32_t page_size) {
  if (page_size < 0) {
    return domain::RefuseField("page_size", "0 or more");
  }
  return static_cast<size_t>(
      page_size == 0 ? kPageSizeDefault : std::min(page_size, kPageSizeMax));
}

std::string MakePageToken(const domain::ReadCall& call,
                          const google::protobuf::Message& filters,
                          absl::string_view place) {
  const auto key = call.keys.Current(
      KeyScope::Network(domain::CallerOf(call).network), SealUse::kTokens);
  std::string plaintext;
  storage::AppendPart(
      static_cast<uint64_t>(absl::ToUnixSeconds(call.now + kPageTokenLifetime)),
      plaintext);
  absl::StrAppend(&plaintext, place);
  return absl::WebSafeBase64Escape(
      crypto::Seal(*key, Associated(call, filters), plaintext));
}

absl::StatusOr<std::string> OpenPageToken(
    const domain::ReadCall& call, const google::protobuf::Message& filters,
    absl::string_view token) {
  if (token.empty()) {
    return std::string();
  }
  std::string blob;
  if (!absl::WebSafeBase64Unescape(token, &blob)) {
    return Invalid();
  }
  const auto name = crypto::ParseHeader(blob);
  const auto key =
      name.ok() ? call.keys.Find(*name, SealUse::kTokens) : nullptr;
  if (key == nullptr) {
    return Invalid();
  }
  const absl::StatusOr<std::string> plaintext =
      crypto::Open(*key, Associated(call, filters), blob);
  if (!plaintext.ok()) {
    return Invalid();
  }
  absl::string_view rest = *plaintext;
  uint64_t expires = 0;
  if (!storage::TakePart(rest, expires) ||
      absl::FromUnixSeconds(static_cast<int64_t>(expires)) <= call.now) {
    return Invalid();
  }
  return std::string(rest);
}

}  // namespace renkei::rpc
