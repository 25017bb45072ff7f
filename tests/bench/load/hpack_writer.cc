#include "tests/bench/load/hpack_writer.h"

namespace renkei::bench {
namespace {

// RFC 7541: the table every connection begins with, and its first free index.
constexpr size_t kTableBytesMax = 4096;
constexpr size_t kEntryOverheadBytes = 32;
constexpr uint32_t kFirstDynamic = 62;

constexpr char kMethodPost = '\x83';
constexpr char kSchemeHttp = '\x86';
constexpr char kSchemeHttps = '\x87';

enum StaticName : uint8_t {
  kNoName = 0,
  kAuthority = 1,
  kPath = 4,
  kAuthorization = 23,
  kContentType = 31,
};

void AppendNumber(uint8_t flags, int prefix_bits, uint32_t number,
                  std::string& out) {
  const uint32_t most = (1U << prefix_bits) - 1;
  if (number < most) {
    out.push_back(static_cast<char>(flags | number));
    return;
  }
  out.push_back(static_cast<char>(flags | most));
  for (number -= most; number >= 128; number /= 128) {
    out.push_back(static_cast<char>(number % 128 + 128));
  }
  out.push_back(static_cast<char>(number));
}

void AppendText(absl::string_view text, std::string& out) {
  AppendNumber(0, 7, static_cast<uint32_t>(text.size()), out);
  out.append(text.data(), text.size());
}

}  // namespace

void HpackWriter::Append(const CallHeaders& headers, std::string& out) {
  out.push_back(kMethodPost);
  out.push_back(tls_ ? kSchemeHttps : kSchemeHttp);
  AppendField(kPath, ":path", headers.path, out);
  AppendField(kAuthority, ":authority", "localhost", out);
  AppendField(kNoName, "te", "trailers", out);
  AppendField(kContentType, "content-type", "application/grpc", out);
  if (!headers.authorization.empty()) {
    AppendField(kAuthorization, "authorization", headers.authorization, out);
  }
}

void HpackWriter::AppendField(uint8_t static_name, absl::string_view name,
                              absl::string_view value, std::string& out) {
  const auto known = added_.find(value);
  if (known != added_.end()) {
    const auto newest = static_cast<uint32_t>(added_.size()) - 1;
    AppendNumber(0x80, 7, kFirstDynamic + newest - known->second, out);
    return;
  }
  const size_t entry = name.size() + value.size() + kEntryOverheadBytes;
  const bool fits = table_bytes_ + entry <= kTableBytesMax;
  if (fits) {
    table_bytes_ += entry;
    added_.emplace(value, static_cast<uint32_t>(added_.size()));
  }
  AppendNumber(fits ? 0x40 : 0, fits ? 6 : 4, static_name, out);
  if (static_name == kNoName) {
    AppendText(name, out);
  }
  AppendText(value, out);
}

}  // namespace renkei::bench
