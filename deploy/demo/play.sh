#!/bin/bash
# Plays the made-up network of deploy/demo/chofu through the public client `renkei` and nothing else, as its people
# would: everybody signs in with two factors, the office registers facilities, a nurse founds the patient group with
# the attending physician's permission, the team writes, reads and acknowledges. Then it prints the timeline, the
# receipts, what is unread, what a stranger gets, and the auditor's view.
#
#   deploy/demo/play.sh DIR SERVER [DATA]
#
# Without a table of messages it only sets up network, facilities and people.
#
# DIR has tls/ca.crt and office-password, as deploy/quickstart.sh makes them; the people's passwords, secrets and
# sessions of the demo go to DIR/play. SERVER is host:port. DATA is the folder of tables (deploy/demo/chofu).
# Needs renkei and oathtool on the PATH. Safe to repeat: it goes on where it stopped and only prints what was played.
set -euo pipefail
dir=$(realpath "$1")
server=$2
data=$(realpath "${3:-$(dirname "$0")/chofu}")
play=$dir/play
network_code=chofu
umask 0077

declare -A state=()    # what was done, and the names the server gave
declare -A to_read=()  # login -> messages that are still to be displayed
declare -A to_ack=()   # login -> messages that are still to be acknowledged
members=()

say() { printf '\n== %s\n' "$*"; }

# --- what was done, kept so that a play that broke off goes on --------------------------------------------------------

open_state() {
  # The one-time password stands for the network: with another one, nothing of an earlier play is true.
  if ! cmp -s "$dir/office-password" "$play/office-password"; then
    rm -rf "$play"
    mkdir -p "$play"
    cp "$dir/office-password" "$play/office-password"
  fi
  export RENKEI_HOME=$play/sessions
  touch "$play/state"
  local key value
  while IFS=$'\t' read -r key value; do
    state[$key]=$value
  done <"$play/state"
}

remember() {
  state[$1]=$2
  printf '%s\t%s\n' "$1" "$2" >>"$play/state"
}

# as LOGIN COMMAND...: runs renkei as that person.
as() {
  local who=$1
  shift
  renkei "$@" --profile "$who" --lang ja
}

# once KEY FIELD LOGIN COMMAND...: does it unless it was done, and remembers the answer's FIELD. The id of the request
# is written down first, so doing it again after a lost answer changes nothing twice.
once() {
  local key=$1 field=$2 who=$3 value
  shift 3
  if [ -n "${state[$key]-}" ]; then
    return 0
  fi
  if [ -z "${state[id:$key]-}" ]; then
    remember "id:$key" "$(</proc/sys/kernel/random/uuid)"
  fi
  value=$(as "$who" "$@" --request-id "${state[id:$key]}" --field "$field")
  remember "$key" "$value"
}

# table NAME FUNCTION: calls the function with the fields of each line of a table.
table() {
  local -a fields
  while IFS=$'\t' read -r -a fields <&3; do
    "$2" "${fields[@]}"
  done 3< <(tail -n +2 "$data/$1.tsv")
}

# names PREFIX LIST: the server's names for a comma-parted list of the tables' short names.
names() {
  local list=() short
  for short in ${2//,/ }; do
    list+=("${state[$1:$short]}")
  done
  (IFS=, && printf '%s' "${list[*]}")
}

or_nothing() { [ "$1" = - ] || printf '%s' "$1"; }

# --- signing in -------------------------------------------------------------------------------------------------------

code() { oathtool --totp --base32 @"$play/$1.totp"; }

# sign_in LOGIN PASSWORD_FILE [OPTION...]: prints the person's name in the API.
sign_in() {
  local who=$1 password=$2
  shift 2
  as "$who" sign-in --server "$server" --ca "$dir/tls/ca.crt" --network "$network_code" --login "$who" \
    --password-file "$password" --device-name "$who のタブレット" --field person.name "$@"
}

# A code is taken once only: after a refusal the next one is tried, half a minute later.
sign_in_again() {
  sign_in "$1" "$play/$1.password" --totp-file <(code "$1") >/dev/null 2>&1 && return
  sleep $((31 - $(date +%s) % 30))
  sign_in "$1" "$play/$1.password" --totp-file <(code "$1") >/dev/null
}

# enrol LOGIN ONE_TIME_PASSWORD_FILE: the first sign-in, with an own password, second factor and recovery codes.
enrol() {
  local who=$1 current=$2 name
  if [ -n "${state[enrolled:$who]-}" ]; then
    as "$who" whoami >/dev/null 2>&1 || sign_in_again "$who"
    return
  fi
  [ -z "${state[changed:$who]-}" ] || current=$play/$who.password
  name=$(sign_in "$who" "$current")
  remember "person:$who" "$name"
  if [ -z "${state[changed:$who]-}" ]; then
    head -c 18 /dev/urandom | base64 >"$play/$who.password"
    as "$who" change-password --password-file "$current" --new-password-file "$play/$who.password" >/dev/null
    remember "changed:$who" yes
  fi
  as "$who" enrol-totp --password-file "$play/$who.password" --totp-secret-file "$play/$who.totp" >/dev/null
  as "$who" confirm-totp --totp-file <(code "$who") >/dev/null
  as "$who" recovery-codes --password-file "$play/$who.password" --recovery-codes-file "$play/$who.recovery" >/dev/null
  remember "enrolled:$who" yes
}

# --- setting up -------------------------------------------------------------------------------------------------------

set_by_law() {
  once "by-law:$1" name office network update --group-creation "$2" --by-law-version "$1"
}

create_facility() {
  local key=$1 number=$2 kind=$3 name=$4
  once "facility:$key" name office facilities create --name "$name" --kind "$kind" --number "$(or_nothing "$number")"
}

# The first person of a facility is registered by the office as its administrator; the others by that administrator.
create_person() {
  local login=$1 facility=$2 profession=$3 role=$4 name=$5 reading=$6 by=office first=--first-administrator
  if [ -n "${state[administrator:$facility]-}" ] && [ "${state[administrator:$facility]}" != "$login" ]; then
    by=${state[administrator:$facility]}
    first=
  fi
  once "person:$login" person.name "$by" people create --login "$login" --name "$name" --reading "$reading" \
    --facility "${state[facility:$facility]}" --profession "$profession" $first \
    --one-time-password-file "$play/$login.one-time"
  [ -n "${state[administrator:$facility]-}" ] || remember "administrator:$facility" "$login"
  enrol "$login" "$play/$login.one-time"
  give_role "$login" "$role"
  printf '  %s(%s)\n' "$name" "$profession"
}

# Roles need two people of the office; only the second person of the office is taken on by the first alone.
give_role() {
  local login=$1 role=$2
  case $role in
    network_office)
      once "role:$login" name office roles grant "${state[person:$login]}" "$role"
      remember second_office_person "$login"
      ;;
    auditor)
      auditor=$login
      once "role:$login" name office roles grant "${state[person:$login]}" "$role"
      once "approved:$login" state "${state[second_office_person]}" roles approve "${state[role:$login]}"
      ;;
  esac
}

create_patient() {
  local key=$1 number=$2 name=$3 reading=$4 birth_date=$5 founder
  founder=$(awk -F '\t' -v patient="$key" '$3 == patient { print $5 }' "$data/groups.tsv")
  once "patient:$key" patient.name "$founder" patients create --insured-number "$number" --name "$name" \
    --reading "$reading" --birth-date "$birth_date"
  patient=${state[patient:$key]}
  insured_number=$number
}

create_group() {
  local key=$1 name=$2 of=$3 host=$4 by=$5 permitted_by=$6 permitted_on=$7 permission=$8
  once "group:$key" name "$by" groups create --patient "${state[patient:$of]}" --host "${state[facility:$host]}" \
    --name "$name" --permission-by "${state[person:$permitted_by]}" --permission-time "$permitted_on" \
    --permission-how "$permission"
  group=${state[group:$key]}
  members=("$by")
}

record_consent() {
  local key=$1 form=$2 signer=$3 relation=$4 signed_on=$5 paper=$6 covers=$7 by=$8
  once "consent:$key" name "$by" consent "${state[group:$key]}" --form-version "$form" --signer "$signer" \
    --relation "$relation" --sign-date "$signed_on" --paper "$paper" --covers-facility "$(names facility "$covers")"
}

invite() {
  local key=$1 who=$2 by=$3 history=$4 attending=
  [ "$5" != yes ] || attending=--attending
  once "invitation:$key:$who" name "$by" invite "${state[group:$key]}" "${state[person:$who]}" --history "$history" \
    $attending
  once "member:$key:$who" name "$who" accept "${state[invitation:$key:$who]}"
  members+=("$who")
}

# --- the day ----------------------------------------------------------------------------------------------------------

is_in() { [ "$2" = all ] || [[ ",$2," == *",$1,"* ]]; }

# Reads what is new, reports it as displayed and acknowledges what is to be acknowledged, as that person.
catch_up() {
  local who=$1 read_now ack_now
  IFS=' ' read -r -a read_now <<<"${to_read[$who]-}"
  IFS=' ' read -r -a ack_now <<<"${to_ack[$who]-}"
  if [ ${#read_now[@]} -ne 0 ]; then
    as "$who" list "$group" --page-size 50 --field next_page_token >/dev/null
    as "$who" displayed "${read_now[@]}"
  fi
  if [ ${#ack_now[@]} -ne 0 ]; then
    as "$who" ack "${ack_now[@]}" --field receipts.message >/dev/null
  fi
  to_read[$who]=
  to_ack[$who]=
}

# Posts line NUMBER of the day. A person reads what came before writing, and before a message that the table says the
# person has not seen.
post() {
  local number=$1 time=$2 thread=$3 who=$4 category=$5 priority=$6 asks=$7 displayed=$8 acknowledged=$9 body=${10} m
  local key=message:$number command=(reply "${state[thread:$thread]-}") options=(--category "$category")
  for m in "${members[@]}"; do
    if [ "$m" = "$who" ] || ! is_in "$m" "$displayed"; then
      catch_up "$m"
    fi
  done
  [ "$priority" != urgent ] || options+=(--urgent)
  if [ "$asks" = all ]; then
    asks=$(everybody_but "$who")
    asked_all=$key
  fi
  [ "$asks" = - ] || options+=(--mention "$(names person "$asks")")
  [ -n "${state[thread:$thread]-}" ] || command=(send "$group")
  once "$key" message.name "$who" "${command[@]}" - "${options[@]}" < <(printf '%s' "${body//\\n/$'\n'}")
  [ -n "${state[thread:$thread]-}" ] || remember "thread:$thread" "${state[$key]}"
  for m in "${members[@]}"; do
    [ "$m" != "$who" ] || continue
    if is_in "$m" "$displayed"; then to_read[$m]+=" ${state[$key]}"; fi
    if is_in "$m" "$acknowledged"; then to_ack[$m]+=" ${state[$key]}"; fi
  done
  printf '  %s %s %s\n' "$time" "$who" "$thread"
}

everybody_but() {
  local others=() m
  for m in "${members[@]}"; do
    [ "$m" = "$1" ] || others+=("$m")
  done
  (IFS=, && printf '%s' "${others[*]}")
}

message_number=0
post_line() {
  message_number=$((message_number + 1))
  post "$message_number" "$@"
}

play_day() {
  local m
  table messages post_line
  for m in "${members[@]}"; do
    catch_up "$m"
  done
  remember asked_all "${state[$asked_all]}"
  remember played yes
}

# --- what came of it --------------------------------------------------------------------------------------------------

# A person of the network who is not in the group: whoever is neither member nor of the office.
find_stranger() {
  local login=$1 role=$4
  if [ "$role" = facility_administrator ] && ! [[ " ${members[*]} " == *" $login "* ]]; then
    stranger=$login
  fi
}

# refused COMMAND...: shows what the stranger tries and gets; anything but "not found" ends the play with an error.
refused() {
  local code=0
  printf '\n$ renkei %s\n' "$*"
  as "$stranger" "$@" 2>&1 || code=$?
  printf '(exit code %s)\n' "$code"
  if [ "$code" -ne 5 ]; then
    echo "play: the stranger should have been told that there is no such thing" >&2
    exit 1
  fi
}

print_team_view() {
  local m
  say "患者グループのタイムライン(古い順、訪問看護師の画面)"
  as "${members[0]}" list "$group" --oldest-first --page-size 200
  say "だれに開示され、だれの画面に出て、だれが了解したか: お薬の変更"
  as sasu receipts "${state[thread:お薬]}"
  say "同: 至急の知らせ"
  as fuda receipts "${state[thread:急変]}"
  say "同: 会議の知らせ(了解がまだの人がいる)"
  as kokuryo receipts "${state[asked_all]}"
  say "一日の終わりの未読と了解待ち"
  for m in "${members[@]}"; do
    printf '\n%s\n' "$m"
    as "$m" unread
  done
}

print_strangers_view() {
  say "グループの外の人($stranger)が見ようとすると"
  printf '\n$ renkei groups\n'
  as "$stranger" groups
  refused list "$group"
  refused thread "${state[thread:急変]}"
  refused get "${state[thread:お薬]}"
  refused receipts "${state[thread:お薬]}"
  refused members "$group"
  refused patients show "$patient"
}

print_auditors_view() {
  say "監査担当($auditor)の画面: 患者を番号で探す(検索も記録される)"
  as "$auditor" patients search --insured-number "$insured_number"
  say "この患者について、だれが何を読み書きしたか(新しい順に40件)"
  as "$auditor" audit --patient "$patient" --page-size 40
  say "グループの外の人が行ったこと"
  as "$auditor" audit --actor "${state[person:$stranger]}" --page-size 40
  say "監査担当は投稿を読めない"
  printf '$ renkei list %s\n' "$group"
  ! as "$auditor" list "$group" 2>&1
}

open_state
say "サインイン、施設、職員、役割"
enrol office "$dir/office-password"
table network set_by_law
table facilities create_facility
table people create_person
if [ ! -e "$data/messages.tsv" ]; then
  exit 0
fi
say "患者、グループ、同意、招待"
table patients create_patient
table groups create_group
table consents record_consent
table members invite
if [ -z "${state[played]-}" ]; then
  say "一日のやりとり"
  play_day
else
  say "この日はもう再生されています"
fi
table people find_stranger
print_team_view
print_strangers_view
print_auditors_view
