# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What stands before the root: initial RAM disk, boot slots, ESP, partition table, boot sector. Sourced by build.sh.
# shellcheck disable=SC2154

readonly disk_octets=$((8 * 1024 * 1024 * 1024))
readonly sector=512

stamp_tree() { find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +; }

make_initrd() { # -> $work/initrd
    local tree=$work/initrd.tree program library
    mkdir -p "$tree"/{bin,sbin,dev,proc,sys,run,root,lib64,usr}
    ln -s ../lib "$tree/usr/lib"
    install -m 755 "$here/init" "$tree/init"
    cp "$root.tree/bin/busybox" "$tree/bin/busybox"
    for program in veritysetup sfdisk mke2fs e2fsck resize2fs kmod; do
        cp "$(find "$root.tree"/{usr/sbin,usr/bin} -name "$program" -type f | head -n 1)" "$tree/sbin/$program"
        chroot "$root.tree" ldd "$(chroot "$root.tree" sh -c "command -v $program")" | grep -o '/[^ ]*' | sort -u
    done | sort -u >"$work/libraries"
    while read -r library; do install -D -m 755 "$root.tree$(chroot "$root.tree" readlink -f "$library")" "$tree$library"; done <"$work/libraries"
    ln -s kmod "$tree/sbin/modprobe"
    install -D -m 644 "$root.tree/etc/mke2fs.conf" "$tree/etc/mke2fs.conf"
    mkdir -p "$tree/lib/modules/$release"
    cp "$root.tree/usr/lib/modules/$release/modules.builtin" "$root.tree/usr/lib/modules/$release/modules.order" \
        "$root.tree/usr/lib/modules/$release/modules.builtin.modinfo" "$tree/lib/modules/$release/"
    modules_of boot | copy_modules "$work/signed" "$tree"
    depmod -b "$tree" "$release"
    stamp_tree "$tree"
    (cd "$tree" && find . -print0 | LC_ALL=C sort -z | cpio --quiet -0 -o -H newc --reproducible --owner=0:0) |
        zstd -q "-$level" -T1 >"$work/initrd"
}

make_boot_slot() { # -> $work/boot.img: not compressed, for GRUB's sake
    local tree=$work/boot.tree
    mkdir "$tree"
    cp "$work/signed/boot/vmlinuz-$release" "$tree/vmlinuz"
    cp "$work/initrd" "$tree/initrd"
    printf 'set ROOTHASH=%s\nset HASHOFFSET=%s\n' "$root_hash" "$hash_offset" >"$tree/slot.cfg"
    stamp_tree "$tree"
    mksquashfs "$tree" "$work/boot.img" -noI -noD -noF -noX -noappend -no-progress -quiet -all-root >/dev/null
}

make_esp() { # -> $work/esp.img
    local esp=$work/esp.img file
    truncate -s 32M "$esp"
    mformat -i "$esp" -T $((32 * 1024 * 1024 / sector)) -h 64 -s 32 -N 50434701 -v PCGESP ::
    {
        printf '# GRUB Environment Block\nORDER=a b\na_OK=1\na_TRY=0\nb_OK=0\nb_TRY=0\n'
        head -c 1024 /dev/zero | tr '\0' '#'
    } | head -c 1024 >"$work/grubenv"
    cp "$here/grub.cfg" "$work/grub.cfg"
    cp "$work/signed/usr/lib/shim/shimx64.efi.signed" "$work/BOOTX64.EFI"
    cp "$work/signed/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed" "$work/grubx64.efi"
    for file in grub.cfg grubenv BOOTX64.EFI grubx64.efi; do touch -d "@$SOURCE_DATE_EPOCH" "$work/$file"; done
    # mtools takes the time of folders from the clock, unless it is told.
    mmd -i "$esp" ::/EFI ::/EFI/BOOT ::/EFI/debian
    mcopy -m -i "$esp" "$work/BOOTX64.EFI" "$work/grubx64.efi" ::/EFI/BOOT/
    mcopy -m -i "$esp" "$work/grub.cfg" "$work/grubenv" ::/EFI/debian/
}

make_disk() { # -> $work/pcg-disk1.vmdk
    local disk=$work/disk.raw
    truncate -s "$disk_octets" "$disk"
    # Private type numbers for what is ours: systemd mounts what carries one of its own. No partition for data: it is
    # made at the first boot, as large as the disk is then.
    sfdisk -q "$disk" <<'TABLE'
label: gpt
label-id: 50434700-0000-4000-8000-00000000D15C
first-lba: 2048
start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649, uuid=50434700-0000-4000-8000-0000000000B1, name=bios
start=4096, size=65536, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, uuid=50434700-0000-4000-8000-0000000000E5, name=esp
start=69632, size=131072, type=50434742-4F4F-4700-8000-000000000001, uuid=50434700-0000-4000-8000-0000000000BA, name=boot-a
start=200704, size=131072, type=50434742-4F4F-4700-8000-000000000001, uuid=50434700-0000-4000-8000-0000000000BB, name=boot-b
start=331776, size=524288, type=50434752-4F4F-4700-8000-000000000001, uuid=50434700-0000-4000-8000-0000000000AA, name=root-a
start=856064, size=524288, type=50434752-4F4F-4700-8000-000000000001, uuid=50434700-0000-4000-8000-0000000000AB, name=root-b
TABLE
    place "$disk" "$work/esp.img" 4096 65536
    place "$disk" "$work/boot.img" 69632 131072
    place "$disk" "$work/root.img" 331776 524288
    grub-mkimage -O i386-pc -o "$work/core.img" -p '(,gpt2)/EFI/debian' biosdisk part_gpt fat squash4 linux normal \
        configfile loadenv test regexp sleep reboot echo
    python3 -B "$here/disk.py" boot "$disk" /usr/lib/grub/i386-pc/boot.img "$work/core.img" 2048 2048
    qemu-img convert -O vmdk -o subformat=streamOptimized "$disk" "$work/pcg-disk1.vmdk"
    python3 -B "$here/disk.py" cid "$work/pcg-disk1.vmdk"
    rm "$disk"
}

place() { # disk, image, first sector, sectors
    [ "$(stat -c %s "$2")" -le $(($4 * sector)) ] || fail "$(basename "$2") does not fit in its partition of $(($4 / 2048)) MiB"
    dd if="$2" of="$1" bs=1M oflag=seek_bytes seek=$(($3 * sector)) conv=notrunc,sparse status=none
}

signing_key() { # sets key and certificate
    [ -z "$key" ] || return 0
    key=$out/signing/key.pem certificate=$out/signing/certificate.pem
    [ ! -s "$key" ] || return 0
    mkdir -p "$out/signing"
    (umask 077 && openssl req -x509 -newkey rsa:3072 -sha256 -nodes -days 3650 -subj '/CN=Private Cloud Gateway development build' \
        -keyout "$key" -out "$certificate" 2>/dev/null)
}
