#!/usr/bin/env bash
# A long run over all targets, guided by coverage, and its report as Markdown on standard output (docs/fuzzing.md):
#
#   fuzz/long.sh SECONDS [TARGET...]        # so many seconds for each; 135 for an hour over all
#
# Needs nightly Rust, cargo-fuzz, and for the coverage of crates `rustup component add llvm-tools`. COVERAGE=no leaves that out.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:?seconds for each target}
shift
list() { cargo run -q -p fuzz-targets -- list; }
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(list | awk '{print $1}')
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

printf '%s, libFuzzer with AddressSanitizer on nightly Rust, %s seconds for each target.\n\n' "$(date +%F)" "$seconds"
printf '| target | executions | per second | edges | inputs | findings |\n|---|---:|---:|---:|---:|---|\n'
failed=0
for target in "${targets[@]}"; do
    before=$(find "fuzz/artifacts/$target" -type f 2> /dev/null | sort || true)
    dictionary=$(list | sed -n "s/^$target .*(dictionary \([a-z]*\))\$/\1/p")
    [ "$dictionary" = none ] && dictionary= || dictionary=-dict=fuzz/dictionaries/$dictionary.dict
    # shellcheck disable=SC2086
    cargo +nightly fuzz run "$target" -- -max_total_time="$seconds" -print_final_stats=1 $dictionary \
        > "$logs/$target" 2>&1 || true
    after=$(find "fuzz/artifacts/$target" -type f 2> /dev/null | sort || true)
    findings=$(comm -13 <(printf '%s\n' "$before") <(printf '%s\n' "$after") | grep . | paste -sd ' ' || true)
    stat() { sed -n "s/^stat::$1: *//p" "$logs/$target" | tail -1; }
    progress=$(grep -E '^#[0-9]+.* cov: ' "$logs/$target" | tail -1 || true)
    edges=$(sed -n 's/.* cov: \([0-9]*\).*/\1/p' <<< "$progress")
    inputs=$(sed -n 's/.* corp: \([0-9]*\).*/\1/p' <<< "$progress")
    if [ -z "$progress" ]; then
        findings="did not run: $(tail -1 "$logs/$target")"
    fi
    [ -z "$findings" ] || failed=1
    printf '| %s | %s | %s | %s | %s | %s |\n' "$target" "$(stat number_of_executed_units)" \
        "$(stat average_exec_per_sec)" "${edges:-–}" "${inputs:-–}" "${findings:-–}"
done

if [ "${COVERAGE-yes}" != no ]; then
    # What all inputs together reach, those found just now included: one build with counters, one replay.
    tools=$(echo "$(rustc --print sysroot)"/lib/rustlib/*/bin)
    [ -x "$tools/llvm-cov" ] || { echo "for the coverage: rustup component add llvm-tools" >&2; exit 1; }
    export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/coverage RUSTFLAGS="-C instrument-coverage"
    LLVM_PROFILE_FILE=/dev/null cargo build --release -q -p fuzz-targets
    program=$CARGO_TARGET_DIR/release/fuzz-targets
    for target in "${targets[@]}"; do
        LLVM_PROFILE_FILE=$logs/$target.profraw "$program" replay "$target" >&2 || failed=1
    done
    "$tools/llvm-profdata" merge -sparse -o "$logs/all" "$logs"/*.profraw
    printf '\n| crate | regions | reached | lines | reached |\n|---|---:|---:|---:|---:|\n'
    "$tools/llvm-cov" export -summary-only -instr-profile "$logs/all" "$program" | python3 -c '
import collections, json, re, sys
crates = collections.defaultdict(lambda: [0, 0, 0, 0])
for file in json.load(sys.stdin)["data"][0]["files"]:
    found = re.search(r"/(?:crates|tools)/([^/]+)/src/", file["filename"])
    if found and "registry" not in file["filename"]:
        summary = file["summary"]
        numbers = [summary[kind][what] for kind in ("regions", "lines") for what in ("count", "covered")]
        crates[found[1]] = [a + b for a, b in zip(crates[found[1]], numbers)]
for name, (regions, reached, lines, seen) in sorted(crates.items()):
    percent = lambda part, whole: "%d %%" % (100 * part / whole) if whole else "–"
    print(f"| {name} | {regions} | {percent(reached, regions)} | {lines} | {percent(seen, lines)} |")
'
fi
exit $failed
