#!/usr/bin/env bash
# Checks the include arrows, names defined twice, the formatting, and what clang-tidy finds in the files that changed (all with
# --all). With --odr only: whether the types of one name that all folders share are one type.
# usage: tools/lint.sh BUILD_FOLDER [--all | --odr]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$1
cd "$root"

one_definition() {  # the compiler's own comparison, over every library at once
  local odr=$build/odr settings
  mapfile -t settings < <(sed -nE 's/^(CLIPWRIGHT_(\w+_DIR|VOCABULARY|LANGUAGE_MODEL)):\w+=(.*)/-D\1=\3/p' "$build/CMakeCache.txt")
  cmake --preset odr -S "$root" -B "$odr" "${settings[@]}" >"$odr.log" 2>&1 || { cat "$odr.log" >&2; exit 1; }
  rm -f "$odr.log"
  local libraries
  mapfile -t libraries < <(ninja -C "$odr" -t targets all | sed -nE 's/^(libclipwright_\w+\.a): .*/\1/p')
  [ ${#libraries[@]} -ge 15 ] || { echo "lint: $odr knows ${#libraries[@]} libraries; expected one a folder" >&2; exit 1; }
  # Objects hold no machine code, so that they cost little more than parsing; ccache keeps them.
  ninja -C "$odr" -j "${CLIPWRIGHT_JOBS:-$(nproc)}" "${libraries[@]}"
  # The types are merged, and compared, when the objects are read; nothing has to be generated from them.
  (cd "$odr" && g++ -r -flinker-output=rel -O0 -flto -Wodr -Werror=odr -fuse-ld=bfd -Wl,--whole-archive "${libraries[@]}" -o all.o && rm -f all.o)
  echo "the types of ${#libraries[@]} libraries agree"
}

if [ "${2:-}" = --odr ]; then one_definition; exit; fi
python3 tests/include_arrows_test.py .
python3 tests/one_definition_test.py .
git ls-files -z '*.cc' '*.h' | xargs -0 clang-format --dry-run --Werror
if [ "${2:-}" = --all ]; then files=$(git ls-files 'src/*.cc' 'demo/*.cc'); else files=$(git diff --name-only --diff-filter=AM HEAD~1 -- 'src/*.cc' 'demo/*.cc'); fi
# clang cannot read the precompiled header that g++ made; the flags without it are enough.
tidy=$(mktemp -d); trap 'rm -rf "$tidy"' EXIT
sed -E 's/-include [^ ]*cmake_pch\.hxx//g; s/-fpch-preprocess|-Winvalid-pch|-fopenmp//g' "$build/compile_commands.json" >"$tidy/compile_commands.json"
[ -z "$files" ] || clang-tidy -p "$tidy" --quiet $files
