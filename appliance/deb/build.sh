#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# build.sh PROGRAMS VERSION OUT: the Debian packages pcg-gateway (daemon, pcgctl, unit; of use on any Debian 12) and
# pcg-appliance (what makes a machine of its own of it). The same programs give the same octets.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
[ $# -eq 3 ] || { echo "usage: build.sh PROGRAMS VERSION OUT" >&2; exit 2; }
programs=$1 version=$2 out=$3
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1767225600}
export SOURCE_DATE_EPOCH
mkdir -p "$out"
work=$(mktemp -d "$out/deb.XXXXXX")
trap 'rm -rf "$work"' EXIT

libraries_of() { # programs... -> Depends
    mkdir -p "$work/shlibs/debian"
    printf 'Source: pcg\n\nPackage: pcg\nArchitecture: any\n' >"$work/shlibs/debian/control"
    (cd "$work/shlibs" && dpkg-shlibdeps -O "$@" 2>/dev/null) | sed -n 's/^shlibs:Depends=//p'
}

package() { # name, depends, description, programs...
    local name=$1 depends=$2 description=$3 tree=$work/$1 program folder
    shift 3
    mkdir -p "$tree/usr/bin" "$tree/DEBIAN"
    cp -a "$here/$name/." "$tree/"
    for program; do
        install -m 755 "$programs/$program" "$tree/usr/bin/$program"
        strip --strip-unneeded --remove-section=.comment "$tree/usr/bin/$program"
    done
    [ -d "$tree/lib" ] && { mkdir -p "$tree/usr/lib"; cp -a "$tree/lib/." "$tree/usr/lib/"; rm -r "${tree:?}/lib"; }
    find "$tree" -type d -exec chmod 755 {} +
    for folder in "$tree/etc" "$tree/usr/lib"; do # a package need not have both
        [ ! -d "$folder" ] || find "$folder" -type f ! -path '*/usr/lib/pcg/*' -exec chmod 644 {} +
    done
    depends="$(libraries_of "$tree"/usr/bin/*)${depends:+, $depends}"
    cat >"$tree/DEBIAN/control" <<TEXT
Package: $name
Version: $version
Architecture: amd64
Maintainer: Private Cloud Gateway <maintainers@example.com>
Section: net
Priority: optional
Depends: $depends
Description: $description
TEXT
    [ ! -d "$tree/etc" ] || (cd "$tree" && find etc -type f | sort | sed 's,^,/,') >"$tree/DEBIAN/conffiles"
    [ ! -f "$here/$name.postinst" ] || install -m 755 "$here/$name.postinst" "$tree/DEBIAN/postinst"
    find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
    dpkg-deb --root-owner-group -Zgzip -z6 --build "$tree" "$out/$name.deb" >/dev/null
}

package pcg-gateway "systemd, ca-certificates" "Private Cloud Gateway, the daemon and its command" \
    pcg-gatewayd pcg-egress pcgctl
package pcg-appliance "pcg-gateway (= $version), nftables, openssh-server, systemd-resolved, systemd-timesyncd" \
    "Private Cloud Gateway, what makes a machine of it" pcg-appliance pcg-console
