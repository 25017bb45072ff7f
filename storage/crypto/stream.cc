#include "storage/crypto/stream.h"

#include <utility>

#include "storage/base/big_endian.h"
#include "storage/base/status_macros.h"

namespace renkei::crypto {
namespace {

constexpr size_t kSealedPieceBytes = kStreamPieceBytes + kTagBytes;

std::string NonceOf(uint64_t piece, bool last) {
  std::string nonce(3, '\0');
  AppendBigEndian(nonce, piece);
  nonce.push_back(last ? 1 : 0);
  return nonce;
}

}  // namespace

StreamSealer::StreamSealer(Secret key, absl::string_view associated)
    : key_(std::move(key)), associated_(associated) {}

void StreamSealer::Append(absl::string_view plaintext, std::string& out) {
  waiting_.append(plaintext.data(), plaintext.size());
  // A full piece waits too: it may be the last.
  size_t done = 0;
  for (; waiting_.size() - done > kStreamPieceBytes;
       done += kStreamPieceBytes) {
    SealPiece(absl::string_view(waiting_).substr(done, kStreamPieceBytes),
              /*last=*/false, out);
  }
  waiting_.erase(0, done);
}

void StreamSealer::Finish(std::string& out) {
  SealPiece(waiting_, /*last=*/true, out);
}

void StreamSealer::SealPiece(absl::string_view piece, bool last,
                             std::string& out) {
  const std::string nonce = NonceOf(pieces_++, last);
  GcmEncrypt(key_, {.nonce = nonce, .header = {}, .associated = associated_},
             piece, out);
}

StreamOpener::StreamOpener(Secret key, absl::string_view associated)
    : key_(std::move(key)), associated_(associated) {}

absl::Status StreamOpener::Append(absl::string_view sealed, std::string& out) {
  waiting_.append(sealed.data(), sealed.size());
  size_t done = 0;
  for (; waiting_.size() - done > kSealedPieceBytes;
       done += kSealedPieceBytes) {
    RETURN_IF_ERROR(
        OpenPiece(absl::string_view(waiting_).substr(done, kSealedPieceBytes),
                  /*last=*/false, out));
  }
  waiting_.erase(0, done);
  return absl::OkStatus();
}

absl::Status StreamOpener::Finish(std::string& out) {
  const bool empty_piece = waiting_.size() == kTagBytes;
  if (empty_piece && pieces_ > 0) {
    return absl::DataLossError("a stream ends with an empty piece");
  }
  return OpenPiece(waiting_, /*last=*/true, out);
}

absl::Status StreamOpener::OpenPiece(absl::string_view piece, bool last,
                                     std::string& out) {
  const std::string nonce = NonceOf(pieces_++, last);
  ASSIGN_OR_RETURN(
      const std::string text,
      GcmDecrypt(key_,
                 {.nonce = nonce, .header = {}, .associated = associated_},
                 piece));
  out.append(text);
  return absl::OkStatus();
}

}  // namespace renkei::crypto
