#include "server/domain/password_rules.h"

#include <algorithm>
#include <array>
#include <bit>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/domain/guessable_words.h"
#include "server/domain/refusal.h"
#include "server/domain/text.h"

namespace renkei::domain {
namespace {

using Letters = std::u32string;

// What must be left of a password without everything that is guessed first.
constexpr size_t kOwnCodePointsMin = 6;
constexpr size_t kRunMin = 3;
constexpr size_t kEchoMin = 4;
constexpr size_t kYearDigits = 4;

Letters Decode(absl::string_view utf8) {
  Letters letters;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) == 0x80) {
      letters.back() = (letters.back() << 6) | (byte & 0x3F);
    } else {
      // Without the bits that say how many bytes there are.
      letters.push_back(byte & (0xFF >> (std::countl_one(byte) + 1)));
    }
  }
  return letters;
}

// Width, case and white space make no password harder to guess.
Letters FoldGuess(absl::string_view text) {
  Letters letters = Decode(FoldName(text));
  for (char32_t& letter : letters) {
    if (letter >= U'A' && letter <= U'Z') {
      letter += U'a' - U'A';
    }
  }
  return letters;
}

// Digits and signs as the letters they are put for; `one` is what 1 is read as.
Letters ReadSigns(Letters letters, char32_t one) {
  const std::array<std::pair<char32_t, char32_t>, 10> signs = {{{U'0', U'o'},
                                                                {U'1', one},
                                                                {U'3', U'e'},
                                                                {U'4', U'a'},
                                                                {U'5', U's'},
                                                                {U'7', U't'},
                                                                {U'@', U'a'},
                                                                {U'$', U's'},
                                                                {U'!', U'i'},
                                                                {U'|', U'l'}}};
  for (char32_t& letter : letters) {
    for (const auto& [sign, read] : signs) {
      if (letter == sign) {
        letter = read;
        break;
      }
    }
  }
  return letters;
}

// Which code points of a password somebody would guess.
class Guess {
 public:
  explicit Guess(const Letters& letters)
      : letters_(letters), guessed_(letters.size(), false) {}

  void MarkWords() {
    for (const Letters& reading :
         {letters_, ReadSigns(letters_, U'i'), ReadSigns(letters_, U'l')}) {
      for (const absl::string_view word : GuessableWords()) {
        const Letters wanted = Decode(word);
        for (size_t at = reading.find(wanted); at != Letters::npos;
             at = reading.find(wanted, at + 1)) {
          Mark(at, wanted.size());
        }
      }
    }
  }

  void MarkRuns() {
    for (const absl::string_view text : KeyboardRuns()) {
      const Letters run = Decode(text);
      MarkAlong(run);
      MarkAlong(Letters(run.rbegin(), run.rend()));
    }
    for (size_t i = 0; i + kRunMin <= letters_.size(); ++i) {
      if (letters_[i] == letters_[i + 1] && letters_[i] == letters_[i + 2]) {
        Mark(i, kRunMin);
      }
    }
  }

  void MarkYears() {
    for (size_t i = 0; i + kYearDigits <= letters_.size(); ++i) {
      const Letters century = letters_.substr(i, 2);
      const auto digit = [this](size_t at) {
        return letters_[at] >= U'0' && letters_[at] <= U'9';
      };
      if ((century == U"19" || century == U"20") && digit(i + 2) &&
          digit(i + 3)) {
        Mark(i, kYearDigits);
      }
    }
  }

  // What was typed before, typed again.
  void MarkEchoes() {
    for (size_t i = kEchoMin; i + kEchoMin <= letters_.size(); ++i) {
      const Letters piece = letters_.substr(i, kEchoMin);
      if (letters_.find(piece) <= i - kEchoMin) {
        Mark(i, kEchoMin);
      }
    }
  }

  // Code points that are left; a sign counts once however often it stands
  // there, for it usually only parts words.
  size_t Own() const {
    std::set<char32_t> signs;
    size_t own = 0;
    for (size_t i = 0; i < letters_.size(); ++i) {
      const char32_t letter = letters_[i];
      const bool sign = letter < U'0' || (letter > U'9' && letter < U'a') ||
                        (letter > U'z' && letter < 0x80);
      if (!guessed_[i] && (!sign || signs.insert(letter).second)) {
        ++own;
      }
    }
    return own;
  }

 private:
  void Mark(size_t at, size_t count) {
    std::fill_n(guessed_.begin() + static_cast<std::ptrdiff_t>(at), count,
                true);
  }

  void MarkAlong(const Letters& run) {
    for (size_t i = 0; i + kRunMin <= letters_.size(); ++i) {
      if (run.find(letters_.substr(i, kRunMin)) != Letters::npos) {
        Mark(i, kRunMin);
      }
    }
  }

  const Letters letters_;
  std::vector<bool> guessed_;
};

// A family name may have two characters; two letters are no name.
bool LongEnoughToTell(const Letters& name) {
  const bool ascii = std::all_of(name.begin(), name.end(),
                                 [](char32_t letter) { return letter < 0x80; });
  return name.size() >= (ascii ? 3 : 2);
}

bool HoldsName(const Letters& password, absl::Span<const std::string> names) {
  for (const std::string& name : names) {
    // The ideographic space parts names as the plain one does.
    const std::vector<std::string> parts =
        absl::StrSplit(absl::StrCat(name), "\u3000");
    for (const std::string& half : parts) {
      for (const absl::string_view part : absl::StrSplit(half, ' ')) {
        const Letters wanted = FoldGuess(part);
        if (LongEnoughToTell(wanted) &&
            password.find(wanted) != Letters::npos) {
          return true;
        }
      }
    }
  }
  return false;
}

}  // namespace

absl::Status RefusePassword(PasswordRule rule) {
  switch (rule) {
    case PasswordRule::kLength:
      return Refuse(
          absl::StatusCode::kInvalidArgument, Reason::kPasswordRefused,
          "new_password: 12 to 1,000 code points", {{"rule", "length"}});
    case PasswordRule::kBlocked:
      return Refuse(absl::StatusCode::kInvalidArgument,
                    Reason::kPasswordRefused,
                    "new_password: easily guessed; make it of words or "
                    "characters that have nothing to do with you",
                    {{"rule", "blocked"}});
    case PasswordRule::kReused:
      break;
  }
  return Refuse(absl::StatusCode::kInvalidArgument, Reason::kPasswordRefused,
                "new_password: was used before", {{"rule", "reused"}});
}

absl::Status CheckPassword(absl::string_view password,
                           absl::Span<const std::string> names) {
  const size_t length = CodePoints(password);
  if (length < kPasswordCodePointsMin || length > kPasswordCodePointsMax) {
    return RefusePassword(PasswordRule::kLength);
  }
  const Letters letters = FoldGuess(password);
  if (HoldsName(letters, names)) {
    return RefusePassword(PasswordRule::kBlocked);
  }
  Guess guess(letters);
  guess.MarkWords();
  guess.MarkRuns();
  guess.MarkYears();
  guess.MarkEchoes();
  return guess.Own() < kOwnCodePointsMin
             ? RefusePassword(PasswordRule::kBlocked)
             : absl::OkStatus();
}

}  // namespace renkei::domain
