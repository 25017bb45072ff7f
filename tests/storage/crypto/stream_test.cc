#include "storage/crypto/stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "storage/base/status_macros.h"
#include "storage/crypto/random.h"
#include "tests/support/status_matchers.h"

namespace renkei::crypto {
namespace {

using renkei::testing::StatusIs;

constexpr size_t kSealedPieceBytes = kStreamPieceBytes + kTagBytes;

class StreamTest : public ::testing::Test {
 protected:
  std::string Seal(absl::string_view text) {
    StreamSealer sealer(key_.Copy(), "header");
    std::string sealed;
    sealer.Append(text, sealed);
    sealer.Finish(sealed);
    return sealed;
  }
  absl::StatusOr<std::string> Open(absl::string_view sealed) {
    return OpenWith(sealed, "header", sealed.size());
  }
  absl::StatusOr<std::string> OpenWith(absl::string_view sealed,
                                       absl::string_view associated,
                                       size_t portion) {
    StreamOpener opener(key_.Copy(), associated);
    std::string text;
    for (; !sealed.empty();
         sealed.remove_prefix(std::min(portion, sealed.size()))) {
      RETURN_IF_ERROR(opener.Append(sealed.substr(0, portion), text));
    }
    RETURN_IF_ERROR(opener.Finish(text));
    return text;
  }
  static std::string Text(size_t size) {
    std::string text(size, '\0');
    FillRandom(absl::MakeSpan(reinterpret_cast<uint8_t*>(text.data()), size));
    return text;
  }

  const Secret key_ = Secret::Random(kKeyBytes);
};

TEST_F(StreamTest, GivesBackTextsOfEveryLength) {
  for (const size_t size : {size_t{0}, size_t{1}, kStreamPieceBytes - 1,
                            kStreamPieceBytes, kStreamPieceBytes + 1,
                            3 * kStreamPieceBytes, 3 * kStreamPieceBytes + 7}) {
    const std::string text = Text(size);
    const std::string sealed = Seal(text);
    const size_t pieces =
        std::max<size_t>(1, (size + kStreamPieceBytes - 1) / kStreamPieceBytes);
    EXPECT_EQ(sealed.size(), size + pieces * kTagBytes);
    for (const size_t portion :
         {size_t{1000}, kSealedPieceBytes, size_t{1} << 20}) {
      EXPECT_TRUE(*OpenWith(sealed, "header", portion) == text) << size;
    }
  }
}

TEST_F(StreamTest, DoesNotCareHowTheTextCame) {
  const std::string text = Text(2 * kStreamPieceBytes + 5);
  StreamSealer sealer(key_.Copy(), "header");
  std::string sealed;
  for (size_t at = 0; at < text.size(); at += 999) {
    sealer.Append(absl::string_view(text).substr(at, 999), sealed);
  }
  sealer.Finish(sealed);
  EXPECT_TRUE(sealed == Seal(text));
}

TEST_F(StreamTest, NoticesAFlippedBitAnywhere) {
  const std::string sealed = Seal(Text(kStreamPieceBytes + 100));
  for (size_t at = 0; at < sealed.size(); at += 331) {
    std::string flipped = sealed;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    EXPECT_THAT(Open(flipped), StatusIs(absl::StatusCode::kDataLoss)) << at;
  }
}

TEST_F(StreamTest, NoticesEveryTruncation) {
  const std::string sealed = Seal(Text(2 * kStreamPieceBytes));
  for (const size_t size :
       {size_t{0}, size_t{5}, kTagBytes, kSealedPieceBytes - 1,
        kSealedPieceBytes, kSealedPieceBytes + kTagBytes,
        2 * kSealedPieceBytes - 1}) {
    EXPECT_THAT(Open(sealed.substr(0, size)),
                StatusIs(absl::StatusCode::kDataLoss))
        << size;
  }
}

TEST_F(StreamTest, NoticesPiecesMovedDroppedDoubledOrAdded) {
  const std::string sealed = Seal(Text(3 * kStreamPieceBytes));
  std::vector<std::string> pieces;
  for (size_t i = 0; i < 3; ++i) {
    pieces.push_back(sealed.substr(i * kSealedPieceBytes, kSealedPieceBytes));
  }
  const std::string other = Seal(Text(10));
  for (const std::string& forged :
       {pieces[1] + pieces[0] + pieces[2], pieces[0] + pieces[2],
        pieces[1] + pieces[2], pieces[0] + pieces[0] + pieces[1] + pieces[2],
        pieces[2], sealed + other, sealed + pieces[2]}) {
    EXPECT_THAT(Open(forged), StatusIs(absl::StatusCode::kDataLoss));
  }
}

TEST_F(StreamTest, RefusesAnEmptyPieceAfterOthers) {
  StreamSealer sealer(key_.Copy(), "header");
  std::string sealed;
  sealer.Append(Text(kStreamPieceBytes + 1), sealed);
  ASSERT_EQ(sealed.size(), kSealedPieceBytes);
  // What another author who splits differently would make: a last piece, number
  // 1, of nothing.
  std::string nonce(12, '\0');
  nonce[10] = 1;
  nonce[11] = 1;
  GcmEncrypt(AesKey(key_.Copy()),
             {.nonce = nonce, .header = {}, .associated = "header"}, "",
             sealed);
  EXPECT_THAT(Open(sealed), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(StreamTest, BindsWhatIsAssociatedAndTheKey) {
  const std::string sealed = Seal("text");
  EXPECT_THAT(OpenWith(sealed, "other", 100),
              StatusIs(absl::StatusCode::kDataLoss));
  StreamOpener opener(Secret::Random(kKeyBytes), "header");
  std::string text;
  ASSERT_OK(opener.Append(sealed, text));
  EXPECT_THAT(opener.Finish(text), StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace renkei::crypto
