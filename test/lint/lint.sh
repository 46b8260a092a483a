#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: test/lint/lint.sh [--all]
# Every check that needs no build; clang-tidy over what differs from main, or over everything with --all.
# shellcheck disable=SC2317 # check() calls functions by name
set -uo pipefail
cd "$(dirname "$0")/../.." || exit

failed=0
check() { # name command...
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then
        printf 'ok    %s\n' "$name"
    else
        printf 'FAIL  %s\n%s\n' "$name" "$output" | head -n 60
        failed=1
    fi
}

ours() { # patterns... -> our files, tracked or new
    git -c safe.directory='*' ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do
        [ -f "$file" ] && printf '%s\n' "$file"
    done
}

changed_sources() { # the .cpp files that differ from main, or all of them
    local base
    if [ "${1:-}" = --all ]; then
        ours '*.cpp'
        return
    fi
    base=$(git -c safe.directory='*' merge-base HEAD main 2>/dev/null) || base=HEAD
    [ "$base" != "$(git -c safe.directory='*' rev-parse HEAD)" ] || base=HEAD~1
    { git -c safe.directory='*' diff --name-only "$base" -- '*.cpp'; ours '*.cpp' | grep -Fxf <(
        git -c safe.directory='*' ls-files --others --exclude-standard -- '*.cpp'); } | sort -u | while read -r file; do
        [ -f "$file" ] && printf '%s\n' "$file"
    done
}

no_output() { # command...: fails when the command prints anything; its exit code is not looked at (grep)
    local output
    output=$("$@")
    [ -z "$output" ] || { printf '%s\n' "$output"; return 1; }
}

tidy() {
    local sources=()
    mapfile -t sources < <(changed_sources "$@")
    [ ${#sources[@]} -gt 0 ] || return 0
    PCG_COMPILER_LAUNCHER='' cmake --preset tidy >build/tidy.log 2>&1 || { cat build/tidy.log; return 1; }
    local known=()
    mapfile -t known < <(for file in "${sources[@]}"; do grep -qF "/$file\"" build/tidy/compile_commands.json && echo "$file"; done)
    [ ${#known[@]} -gt 0 ] || return 0
    # Findings inside Asio's own headers (its coroutines confuse the analyzer) are not ours.
    printf '%s\0' "${known[@]}" | xargs -0 -P "$(nproc)" -n 1 clang-tidy-19 -p build/tidy --quiet 2>/dev/null >build/tidy.txt
    no_output grep -E -A 3 "^($PWD/)?(common|pairing|vcenter-proxy|gateway|appliance|controlplane-sim|test)/[^:]*:[0-9]+:[0-9]+: (error|warning):" build/tidy.txt
}

mkdir -p build
mapfile -t cpp < <(ours '*.cpp' '*.h')
mapfile -t python < <(ours '*.py')
mapfile -t go < <(ours '*.go')
check clang-format clang-format-19 --dry-run --Werror "${cpp[@]}"
check shellcheck python3 -B test/lint/shellcheck_test.py
check includes python3 -B test/lint/includes_test.py
check words python3 -B test/lint/words_test.py
check try python3 -B test/lint/try_test.py
check portal python3 -B test/lint/portal_test.py
check gofmt no_output /usr/lib/go-1.19/bin/gofmt -l "${go[@]}"
check python env PYTHONPYCACHEPREFIX=build/pycache python3 -m py_compile "${python[@]}"
check clang-tidy tidy "$@"
exit $failed
