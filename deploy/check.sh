#!/bin/bash
# The one command before a push: format, clang-tidy on changed files, the dev build and its tests.
#   deploy/check.sh [SINCE]     files changed since that commit; without it since origin/main, else since the last commit but one
set -euo pipefail
cd "$(dirname "$0")/.."
deploy/install-packages.sh build run test check

echo "== format"
git ls-files -z '*.h' '*.cc' | xargs -0 -r clang-format --dry-run -Werror

echo "== build and tests"
cmake --workflow --preset dev

echo "== clang-tidy on changed files"
since=${1-$(git rev-parse -q --verify origin/main || git rev-parse -q --verify HEAD~1 || git rev-parse HEAD)}
# A changed header is looked at through the .cc file of its name.
git diff --name-only --diff-filter=d "$since" -- '*.h' '*.cc' | sed 's/\.h$/.cc/' | sort -u |
  while read -r file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
  xargs -0 -r -n 1 -P "$(nproc)" clang-tidy --quiet -p build/dev 2> >(grep -v "warnings generated" >&2)
echo "== ready to push"
