// Sealing of long texts in pieces, so that neither side holds the whole: no
// piece can be changed, moved, left out or added, and the end is known as such.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "storage/crypto/aes_gcm.h"
#include "storage/crypto/secret.h"

namespace renkei::crypto {

// STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015) as the age format
// (age-encryption.org/v1) lays it out, with AES-256-GCM as the cipher. On disk:
// never change.
//   text   = pieces of kStreamPieceBytes; the last has 1 to as many, or none if
//            the whole text is empty
//   sealed = ciphertext | tag (16) of each, one after another
//   nonce  = number of the piece from 0 (11, big-endian) | 1 for the last, else
//            0
inline constexpr size_t kStreamPieceBytes = size_t{64} << 10;

// Not thread-safe.
class StreamSealer {
 public:
  // `key` must serve for this one text only. `associated` is bound to every
  // piece. REQUIRES: key.size() == kKeyBytes.
  StreamSealer(Secret key, absl::string_view associated);

  // Adds to the text; appends to `out` what is finished.
  void Append(absl::string_view plaintext, std::string& out);
  // The end of the text. Nothing may follow.
  void Finish(std::string& out);

 private:
  void SealPiece(absl::string_view piece, bool last, std::string& out);

  const AesKey key_;
  const std::string associated_;
  std::string waiting_;
  uint64_t pieces_ = 0;
};

// Not thread-safe.
class StreamOpener {
 public:
  StreamOpener(Secret key, absl::string_view associated);

  // Takes sealed bytes in portions of any size; appends to `out` the text of
  // pieces that are proven. DataLoss if one does not open.
  absl::Status Append(absl::string_view sealed, std::string& out);
  // The end of the sealed bytes. DataLoss if it is not the end of the text.
  absl::Status Finish(std::string& out);

 private:
  absl::Status OpenPiece(absl::string_view piece, bool last, std::string& out);

  const AesKey key_;
  const std::string associated_;
  std::string waiting_;
  uint64_t pieces_ = 0;
};

}  // namespace renkei::crypto
