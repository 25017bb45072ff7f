#include "client/audit/proof.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "storage/crypto/secret.h"
#include "storage/crypto/sign.h"
#include "tests/support/status_matchers.h"

namespace renkei::audit {
namespace {

using ::renkei::testing::IsOk;
using ::renkei::testing::Must;
using ::testing::HasSubstr;
using ::testing::Not;

MATCHER_P(FailsBecause, why, "") {
  const absl::Status& status = ::renkei::testing::StatusOf(arg);
  *result_listener << status;
  return !status.ok() && absl::StrContains(status.message(), why);
}

// ---- trees; proofs made here by the definition, not by the server ----

Hash32 Parent(const Hash32& left, const Hash32& right) {
  TreeHasher two = Must(TreeHasher::After(1, {left}));
  two.Append(right);
  return two.Root();
}

std::vector<Hash32> LeafHashes(uint64_t count) {
  std::vector<Hash32> leaves;
  for (uint64_t i = 0; i < count; ++i) {
    leaves.push_back(LeafHash(absl::StrCat("leaf ", i)));
  }
  return leaves;
}

Hash32 Root(const std::vector<Hash32>& leaves, uint64_t begin, uint64_t end) {
  if (end - begin == 1) {
    return leaves[begin];
  }
  uint64_t half = 1;
  while (half * 2 < end - begin) {
    half *= 2;
  }
  return Parent(Root(leaves, begin, begin + half),
                Root(leaves, begin + half, end));
}

std::vector<Hash32> Path(const std::vector<Hash32>& leaves, uint64_t index,
                         uint64_t begin, uint64_t end) {
  if (end - begin == 1) {
    return {};
  }
  uint64_t half = 1;
  while (half * 2 < end - begin) {
    half *= 2;
  }
  const uint64_t split = begin + half;
  std::vector<Hash32> path = index < split ? Path(leaves, index, begin, split)
                                           : Path(leaves, index, split, end);
  path.push_back(index < split ? Root(leaves, split, end)
                               : Root(leaves, begin, split));
  return path;
}

std::vector<Hash32> Proof(const std::vector<Hash32>& leaves, uint64_t older,
                          uint64_t begin, uint64_t end, bool whole) {
  if (older == end) {
    return whole ? std::vector<Hash32>()
                 : std::vector<Hash32>{Root(leaves, begin, end)};
  }
  uint64_t half = 1;
  while (half * 2 < end - begin) {
    half *= 2;
  }
  const uint64_t split = begin + half;
  std::vector<Hash32> proof = older <= split
                                  ? Proof(leaves, older, begin, split, whole)
                                  : Proof(leaves, older, split, end, false);
  proof.push_back(older <= split ? Root(leaves, split, end)
                                 : Root(leaves, begin, split));
  return proof;
}

constexpr uint64_t kSizeMax = 33;

TEST(TreeHasher, HasTheRootOfTheDefinition) {
  const std::vector<Hash32> leaves = LeafHashes(kSizeMax);
  TreeHasher tree;
  EXPECT_EQ(absl::BytesToHexString(tree.Root().bytes()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  for (uint64_t size = 1; size <= kSizeMax; ++size) {
    tree.Append(leaves[size - 1]);
    EXPECT_EQ(tree.Root(), Root(leaves, 0, size)) << size;
  }
}

TEST(TreeHasher, RefusesAFrontierOfAnotherSize) {
  EXPECT_THAT(TreeHasher::After(3, {Hash32()}), Not(IsOk()));
  EXPECT_THAT(TreeHasher::After(0, {Hash32()}), Not(IsOk()));
}

TEST(CheckInclusion, TakesEveryPathAndNoOther) {
  const std::vector<Hash32> leaves = LeafHashes(kSizeMax);
  for (uint64_t size = 1; size <= kSizeMax; ++size) {
    const Hash32 root = Root(leaves, 0, size);
    for (uint64_t index = 0; index < size; ++index) {
      const std::vector<Hash32> path = Path(leaves, index, 0, size);
      ASSERT_THAT(CheckInclusion(index, size, leaves[index], root, path),
                  IsOk());
      for (uint64_t other = 0; other <= size; ++other) {
        if (other != index) {
          ASSERT_THAT(CheckInclusion(other, size, leaves[index], root, path),
                      Not(IsOk()));
        }
      }
      std::vector<Hash32> longer = path;
      longer.push_back(root);
      EXPECT_THAT(CheckInclusion(index, size, leaves[index], root, longer),
                  FailsBecause("too long"));
      if (!path.empty()) {
        EXPECT_THAT(CheckInclusion(index, size, leaves[index], root,
                                   {path.begin(), path.end() - 1}),
                    FailsBecause("too short"));
      }
    }
  }
}

TEST(CheckConsistency, TakesEveryProofAndNoOther) {
  const std::vector<Hash32> leaves = LeafHashes(kSizeMax);
  for (uint64_t size = 1; size <= kSizeMax; ++size) {
    const Hash32 root = Root(leaves, 0, size);
    for (uint64_t older = 1; older <= size; ++older) {
      const Hash32 older_root = Root(leaves, 0, older);
      const std::vector<Hash32> proof = Proof(leaves, older, 0, size, true);
      ASSERT_THAT(CheckConsistency(older, size, older_root, root, proof),
                  IsOk());
      for (size_t i = 0; i < proof.size(); ++i) {
        std::vector<Hash32> changed = proof;
        changed[i] = LeafHash("another");
        EXPECT_THAT(CheckConsistency(older, size, older_root, root, changed),
                    Not(IsOk()));
      }
      std::vector<Hash32> longer = proof;
      longer.push_back(root);
      EXPECT_THAT(CheckConsistency(older, size, older_root, root, longer),
                  FailsBecause("too long"));
      if (older != size) {
        EXPECT_THAT(CheckConsistency(older, size, older_root, root,
                                     {proof.begin(), proof.end() - 1}),
                    FailsBecause("too short"));
        EXPECT_THAT(CheckConsistency(size, older, root, older_root, proof),
                    Not(IsOk()));
      }
    }
  }
}

TEST(CheckConsistency, RefusesAnEmptyTree) {
  EXPECT_THAT(CheckConsistency(0, 0, Hash32(), Hash32(), {}), Not(IsOk()));
  EXPECT_THAT(CheckConsistency(0, 1, Hash32(), Hash32(), {}), Not(IsOk()));
  EXPECT_THAT(CheckInclusion(0, 0, Hash32(), Hash32(), {}), Not(IsOk()));
}

TEST(CheckInclusion, LooksAtSizesUpToTheLargest) {
  EXPECT_THAT(
      CheckInclusion(UINT64_MAX - 1, UINT64_MAX, Hash32(), Hash32(), {}),
      FailsBecause("too short"));
  EXPECT_THAT(
      CheckConsistency(UINT64_MAX - 1, UINT64_MAX, Hash32(), Hash32(), {}),
      FailsBecause("too short"));
}

// ---- notes ----

// The example of Go's sumdb, which made the format.
constexpr const char* kPeterKey =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr const char* kPeterNote =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdng"
    "otpRZb6KE6RyyBwJnAM=\n";
constexpr const char* kEnochNote =
    "— EnochRoot "
    "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTG"
    "wnWLox33WWd1RvMc+QQ=\n";

TEST(OpenNote, GivesTheTextOfAPublishedNote) {
  const VerifierKey key = Must(ParseVerifierKey(kPeterKey));
  EXPECT_THAT(Must(OpenNote(kPeterNote, key)), HasSubstr("your problem is.\n"));
  EXPECT_THAT(OpenNote(absl::StrCat(kPeterNote, kEnochNote), key), IsOk());
}

TEST(OpenNote, RefusesEveryFlippedBit) {
  const VerifierKey key = Must(ParseVerifierKey(kPeterKey));
  const std::string note = kPeterNote;
  for (size_t i = 0; i < note.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = note;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      EXPECT_THAT(OpenNote(changed, key), Not(IsOk())) << i << " " << bit;
    }
  }
}

TEST(OpenNote, RefusesWhatIsNoNote) {
  const VerifierKey key = Must(ParseVerifierKey(kPeterKey));
  const std::string note = kPeterNote;
  const std::string line = note.substr(note.find("— "));
  for (const std::string& bytes :
       {std::string(), std::string("\n"), std::string("\n\n"),
        note.substr(0, note.size() - 1), note + "\n", note + "x", "\xFF" + note,
        "\t" + note, "\r" + note, line, note + "— nobody\n",
        note + "— nobody AAAA\n", note + "-- nobody AAAAAAAA\n",
        note + "— no body AAAAAAAA\n", note + "— no+body AAAAAAAA\n",
        note + "— nobody AAAAAAAA \n"}) {
    EXPECT_THAT(OpenNote(bytes, key), Not(IsOk())) << bytes;
  }
  EXPECT_THAT(OpenNote(note + "— nobody AAAAAAA=\n", key), IsOk());
}

TEST(OpenNote, RefusesANoteThatOnlyOthersSigned) {
  const VerifierKey key = Must(ParseVerifierKey(kPeterKey));
  const std::string note = kPeterNote;
  EXPECT_THAT(OpenNote(note.substr(0, note.find("— ")) + kEnochNote, key),
              FailsBecause("no signature"));
}

TEST(OpenNote, RefusesAWrongSignatureBesideARightOne) {
  const crypto::SigningKey signer(crypto::Secret::Random(32));
  const VerifierKey key = Must(
      ParseVerifierKey(FormatVerifierKey("log", false, signer.PublicKey())));
  const auto line = [&](absl::string_view signature) {
    return absl::StrCat(
        "— log ", absl::Base64Escape(absl::StrCat(key.id, signature)), "\n");
  };
  const std::string right = line(signer.Sign("text\n"));
  EXPECT_THAT(OpenNote("text\n\n" + right, key), IsOk());
  EXPECT_THAT(OpenNote("text\n\n" + right + line(signer.Sign("other\n")), key),
              Not(IsOk()));
}

TEST(ParseVerifierKey, RefusesWhatDoesNotBelongTogether) {
  const std::string key = kPeterKey;
  for (const std::string& text :
       {std::string(), key.substr(1), "x" + key, key + "A",
        key.substr(0, key.size() - 1),
        std::string("Peter Neumann+c74f20a3+") + key.substr(key.rfind('+') + 1),
        std::string("PeterNeumann+C74F20A3+") + key.substr(22),
        std::string("PeterNeumann+c74f20a3+"), std::string("PeterNeumann")}) {
    EXPECT_THAT(ParseVerifierKey(text), Not(IsOk())) << text;
  }
}

// The cosignature that the specification shows; its key it does not.
TEST(ParseNote, ReadsACosignedCheckpoint) {
  const Note note = Must(ParseNote(
      "example.com/behind-the-sofa\n"
      "20852163\n"
      "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
      "\n"
      "— example.com/behind-the-sofa "
      "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/"
      "Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
      "— witness.example.com/w1 "
      "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin"
      "1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"));
  EXPECT_EQ(note.signatures.size(), 2u);
  EXPECT_EQ(Must(ParseCheckpoint(note.text)).size, 20852163u);
  EXPECT_EQ(note.signatures[1].signature.size(), 72u);
}

TEST(OpenNote, ChecksACosignatureWithItsTime) {
  const crypto::SigningKey signer(crypto::Secret::Random(32));
  const VerifierKey key = Must(
      ParseVerifierKey(FormatVerifierKey("witness", true, signer.PublicKey())));
  const std::string text =
      absl::StrCat("log\n1\n", absl::Base64Escape(std::string(32, 'x')), "\n");
  const std::string time("\0\0\0\0\x64\x18\x50\xCB", 8);
  const auto note = [&](uint64_t signed_time) {
    return absl::StrCat(
        text, "\n— witness ",
        absl::Base64Escape(absl::StrCat(
            key.id, time, signer.Sign(CosignedText(text, signed_time)))),
        "\n");
  };
  EXPECT_THAT(OpenNote(note(0x641850CB), key), IsOk());
  EXPECT_THAT(OpenNote(note(0x641850CC), key), Not(IsOk()));
}

TEST(ParseCheckpoint, RefusesAnythingElse) {
  const std::string root = absl::Base64Escape(std::string(32, 'x'));
  EXPECT_THAT(ParseCheckpoint("o\n0\n" + root + "\n"), IsOk());
  for (const std::string& text :
       {"o\n01\n" + root + "\n", "o\n-1\n" + root + "\n", "\n1\n" + root + "\n",
        "o\n1\n" + root, "o\n1\n" + root + "\n\n",
        "o\n1\n" + root.substr(4) + "\n", std::string("o\n1\n"),
        "o\n18446744073709551616\n" + root + "\n"}) {
    EXPECT_THAT(ParseCheckpoint(text), Not(IsOk())) << text;
  }
}

}  // namespace
}  // namespace renkei::audit
