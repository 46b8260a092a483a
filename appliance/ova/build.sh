#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds the appliance: pcg-VERSION.ova and its SBOM. Needs root, for the owners of the files in it; no loop device,
# no mount, no KVM. The same package versions, programs and signing key give the same octets.
#
# Packages come from wherever this machine's apt takes them. TMPDIR says where to work: a memory file system with 2 GB
# makes it faster.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
tree=$(dirname "$(dirname "$here")")

usage() {
    cat <<'TEXT'
usage: ./dev ova [OPTIONS]

  --keep-rootfs       take Debian's part of the root from an earlier run, if the list of packages is the same
  --fast              compress less: a larger image, sooner
  --preset P          whose programs (default: release)
  --out DIR           where the image is put (default: build/ova)
  --sign-key FILE     PEM, RSA; with --sign-certificate FILE, its X.509 certificate. Without them a key of this
                      folder's own is made once: its signature shows only that nothing was changed since.
TEXT
}
say() { printf '\033[1m==> [%3d s] %s\033[0m\n' "$SECONDS" "$*" >&2; }
fail() {
    printf 'dev ova: %s\n' "$*" >&2
    exit 1
}

keep='' level=19 preset=release out=$tree/build/ova key='' certificate=''
while [ $# -gt 0 ]; do
    case $1 in
        --keep-rootfs) keep=yes; shift; continue ;;
        --fast) level=3; shift; continue ;;
        -h | --help) usage; exit 0 ;;
        --preset | --out | --sign-key | --sign-certificate)
            [ $# -ge 2 ] || { echo "dev ova: $1 needs a value" >&2; exit 2; } ;;
        *) usage >&2; echo "dev ova: \"$1\" is not an option" >&2; exit 2 ;;
    esac
    case $1 in
        --preset) preset=$2 ;;
        --out) out=$2 ;;
        --sign-key) key=$2 ;;
        --sign-certificate) certificate=$2 ;;
    esac
    shift 2
done
[ "$(id -u)" = 0 ] || fail "it needs root, because the files of the image belong to root"
[ -z "$key$certificate" ] || { [ -r "$key" ] && [ -r "$certificate" ]; } || fail "--sign-key and --sign-certificate belong together, and both must be readable"

version=$(sed -n 's/^project(pcg VERSION \([0-9.]*\).*/\1/p' "$tree/CMakeLists.txt")
programs=$tree/build/$preset/bin
for program in pcg-gatewayd pcg-egress pcgctl pcg-appliance pcg-console; do
    [ -x "$programs/$program" ] || fail "$programs/$program is not there; build it with ./dev build --preset $preset $program"
done
# The moment that files made here carry: of the last commit, so that a build of the same sources is the same build.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -c safe.directory='*' -C "$tree" log -1 --format=%ct 2>/dev/null || echo 1767225600)}
export SOURCE_DATE_EPOCH LC_ALL=C.UTF-8 TZ=UTC
umask 022
mkdir -p "$out"
out=$(readlink -f "$out")
work=$(mktemp -d "${TMPDIR:-/tmp}/pcg-ova.XXXXXX")
# With PCG_OVA_KEEP_WORK what the parts were made of stays, to be looked at.
trap '[ -n "${PCG_OVA_KEEP_WORK:-}" ] || rm -rf --one-file-system "$work"' EXIT
readonly work root=$work/root

# shellcheck source=appliance/ova/root.sh
. "$here/root.sh"
# shellcheck source=appliance/ova/boot.sh
. "$here/boot.sh"

say "the gateway's Debian packages"
"$here/../deb/build.sh" "$programs" "$version" "$work/debs"
debian_root
say "installing the gateway in it"
install_gateway
kernel_into_root
say "the initial RAM disk"
make_initrd
say "the root image"
close_root
squash_root
say "boot partitions and disk"
make_boot_slot
make_esp
make_disk
say "the OVA"
signing_key
python3 -B "$here/ovf.py" --version "$version" --disk "$work/pcg-disk1.vmdk" --capacity "$disk_octets" \
    --root "$root.tree" --key "$key" --certificate "$certificate" --epoch "$SOURCE_DATE_EPOCH" --out "$work/out"
python3 -B "$here/sbom.py" --version "$version" --dpkg-status "$work/dpkg-status" --debs "$work/debs-of-boot" \
    --epoch "$SOURCE_DATE_EPOCH" --out "$work/out/pcg-$version.spdx.json"
# For ./dev test-appliance, and not of the image: how it was built, and how long that took on a machine this busy.
printf '{"seconds": %d, "fast": %s, "kept_rootfs": %s, "preset": "%s", "load": %s}\n' "$SECONDS" "$([ "$level" = 3 ] && echo true || echo false)" \
    "${reused:-false}" "$preset" "$(cut -d' ' -f1 /proc/loadavg)" >"$work/out/pcg-$version.build.json"
cp -f "$work/out/pcg-$version.ova" "$work/out/pcg-$version.spdx.json" "$work/out/pcg-$version.build.json" "$out/"
say "$out/pcg-$version.ova: $(stat -c %s "$out/pcg-$version.ova") octets"
