# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The root file system: Debian's part (cached by its list of packages), the gateway's packages, the kernel's modules.
# Sourced by build.sh, which sets work, root, here, out, keep, level.
# shellcheck disable=SC2154

debian_root() { # -> $root.tree
    local list stamp tar
    list=$( { grep -v '^#' "$here/packages.txt"; dpkg-deb -f "$work/debs/pcg-gateway.deb" Depends | tr ',' '\n' |
        sed 's/ *(.*//; s/ //g'; dpkg-deb -f "$work/debs/pcg-appliance.deb" Depends | tr ',' '\n' | sed 's/ *(.*//; s/ //g'; } |
        grep -v '^pcg-' | sort -u | paste -sd,)
    stamp=$(printf '%s' "$list" | sha256sum | cut -c1-16)
    tar=$out/cache/root-$stamp.tar
    if [ -z "$keep" ] || [ ! -s "$tar" ]; then
        say "Debian's part of the root"
        mkdir -p "$out/cache"
        rm -f "$out/cache"/root-*.tar
        # shellcheck disable=SC2016  # expanded by mmdebstrap's shell
        TMPDIR=$work mmdebstrap --quiet --variant=essential --mode=root --format=tar --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
            --include="$list" --aptopt='APT::Install-Recommends "false"' --dpkgopt=force-unsafe-io \
            --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
            --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
            --customize-hook='rm -f "$1"/etc/ssh/ssh_host_*' bookworm "$work/root.tar"
        cp "$work/root.tar" "$tar.part"
        mv "$tar.part" "$tar"
        rm "$work/root.tar"
    else
        say "Debian's part of the root is the one of an earlier run"
        # shellcheck disable=SC2034  # build.sh writes it down
        reused=true
    fi
    mkdir "$root.tree"
    tar -xf "$tar" -C "$root.tree" --exclude='./dev/*' --numeric-owner
}

install_gateway() {
    local unit
    cp "$work/debs/pcg-gateway.deb" "$work/debs/pcg-appliance.deb" "$root.tree/tmp/"
    chroot "$root.tree" dpkg --install --force-unsafe-io /tmp/pcg-gateway.deb /tmp/pcg-appliance.deb >"$work/dpkg.log" 2>&1 ||
        { cat "$work/dpkg.log" >&2; fail "the gateway's packages could not be installed"; }
    rm "$root.tree"/tmp/*.deb
    cp "$root.tree/usr/share/systemd/tmp.mount" "$root.tree/etc/systemd/system/tmp.mount"
    systemctl --root="$root.tree" --quiet set-default multi-user.target
    for unit in tmp.mount systemd-networkd.service systemd-resolved.service systemd-timesyncd.service nftables.service \
        ssh.service pcg-appliance.service pcg-egress.service pcg-gateway.service pcg-console.service pcg-console-serial.service pcg-appliance-control.socket \
        pcg-slot-good.service; do
        systemctl --root="$root.tree" --quiet enable "$unit"
    done
    systemctl --root="$root.tree" --quiet mask systemd-remount-fs.service systemd-machine-id-commit.service getty.target \
        serial-getty@.service getty@.service console-getty.service systemd-pstore.service systemd-firstboot.service \
        systemd-networkd-wait-online.service e2scrub_all.timer e2scrub_reap.service fstrim.timer dpkg-db-backup.timer systemd-update-utmp.service systemd-update-utmp-runlevel.service \
        systemd-network-generator.service cryptdisks.service cryptdisks-early.service ctrl-alt-del.target
    ln -sf ../run/systemd/resolve/stub-resolv.conf "$root.tree/etc/resolv.conf"
    mkdir -p "$root.tree/data"
    : >"$root.tree/etc/machine-id"
    cp "$root.tree/var/lib/dpkg/status" "$work/dpkg-status"
}

boot_packages() { # kernel, shim and GRUB, signed by Debian -> $work/signed
    local kernel
    kernel=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-6[^ ]*\).*/\1/p' | head -n 1)
    [ -n "$kernel" ] || fail "apt knows no linux-image-amd64; run apt-get update"
    mkdir -p "$work/debs-of-boot" "$work/signed"
    chmod 777 "$work" "$work/debs-of-boot"
    (cd "$work/debs-of-boot" && apt-get -qq download "$kernel" shim-signed grub-efi-amd64-signed)
    for deb in "$work/debs-of-boot"/*.deb; do dpkg-deb -x "$deb" "$work/signed"; done
    release=${kernel#linux-image-}
}

kernel_into_root() {
    boot_packages
    local all=$work/signed place=$root.tree/usr/lib/modules/$release
    depmod -b "$all" "$release"
    mkdir -p "$place"
    cp "$all/lib/modules/$release/modules.builtin" "$all/lib/modules/$release/modules.order" \
        "$all/lib/modules/$release/modules.builtin.modinfo" "$place/"
    modules_of 'boot|root' | copy_modules "$all" "$root.tree/usr"
    depmod -b "$root.tree" "$release"
}

modules_of() { # kinds -> paths below lib/modules/RELEASE
    local name
    awk -v kinds="^($1)$" '!/^#/ && $1 ~ kinds { print $2 }' "$here/modules.txt" | while read -r name; do
        modprobe --show-depends -S "$release" -d "$work/signed" "$name" 2>/dev/null ||
            printf 'dev ova: there is no kernel module %s in this kernel; going on without it\n' "$name" >&2
    done | awk '$1 == "insmod" { print $2 }' | sed 's,.*/lib/modules/,lib/modules/,' | sort -u
}

copy_modules() { # from, to; reads paths
    local path
    while read -r path; do install -D -m 644 "$1/$path" "$2/$path"; done
}

close_root() { # what only an installation needs, and what differs from run to run
    local tree=$root.tree
    rm -rf "$tree"/var/lib/dpkg "$tree"/var/cache/* "$tree"/var/lib/apt "$tree"/var/log/* "$tree"/tmp/* "$tree"/run/* \
        "$tree"/etc/ld.so.cache.* "$tree"/etc/*- "$tree"/usr/share/{doc,man,locale,info,lintian,bug,zsh,bash-completion} \
        "${tree:?}"/boot/* "${tree:?}"/dev/* "$tree"/etc/.pwd.lock "$tree"/var/lib/systemd/catalog \
        "$tree"/usr/share/perl5 "$tree"/usr/lib/x86_64-linux-gnu/perl-base "$tree"/usr/bin/perl* "$tree"/usr/share/i18n \
        "$tree"/usr/lib/python3* "$tree"/etc/apt "$tree"/etc/dpkg
    mkdir -p "$tree"/var/cache "$tree"/var/log/journal "$tree"/run "$tree"/proc "$tree"/sys "$tree"/dev
    ldconfig -r "$tree" -X
    rm -rf "$tree"/var/cache/ldconfig  # it holds inode numbers and times
    cat >"$tree/etc/os-release.pcg" <<TEXT
PCG_VERSION=$version
TEXT
    stamp_tree "$tree"  # a cached root has the times of the day when it was made
}

squash_root() { # -> $work/root.img, root_hash, hash_offset
    mksquashfs "$root.tree" "$work/root.img" -comp zstd -Xcompression-level "$level" -b 256K -noappend -no-progress -quiet \
        -no-exports -xattrs >/dev/null
    hash_offset=$(stat -c %s "$work/root.img")
    root_hash=$(veritysetup format "$work/root.img" "$work/root.img" --hash-offset="$hash_offset" \
        --salt=5043470050434700504347005043470050434700504347005043470050434700 \
        --uuid=50434700-0000-4000-8000-000000000001 | sed -n 's/^Root hash:[[:space:]]*//p')
    [ -n "$root_hash" ] || fail "veritysetup gave no root hash"
}
