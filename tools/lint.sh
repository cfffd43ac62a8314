#!/usr/bin/env bash
# Checks the include arrows, the formatting, and what clang-tidy finds in the files that changed (all with --all).
# usage: tools/lint.sh BUILD_FOLDER [--all]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$1
cd "$root"
python3 tests/include_arrows_test.py .
git ls-files -z '*.cc' '*.h' | xargs -0 clang-format --dry-run --Werror
if [ "${2:-}" = --all ]; then files=$(git ls-files 'src/*.cc'); else files=$(git diff --name-only --diff-filter=AM HEAD~1 -- 'src/*.cc'); fi
# clang cannot read the precompiled header that g++ made; the flags without it are enough.
tidy=$(mktemp -d); trap 'rm -rf "$tidy"' EXIT
sed -E 's/-include [^ ]*cmake_pch\.hxx//g; s/-fpch-preprocess|-Winvalid-pch|-fopenmp//g' "$build/compile_commands.json" >"$tidy/compile_commands.json"
[ -z "$files" ] || clang-tidy -p "$tidy" --quiet $files
