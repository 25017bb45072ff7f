#include "client/help.h"

#include "absl/strings/str_cat.h"
#include "client/exit_codes.h"
#include "client/output.h"

namespace renkei::client {
namespace {

std::string OptionTable(absl::Span<const Option> options, Language language) {
  std::vector<Row> rows;
  rows.reserve(options.size());
  for (const Option& option : options) {
    rows.push_back(
        {absl::StrCat("  --", option.name, option.value_name.empty() ? "" : " ",
                      option.value_name),
         std::string(option.help.In(language))});
  }
  return FormatTable(rows);
}

}  // namespace

std::string Overview(const std::vector<Command>& commands, Language language) {
  constexpr Text kUsage = {
      "renkei: 在宅チームの連携(Renkei)のコマンド\n\n"
      "使い方: renkei コマンド [オプション] [引数]\n"
      "        renkei コマンド --help\n\nコマンド:\n",
      "renkei: the command line of Renkei, for home-care teams\n\n"
      "usage: renkei COMMAND [OPTION...] [ARGUMENT...]\n"
      "       renkei COMMAND --help\n\ncommands:\n"};
  constexpr Text kOptions = {"\n共通オプション:\n",
                             "\noptions of all commands:\n"};
  constexpr Text kCodes = {"\n終了コード:\n", "\nexit codes:\n"};
  constexpr Text kFiles = {
      "\nサインインの状態は $RENKEI_HOME(なければ ~/.config/renkei)に、本人"
      "だけが読めるファイルとして保存します。\nパスワードや認証コードは引数で"
      "は受け取りません。\n",
      "\nSign-ins are kept in $RENKEI_HOME, else ~/.config/renkei, readable by "
      "their owner only.\nPasswords and codes are never taken from the command "
      "line.\n"};
  std::vector<Row> rows;
  rows.reserve(commands.size());
  for (const Command& command : commands) {
    rows.push_back(
        {absl::StrCat("  ", command.name, command.operands.empty() ? "" : " ",
                      command.operands),
         std::string(command.summary.In(language))});
  }
  std::vector<Row> codes;
  for (const ExitCodeMeaning& meaning : ExitCodeMeanings()) {
    codes.push_back({absl::StrCat("  ", static_cast<int>(meaning.code)),
                     std::string(meaning.meaning.In(language))});
  }
  return absl::StrCat(
      kUsage.In(language), FormatTable(rows), kOptions.In(language),
      OptionTable(SharedOptions(), language), kCodes.In(language),
      FormatTable(codes), kFiles.In(language));
}

std::string HelpOn(const Command& command, Language language) {
  constexpr Text kUsage = {"使い方: renkei ", "usage: renkei "};
  constexpr Text kOptions = {"\nオプション:\n", "\noptions:\n"};
  constexpr Text kShared = {
      "\n共通オプションは renkei --help を見てください。\n",
      "\nFor options of all commands see renkei --help.\n"};
  return absl::StrCat(
      kUsage.In(language), command.name, command.operands.empty() ? "" : " ",
      command.operands, "\n", command.summary.In(language), "\n",
      command.options.empty()
          ? ""
          : absl::StrCat(kOptions.In(language),
                         OptionTable(command.options, language)),
      kShared.In(language));
}

}  // namespace renkei::client
