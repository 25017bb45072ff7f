#include "server/domain/guessable_words.h"

#include <array>

namespace renkei::domain {
namespace {

// clang-format off
constexpr auto kWords = std::to_array<absl::string_view>({
    "password", "passwort", "passwd", "passcode", "passphrase", "pasuwado",
    "pasuwaado", "letmein", "welcome", "admin", "administrator", "root",
    "login", "logon", "user", "guest", "test", "tester", "sample", "demo",
    "default", "change", "secret", "himitsu", "naisho", "master", "super",
    "superman", "batman", "monkey", "dragon", "football", "baseball", "yakyu",
    "soccer", "sakka", "basketball", "tennis", "golf", "princess", "sunshine",
    "shadow", "flower", "lovely", "iloveyou", "ilove", "love", "happy",
    "lucky", "angel", "michael", "jordan", "jessica", "ashley", "daniel",
    "hunter", "killer", "trustno", "whatever", "freedom", "starwars",
    "pokemon", "pikachu", "doraemon", "nobita", "anpanman", "totoro",
    "ghibli", "gundam", "naruto", "onepiece", "luffy", "conan", "kitty",
    "hello", "nintendo", "sony", "toyota", "honda", "nissan", "mazda",
    "suzuki", "yamaha", "softbank", "docomo", "rakuten", "yahoo", "google",
    "apple", "iphone", "android", "windows", "microsoft", "amazon",
    "facebook", "instagram", "twitter", "internet", "computer", "network",
    "server", "system", "office", "company", "kaisha", "hospital", "byouin",
    "byoin", "clinic", "doctor", "nurse", "kango", "kangoshi", "kaigo",
    "care", "manager", "medical", "iryou", "iryo", "pharmacy", "yakkyoku",
    "houmon", "homon", "zaitaku", "renkei", "renraku", "station", "patient",
    "kanja", "home", "visit", "team", "correct", "horse", "battery", "staple",
    "japan", "nippon", "nihon", "tokyo", "osaka", "kyoto", "nagoya",
    "yokohama", "sapporo", "fukuoka", "hiroshima", "chiba", "saitama",
    "hokkaido", "okinawa", "chofu", "fuji", "fujisan", "sakura", "hinata",
    "himawari", "momiji", "tanuki", "neko", "inu", "usagi", "kuma", "panda",
    "sushi", "ramen", "ichigo", "mikan", "ringo", "banana", "cheese",
    "chocolate", "coffee", "pepper", "cookie", "ginger", "summer", "winter",
    "spring", "autumn", "monday", "tuesday", "wednesday", "thursday",
    "friday", "saturday", "sunday", "january", "february", "march", "april",
    "june", "july", "august", "september", "october", "november", "december",
    "haru", "natsu", "aki", "fuyu", "sora", "umi", "hoshi", "tsuki", "yuki",
    "hana", "takeshi", "hiroshi", "kenji", "taro", "hanako", "ichiro", "jiro",
    "satoshi", "makoto", "akira", "daisuke", "naoki", "keiko", "yuko", "yumi",
    "ayaka", "misaki", "nanami", "sato", "satou", "takahashi", "tanaka",
    "watanabe", "ito", "itou", "yamamoto", "nakamura", "kobayashi", "kato",
    "katou", "yoshida", "yamada", "sasaki", "arigatou", "arigato", "gambaru",
    "ganbare", "ganbaru", "ganbatte", "ohayou", "ohayo", "gozaimasu",
    "konnichiwa", "konnichiha", "kawaii", "kirakira", "daisuki", "aishiteru",
    "aishiteiru", "suki", "kazoku", "okaasan", "otousan", "shiawase", "egao",
    "yume", "kibou", "mirai", "heiwa", "reiwa", "heisei", "shouwa", "showa",
    "new", "my", "the", "and", "you", "our", "pass", "word", "key",
    "パスワード", "ぱすわーど", "ヒミツ", "ひみつ", "ありがとう", "サクラ",
    "さくら", "ねこ", "いぬ", "おはよう", "こんにちは", "ございます",
    "だいすき", "あいしてる", "がんばる", "がんばれ", "がんばって",
    "しあわせ", "みらい", "きぼう", "れんけい", "びょういん", "かんご",
    "かいご", "たなか", "さとう", "すずき", "たろう", "はなこ", "桜", "愛",
    "秘密", "日本", "東京", "大阪", "京都", "調布", "連携", "病院", "医院",
    "診療所", "医師", "看護師", "看護", "訪問", "介護", "薬局", "薬剤師",
    "在宅", "患者", "令和", "平成", "昭和", "大好き", "愛してる", "頑張る",
    "頑張れ", "家族", "幸せ", "未来", "希望", "健康", "笑顔", "田中", "佐藤",
    "鈴木", "太郎", "花子",
});

constexpr auto kRuns = std::to_array<absl::string_view>({
    "01234567890", "1234567890-^", "qwertyuiop@[", "asdfghjkl;:]", "zxcvbnm,./",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/", "qazwsxedcrfvtgbyhnujmikolp",
    "abcdefghijklmnopqrstuvwxyz", "!\"#$%&'()", "13579", "24680", "147258369", "741852963",
    "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをん",
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン",
    "いろはにほへとちりぬるをわかよたれそつねならむ", "イロハニホヘトチリヌルヲワカヨタレソツネナラム",
    "一二三四五六七八九十", "月火水木金土日",
});
// clang-format on

}  // namespace

absl::Span<const absl::string_view> GuessableWords() { return kWords; }

absl::Span<const absl::string_view> KeyboardRuns() { return kRuns; }

}  // namespace renkei::domain
