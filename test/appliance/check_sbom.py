# SPDX-License-Identifier: Apache-2.0
"""Looks at the list of parts as somebody does who has to rely on it: SPDX 2.3 in shape, and nothing missing."""
import json
import pathlib
import re
import subprocess
import tarfile

from check_ova import Refused

SECTOR = 512
BOOT_A, BOOT_SECTORS = 69632, 131072
GATEWAY = {"pcg-gateway", "pcg-appliance"}
LOADERS = {"shim-signed", "grub-efi-amd64-signed"}
ID = re.compile(r"SPDXRef-[A-Za-z0-9.-]+")


def demand(holds, sentence):
    if not holds:
        raise Refused(f"the list of parts: {sentence}")


def check_shape(document):
    """What the SPDX 2.3 specification demands of a document and of each package."""
    for name, expected in (("spdxVersion", r"SPDX-2\.[23]"), ("dataLicense", r"CC0-1\.0"), ("SPDXID", "SPDXRef-DOCUMENT"),
                           ("name", r".+"), ("documentNamespace", r"[a-z][a-z0-9+.-]*:[^#\s]+")):
        demand(re.fullmatch(expected, str(document.get(name))), f"{name} is {document.get(name)!r}")
    made = document.get("creationInfo", {})
    demand(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", str(made.get("created"))), f"created is {made.get('created')!r}")
    demand(made.get("creators") and all(re.match(r"(Tool|Organization|Person): .", one) for one in made["creators"]), "nobody created it")
    packages = document.get("packages") or []
    demand(packages, "it names no package")
    known = {"SPDXRef-DOCUMENT"}
    for one in packages:
        called = one.get("name")
        demand(ID.fullmatch(str(one.get("SPDXID"))), f"{called} has the SPDXID {one.get('SPDXID')!r}")
        demand(one["SPDXID"] not in known, f"{one['SPDXID']} is there twice")
        known.add(one["SPDXID"])
        for name in ("name", "versionInfo", "downloadLocation", "licenseConcluded", "licenseDeclared", "copyrightText", "supplier"):
            demand(isinstance(one.get(name), str) and one[name], f"{called} has no {name}")
        demand(one.get("filesAnalyzed") is False, f"{called} claims that its files were analysed")
        for sum_of in one.get("checksums", []):
            demand(sum_of.get("algorithm") == "SHA256" and re.fullmatch("[0-9a-f]{64}", sum_of.get("checksumValue", "")),
                   f"{called} has a checksum that is none")
        demand([two for two in one.get("externalRefs", []) if two["referenceLocator"].startswith(f"pkg:deb/debian/{called}@")],
               f"{called} has no package URL")
    described = set()
    for one in document.get("relationships", []):
        ends = (one.get("spdxElementId"), one.get("relatedSpdxElement"))
        demand(set(ends) <= known, f"a relationship names {ends}")
        if one.get("relationshipType") == "DESCRIBES" and ends[0] == "SPDXRef-DOCUMENT":
            described.add(ends[1])
    demand(described == known - {"SPDXRef-DOCUMENT"}, "it does not describe each of its packages")


def installed(status):
    """Name and version of what dpkg calls installed."""
    found = {}
    for block in status.split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z-]+): (.*)$", block, re.MULTILINE))
        if fields.get("Status", "").endswith(" installed"):
            found[fields["Package"]] = fields["Version"]
    return found


def check_parts(document, expected, kernel, version):
    """`expected`: what Debian's part of the root holds, or None; `kernel`: what the image boots, (package, version)."""
    parts = {one["name"]: one["versionInfo"] for one in document["packages"]}
    demand(len(parts) == len(document["packages"]), "a package is there twice")
    demand(parts.get(kernel[0]) == kernel[1], f"the image boots {kernel[0]} {kernel[1]}, the list has {parts.get(kernel[0])}")
    for name in GATEWAY:
        demand(parts.get(name) == version, f"{name} is {parts.get(name)}, the image {version}")
    for name in LOADERS:
        demand(name in parts, f"{name} is missing")
    if expected is None:
        return
    debian = {name: value for name, value in parts.items() if name not in GATEWAY | LOADERS | {kernel[0]}}
    different = sorted(name for name in {*debian, *expected} if debian.get(name) != expected.get(name))
    demand(not different, f"it differs from what was installed in the root: {', '.join(different)}")


def kernel_of(vmdk, folder):
    """Package and version of the kernel that lies in the image's boot slot, as its own file says."""
    slot, out = folder / "boot-a.img", folder / "boot-a"
    subprocess.run(["qemu-img", "dd", "-f", "vmdk", "-O", "raw", f"bs={SECTOR}", f"skip={BOOT_A}", f"count={BOOT_A + BOOT_SECTORS}",
                    f"if={vmdk}", f"of={slot}"], check=True, capture_output=True)
    subprocess.run(["unsquashfs", "-quiet", "-no-progress", "-d", out, slot, "vmlinuz"], check=True, capture_output=True)
    image = (out / "vmlinuz").read_bytes()
    begin = int.from_bytes(image[0x20E:0x210], "little") + 0x200  # Documentation/x86/boot: kernel_version
    said = image[begin:image.index(b"\0", begin)].decode()
    found = re.match(r"(\S+) .* Debian (\S+) ", said + " ")
    demand(found, f"the kernel in the boot slot calls itself {said!r}")
    return f"linux-image-{found[1]}", found[2]


def cached_root(folder):
    """What dpkg said in the root that the build kept, or None where there is none: it was built elsewhere."""
    found = sorted((folder / "cache").glob("root-*.tar"))
    if not found:
        return None
    with tarfile.open(found[-1]) as archive:
        for member in archive:
            if member.name.endswith("var/lib/dpkg/status"):
                return installed(archive.extractfile(member).read().decode())
    return None


def check(ova, vmdk, folder):
    """The list beside the OVA, against the disk in it; what was found, as words."""
    file = ova.with_suffix(".spdx.json")
    document = json.loads(file.read_text()) if file.exists() else {}
    demand(document, f"{file} is not there")
    check_shape(document)
    expected = cached_root(ova.parent)
    kernel = kernel_of(vmdk, pathlib.Path(folder))
    check_parts(document, expected, kernel, ova.stem.removeprefix("pcg-"))
    counted = f"{len(expected)} of the root" if expected is not None else "the root's were not kept here, and not counted"
    return f"{len(document['packages'])} parts ({counted}), {kernel[0]} {kernel[1]}"
