#!/usr/bin/env bash
# Runs a libFuzzer program that `./run fuzz` has built, and keeps what it finds.
# usage: tools/fuzz.sh list | check TARGET | run BUILD_FOLDER TARGET SECONDS
#
# What covers new code is kept in BUILD_FOLDER/corpus/TARGET and is where the next run begins, beside the seeds. A finding is
# made as small as five minutes allow and stored in tests/fuzz/findings/TARGET, which the tests replay.
# environment: CLIPWRIGHT_FUZZ_FLAGS="..." further flags of libFuzzer
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root/tests/fuzz"

targets() { local file; for file in *_fuzz.cc; do echo "${file%_fuzz.cc}"; done; }

list() {
  echo "usage: ./run fuzz TARGET [SECONDS]; targets:"
  local target
  for target in $(targets); do
    printf '  %-18s %3d seeds  %s\n' "$target" "$(find "corpus/$target" -type f 2>/dev/null | wc -l)" "$(sed -n '1s|^// ||p' "${target}_fuzz.cc")"
  done
}

check() {
  [ -f "$1_fuzz.cc" ] && return
  echo "error: there is no fuzz target '$1'; expected one of: $(targets | paste -sd ' ')" >&2
  exit 2
}

run() {
  local build=$1 target=$2 seconds=$3 program=$1/fuzz_$2
  [[ $seconds =~ ^[0-9]+$ ]] && [ "$seconds" -gt 0 ] || { echo "error: '$seconds' is no number of seconds" >&2; exit 2; }
  local corpus=$build/corpus/$target found=$build/found/$target
  mkdir -p "$corpus" "$found" "findings/$target"
  # Inputs whose readers want a file lie in memory where the system has a place for it.
  memory=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")" clipwright-fuzz.XXXXXX)
  trap 'rm -rf "$memory"' EXIT  # when the script ends, beyond this function
  export TMPDIR=$memory GOMP_SPINCOUNT=0
  export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=0:detect_stack_use_after_return=1:handle_abort=1:symbolize=1
  export LSAN_OPTIONS=suppressions=$root/tests/fuzz/leaks.txt:print_suppressions=0 UBSAN_OPTIONS=print_stacktrace=1
  local limits=(-rss_limit_mb=3072 -malloc_limit_mb=1024 -timeout=25 -report_slow_units=30)
  local flags=(-max_total_time="$seconds" -max_len=65536 -close_fd_mask=2 -print_final_stats=1 -use_value_profile=0 "-artifact_prefix=$found/")
  [ ! -f "dictionaries/$target.dict" ] || flags+=("-dict=dictionaries/$target.dict")
  local code=0 before start=$SECONDS log=$build/found/$target.log; before=$(ls "$found" | sort)
  # shellcheck disable=SC2086
  "$program" "${limits[@]}" "${flags[@]}" ${CLIPWRIGHT_FUZZ_FLAGS:-} "$corpus" "corpus/$target" "findings/$target" 2>&1 | tee "$log" || code=$?
  # What docs/quality.md tells of: target, executions, seconds, exit code, date.
  printf '%s\t%s\t%s\t%s\t%s\n' "$target" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)" $((SECONDS - start)) $code "$(date +%F)" >>"$build/runs.tsv"
  local fresh; fresh=$(comm -13 <(echo "$before") <(ls "$found" | sort) | grep -v '^slow-unit-' || true)
  local file
  for file in $fresh; do keep "$program" "$found/$file" "$target"; done
  [ $code -ne 0 ] || echo "fuzz $target: $seconds s, nothing found"
  return $code
}

keep() {  # makes an artifact smaller where that keeps its finding, and stores it
  local program=$1 artifact=$2 target=$3
  local kind; kind=$(basename "$artifact"); kind=${kind%%-*}
  local small=$artifact.small
  if [ "$kind" = crash ] || [ "$kind" = leak ]; then
    "$program" -minimize_crash=1 -max_total_time=300 -timeout=25 -rss_limit_mb=3072 -malloc_limit_mb=1024 -close_fd_mask=3 -exact_artifact_path="$small" "$artifact" >/dev/null 2>&1 || true
  fi
  [ -s "$small" ] || cp "$artifact" "$small"
  local kept=findings/$target/new-$kind-$(sha256sum "$small" | cut -c1-8)
  mv "$small" "$kept"
  cat >&2 <<SAID

fuzz $target: found a $kind. The input is tests/fuzz/$kept ($(stat -c %s "$kept") bytes).
  look at it:   $program tests/fuzz/$kept
  then:         mend the reader for all inputs of this kind, give the file a name that says what it was, and let the tests
                replay it: ./run test Fuzz/Replay
SAID
}

case ${1:-} in
  list) list ;;
  check) check "$2" ;;
  run) run "$2" "$3" "$4" ;;
  *) sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 2 ;;
esac
