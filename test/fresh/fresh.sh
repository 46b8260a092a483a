#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Shows that the README's commands work as the first ones on a fresh machine: a minimal Debian 12 in a folder, a clone of
# the last commit in it, and each verb run there as root, one after the other, with the time it took.
#
# The packed root file system lives below build/fresh and is made once; --new makes it anew. --keep goes on, with the last
# commit, in what an earlier run left unpacked. Packages come from wherever this
# machine's apt and npm take theirs; those of apt are kept for the next time. Nothing is mounted outside of a mount namespace
# that ends with this script.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

usage() { echo "usage: ./dev fresh [--new | --keep] [VERB...]   (default: demo test)"; }
fail() {
    printf 'dev fresh: %s\n' "$*" >&2
    exit 1
}

new=
keep=
verbs=()
for argument in "$@"; do
    case $argument in
        --new) new=yes ;;
        --keep) keep=yes ;;
        -h | --help) usage; exit 0 ;;
        demo | test | build | lint | portal | doctor) verbs+=("$argument") ;;
        *) usage >&2; echo "dev fresh: there is no verb '$argument' to try" >&2; exit 2 ;;
    esac
done
[ ${#verbs[@]} -gt 0 ] || verbs=(demo test)
[ "$(id -u)" = 0 ] || fail "it needs root, for a mount namespace and a change of root"
[ -z "$(git status --porcelain)" ] || echo "dev fresh: what is not committed is not tried" >&2

readonly work=build/fresh
readonly base=$work/base.tar root=$work/root tree=home/builder/pcg  # in there
mkdir -p "$work/archives/partial"
[ -z "$new" ] || rm -rf "$base"
if [ ! -e "$base" ]; then
    echo "==> a minimal Debian 12" >&2
    mmdebstrap --variant=minbase --include=ca-certificates,git bookworm "$base.part"
    mv "$base.part" "$base"
fi

unpack() {
    rm -rf --one-file-system "$root"
    mkdir -p "$root"
    tar -xf "$base" -C "$root" --exclude='./dev/*'
    # Where this machine's tools look for packages, and whom they trust.
    for file in /etc/npmrc /usr/etc/npmrc /root/.npmrc /etc/resolv.conf /etc/hosts /etc/apt/apt.conf.d/99* \
        /usr/local/share/ca-certificates/*; do
        [ ! -f "$file" ] || install -D -m 644 "$(readlink -f "$file")" "$root$file"
    done
    # How long this machine's disk takes to confirm each of a thousand packages is not what is tried.
    echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
    git clone --quiet . "$root/$tree"
}

if [ -n "$keep" ] && [ -d "$root/$tree" ]; then
    git -C "$root/$tree" fetch --quiet "$PWD" HEAD
    git -C "$root/$tree" reset --quiet --hard FETCH_HEAD
else
    unpack
fi

# What a user's machine has mounted; the rest of this one is not there.
# shellcheck disable=SC2016  # expanded by the inner shell
inside() {
    unshare --mount --pid --fork --kill-child --propagation private bash -euc '
        root=$1
        tree=$2
        shift 2
        mount --bind "$root" "$root"
        mount -t proc proc "$root/proc"
        mount --rbind /sys "$root/sys"
        mount --bind "$root/../archives" "$root/var/cache/apt/archives"
        mount -t tmpfs tmpfs "$root/dev"
        for node in null zero full random urandom tty; do
            touch "$root/dev/$node"
            mount --bind "/dev/$node" "$root/dev/$node"
        done
        mkdir "$root/dev/shm" "$root/dev/pts"
        mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
        mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
        ln -s pts/ptmx "$root/dev/ptmx"
        ln -s /proc/self/fd "$root/dev/fd"
        ln -s /proc/self/fd/0 "$root/dev/stdin"
        ln -s /proc/self/fd/1 "$root/dev/stdout"
        ln -s /proc/self/fd/2 "$root/dev/stderr"
        exec chroot "$root" env -i HOME=/root USER=root LANG=C.UTF-8 TERM=dumb \
            PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            bash -c "cd \"\$0\" && exec \"\$@\"" "/$tree" "$@"
    ' inside "$(readlink -f "$root")" "$tree" "$@"
}

inside update-ca-certificates >/dev/null
for verb in "${verbs[@]}"; do
    start=$SECONDS
    echo "==> fresh: ./dev $verb" >&2
    inside ./dev "$verb" || fail "./dev $verb failed there after $((SECONDS - start)) s; look into $root/$tree"
    echo "==> fresh: ./dev $verb took $((SECONDS - start)) s" >&2
done
