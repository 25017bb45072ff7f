#include "storage/crypto/totp.h"

#include <liboath/oath.h>

#include <array>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "storage/base/base32.h"
#include "storage/base/check.h"
#include "storage/crypto/hash.h"

namespace renkei::crypto {
namespace {

constexpr int64_t kStepSeconds = 30;
constexpr int64_t kWindowSteps = 1;
constexpr unsigned kDigits = 6;
constexpr size_t kRecoveryCodeBytes = 10;

std::string PercentEncoded(absl::string_view text) {
  constexpr absl::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
        c == '.' || c == '_' || c == '~') {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<uint8_t>(c);
      encoded.push_back('%');
      encoded.push_back(kHex[byte >> 4]);
      encoded.push_back(kHex[byte & 15]);
    }
  }
  return encoded;
}

char WithoutLookAlike(char c) {
  if (c == 'o') {
    return '0';
  }
  return c == 'i' || c == 'l' ? '1' : c;
}

}  // namespace

int64_t TotpStepAt(absl::Time now) {
  return absl::ToUnixSeconds(now) / kStepSeconds;
}

std::string TotpCode(const Secret& secret, int64_t step) {
  static const int initialized = oath_init();
  CHECK(initialized == OATH_OK);
  std::array<char, kDigits + 1> code{};
  CHECK(oath_totp_generate(secret.bytes().data(), secret.size(),
                           step * kStepSeconds, kStepSeconds, 0, kDigits,
                           code.data()) == OATH_OK);
  return std::string(code.data(), kDigits);
}

std::optional<int64_t> AcceptTotp(const Secret& secret, absl::string_view code,
                                  absl::Time now, int64_t last_accepted_step) {
  const int64_t current = TotpStepAt(now);
  std::optional<int64_t> accepted;
  for (int64_t step = current - kWindowSteps; step <= current + kWindowSteps;
       ++step) {
    if (ConstantTimeEquals(TotpCode(secret, step), code) &&
        step > last_accepted_step) {
      accepted = step;
    }
  }
  return accepted;
}

std::string TotpSecretText(const Secret& secret) {
  char* text = nullptr;
  size_t length = 0;
  CHECK(oath_base32_encode(secret.bytes().data(), secret.size(), &text,
                           &length) == OATH_OK);
  std::string unpadded(text, length);
  std::free(text);
  while (!unpadded.empty() && unpadded.back() == '=') {
    unpadded.pop_back();
  }
  return unpadded;
}

std::string TotpUri(const Secret& secret, absl::string_view issuer,
                    absl::string_view account) {
  return absl::StrCat(
      "otpauth://totp/", PercentEncoded(issuer), ":", PercentEncoded(account),
      "?secret=", TotpSecretText(secret), "&issuer=", PercentEncoded(issuer),
      "&algorithm=SHA1&digits=", kDigits, "&period=", kStepSeconds);
}

std::vector<std::string> MakeRecoveryCodes() {
  std::vector<std::string> codes;
  for (size_t i = 0; i < kRecoveryCodes; ++i) {
    Secret random = Secret::Random(kRecoveryCodeBytes);
    const std::string code = EncodeBase32(random.mutable_span());
    const absl::string_view view = code;
    codes.push_back(absl::StrCat(view.substr(0, 4), "-", view.substr(4, 4), "-",
                                 view.substr(8, 4), "-", view.substr(12)));
  }
  return codes;
}

std::optional<std::string> NormalizeRecoveryCode(absl::string_view typed) {
  std::string code;
  for (const char c : typed) {
    if (c != '-' && c != ' ') {
      code.push_back(
          WithoutLookAlike(absl::ascii_tolower(static_cast<unsigned char>(c))));
    }
  }
  if (!DecodeBase32(code, kRecoveryCodeBytes)) {
    return std::nullopt;
  }
  return code;
}

}  // namespace renkei::crypto
