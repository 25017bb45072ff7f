// Bytes that must not outlive their use: keys, seeds, passphrases.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace renkei::crypto {

// Lives in memory that is locked and left out of core dumps as far as the
// limits of the process allow, and is wiped when it ends. Move-only; a
// moved-from Secret is empty. Nothing prints one.
class Secret {
 public:
  Secret() = default;
  // `size` zero bytes.
  explicit Secret(size_t size);
  static Secret CopyOf(absl::string_view bytes);
  // From the random generator for what stays secret.
  static Secret Random(size_t size);

  ~Secret();
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  Secret Copy() const { return CopyOf(bytes()); }

  // Both valid as long as this object.
  absl::string_view bytes() const {
    return {reinterpret_cast<const char*>(bytes_), size_};
  }
  absl::Span<uint8_t> mutable_span() { return {bytes_, size_}; }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  uint8_t* bytes_ = nullptr;
  size_t size_ = 0;
};

// Overwrites what `text` holds, for secrets that had to pass through a string.
void Wipe(std::string& text);

}  // namespace renkei::crypto
