# SPDX-License-Identifier: Apache-2.0
"""Looks at an OVA as an import tool does: order of its files, manifest, signature, the descriptor against DMTF's schema,
the machine that it describes, and the properties against the names that the appliance reads."""
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "appliance" / "ova" / "schema"
OVF = "{http://schemas.dmtf.org/ovf/envelope/1}"
CIM = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"
RASD, VSSD = f"{{{CIM}CIM_ResourceAllocationSettingData}}", f"{{{CIM}CIM_VirtualSystemSettingData}}"
VMW = "{http://www.vmware.com/schema/ovf}"
SCSI, CARD, CD_ROM, DISK = "6", "10", "15", "17"  # ResourceType


class Refused(Exception):
    """What is wrong with an OVA, as a sentence."""


def extract(ova, folder):
    """The names of its files, in their order."""
    try:
        with tarfile.open(ova) as archive:
            members = archive.getmembers()
            for member in members:
                if not member.isfile() or "/" in member.name or member.name.startswith("."):
                    raise Refused(f"the OVA holds {member.name!r}, which is no plain file")
            archive.extractall(folder)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise Refused(f"the OVA cannot be unpacked: {error}; is it whole?") from error
    return [member.name for member in members]


def digest(path):
    value = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            value.update(piece)
    return value.hexdigest()


def check_manifest(folder, names):
    listed = dict(re.findall(r"^SHA256\((.+)\)= ([0-9a-f]{64})$", (folder / names[1]).read_text(), re.MULTILINE))
    if set(listed) != {names[0], *names[3:]}:
        raise Refused(f"the manifest names {sorted(listed)}, the OVA holds {names}")
    for name, value in listed.items():
        if digest(folder / name) != value:
            raise Refused(f"{name} is not what the manifest says")


def check_signature(folder, names):
    text = (folder / names[2]).read_text()
    found = re.match(r"SHA256\((.+)\)= ([0-9a-f]+)\n(-----BEGIN CERTIFICATE-----.*)", text, re.DOTALL)
    if not found or found.group(1) != names[1]:
        raise Refused("the file .cert does not begin with the manifest's signature")
    (folder / "signature").write_bytes(bytes.fromhex(found.group(2)))
    (folder / "certificate.pem").write_text(found.group(3))
    key = subprocess.run(["openssl", "x509", "-in", folder / "certificate.pem", "-noout", "-pubkey"], check=True,
                         capture_output=True).stdout
    (folder / "key.pem").write_bytes(key)
    verified = subprocess.run(["openssl", "dgst", "-sha256", "-verify", folder / "key.pem", "-signature",
                               folder / "signature", folder / names[1]], capture_output=True, check=False)
    if verified.returncode != 0:
        raise Refused("the manifest's signature is not by the certificate beside it")


def check_schema(path):
    result = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", SCHEMA / "dsp8023_1.1.1.xsd", path],
                            capture_output=True, text=True, check=False,
                            env={**os.environ, "XML_CATALOG_FILES": str(SCHEMA / "catalog.xml")})
    if result.returncode != 0:
        raise Refused(f"the descriptor does not fit DMTF's schema: {result.stderr[-800:]}")


def known_properties():
    text = (ROOT / "appliance/properties/settings.cpp").read_text()
    return set(re.findall(r'"(\w+)"', text.split("kNames{", 1)[1].split("}", 1)[0]))


def check_machine(path):
    """What the import makes: firmware, generation, controllers, card, CD-ROM, and a disk that takes only what it holds."""
    root = xml.etree.ElementTree.parse(path).getroot()
    configured = {one.get(VMW + "key"): one.get(VMW + "value") for one in root.iter(VMW + "Config")}
    if configured.get("firmware") != "efi":
        raise Refused(f"the firmware is {configured.get('firmware')}, not efi")
    if root.findtext(f".//{VSSD}VirtualSystemType") != "vmx-14":
        raise Refused(f"the machine is {root.findtext(f'.//{VSSD}VirtualSystemType')}, not vmx-14")
    if set(root.find(f".//{OVF}VirtualHardwareSection").get(OVF + "transport", "").split()) != {"com.vmware.guestInfo", "iso"}:
        raise Refused("properties do not come by guestInfo and ISO")
    items = {(one.findtext(RASD + "ResourceType"), one.findtext(RASD + "ResourceSubType")): one for one in root.iter(OVF + "Item")}
    for kind, what in (((SCSI, "VirtualSCSI"), "paravirtual SCSI controller"), ((CARD, "VmxNet3"), "vmxnet3 card"),
                       ((CD_ROM, "vmware.cdrom.remotepassthrough"), "CD-ROM for the properties"), ((DISK, None), "disk")):
        if kind not in items:
            raise Refused(f"the machine has no {what}")
    if items[DISK, None].findtext(RASD + "Parent") != items[SCSI, "VirtualSCSI"].findtext(RASD + "InstanceID"):
        raise Refused("the disk is not at the SCSI controller")
    disk = root.find(f".//{OVF}Disk")
    if not disk.get(OVF + "format", "").endswith("#streamOptimized"):
        raise Refused(f"the disk's format is {disk.get(OVF + 'format')}, not streamOptimized")
    capacity, populated = (int(disk.get(OVF + name, "0")) for name in ("capacity", "populatedSize"))
    if disk.get(OVF + "capacityAllocationUnits") != "byte" or not 0 < populated < capacity:
        raise Refused(f"the disk is not thin: {populated} of {capacity} octets are said to be populated")


def check_properties(path):
    section = xml.etree.ElementTree.parse(path).getroot().find(f".//{OVF}ProductSection")
    names, category = set(), False
    for element in section:
        category = category or (element.tag == OVF + "Category" and bool((element.text or "").strip()))
        if element.tag != OVF + "Property":
            continue
        name = element.get(OVF + "key")
        if name in names:
            raise Refused(f"the property {name} is there twice")
        names.add(name)
        if not category or not all((element.findtext(OVF + part) or "").strip() for part in ("Label", "Description")):
            raise Refused(f"the property {name} has no label, description or category")
        if element.get(OVF + "userConfigurable") != "true":
            raise Refused(f"nobody is asked for the property {name}")
        if element.get(OVF + "type") != "string":
            raise Refused(f"the property {name} has no type")
    if names != known_properties():
        raise Refused(f"properties differ from what the appliance reads: {names ^ known_properties()}")


def check(ova, folder):
    folder = pathlib.Path(folder)
    names = extract(ova, folder)
    if [name.rsplit(".", 1)[-1] for name in names] != ["ovf", "mf", "cert", "vmdk"]:
        raise Refused(f"the OVA holds {names}; expected are a descriptor, manifest, certificate and disk, in this order")
    check_manifest(folder, names)
    check_signature(folder, names)
    check_schema(folder / names[0])
    check_machine(folder / names[0])
    check_properties(folder / names[0])
    return names


def check_that_damage_is_found(ova, folder):
    """The checks are worth something only if they refuse what is broken."""
    folder = pathlib.Path(folder)
    whole = pathlib.Path(ova).read_bytes()
    at = whole.index(b"vmx-14")
    broken = {
        "truncated": whole[: len(whole) // 2],
        "descriptor changed": whole[:at] + b"vmx-15" + whole[at + 6:],
        "disk changed": whole[:-200_000] + b"\xff" * 1000 + whole[-199_000:],
    }
    for name, content in broken.items():
        path = folder / "broken.ova"
        path.write_bytes(content)
        with tempfile.TemporaryDirectory(dir=folder) as place:
            try:
                check(path, place)
            except Refused:
                continue
        raise Refused(f"an OVA that is {name} was taken for a good one")
    descriptor = (folder / "good.ovf").read_text()
    wrong = folder / "wrong.ovf"
    wrong.write_text(descriptor.replace("<Info>The gateway</Info>", ""))
    try:
        check_schema(wrong)
    except Refused:
        return
    raise Refused("a descriptor without an Info passed the schema")


def main():
    with tempfile.TemporaryDirectory() as folder:
        try:
            names = check(sys.argv[1], folder)
        except Refused as error:
            print(f"{sys.argv[1]}: {error}", file=sys.stderr)
            return 1
    print(f"{sys.argv[1]}: {', '.join(names)}: manifest, signature, schema, machine and properties are good")
    return 0


if __name__ == "__main__":
    sys.exit(main())
