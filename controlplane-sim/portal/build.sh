#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: build.sh OUT_DIR
# Brings the portal's tools (npm ci) and its files in OUT_DIR up to date; does nothing where nothing changed.
set -euo pipefail
out=$(realpath -m "${1:?usage: build.sh OUT_DIR}")
cd "$(dirname "$(readlink -f "$0")")"

for tool in node npm; do
    command -v "$tool" >/dev/null || { echo "portal: $tool is not here: apt-get install nodejs npm" >&2; exit 1; }
done

mkdir -p "$(dirname "$out")"
exec 9>"$out.lock" # two builds at once would pull the tools away from under each other
flock 9

if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error || {
        echo "portal: npm ci failed; it needs the registry once, for what package-lock.json names" >&2
        exit 1
    }
fi

if [ ! -e "$out/index.html" ] ||
    [ -n "$(find . -path ./node_modules -prune -o -path ./test -prune -o -type f -newer "$out/index.html" -print -quit)" ]; then
    node_modules/.bin/tsc --noEmit
    node build.mjs "$out"
fi
