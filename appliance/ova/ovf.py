# SPDX-License-Identifier: Apache-2.0
"""The OVF descriptor, its manifest and signature, and the OVA around them."""
import argparse
import hashlib
import pathlib
import subprocess
import tarfile
from xml.sax.saxutils import escape, quoteattr

import properties

ENVELOPE = """<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1"
    xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
    xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
    xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData"
    xmlns:vmw="http://www.vmware.com/schema/ovf"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <References>
    <File ovf:href="{disk}" ovf:id="file1" ovf:size="{size}"/>
  </References>
  <DiskSection>
    <Info>The disk; it may be made larger at any time</Info>
    <Disk ovf:capacity="{capacity}" ovf:capacityAllocationUnits="byte" ovf:diskId="disk1" ovf:fileRef="file1"
        ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"
        ovf:populatedSize="{populated}"/>
  </DiskSection>
  <NetworkSection>
    <Info>The network in which the gateway lies</Info>
    <Network ovf:name="Gateway network">
      <Description>It must reach the private cloud's endpoints and, outbound on TCP 443 and 4222, the control plane.</Description>
    </Network>
  </NetworkSection>
  <VirtualSystem ovf:id="pcg-gateway">
    <Info>The gateway</Info>
    <Name>Private Cloud Gateway</Name>
    <OperatingSystemSection ovf:id="96" vmw:osType="debian11_64Guest">
      <Info>The operating system</Info>
      <Description>Debian GNU/Linux (64 bit)</Description>
    </OperatingSystemSection>
    <VirtualHardwareSection ovf:transport="com.vmware.guestInfo iso">
      <Info>What the virtual machine is made of</Info>
      <System>
        <vssd:ElementName>Virtual Hardware Family</vssd:ElementName>
        <vssd:InstanceID>0</vssd:InstanceID>
        <vssd:VirtualSystemIdentifier>pcg-gateway</vssd:VirtualSystemIdentifier>
        <vssd:VirtualSystemType>vmx-14</vssd:VirtualSystemType>
      </System>
{items}
      <vmw:Config ovf:required="false" vmw:key="firmware" vmw:value="efi"/>
      <vmw:Config ovf:required="false" vmw:key="tools.syncTimeWithHost" vmw:value="false"/>
    </VirtualHardwareSection>
    <ProductSection ovf:class="{klass}">
      <Info>What the gateway is told at import</Info>
      <Product>Private Cloud Gateway</Product>
      <Vendor>Private Cloud Gateway project</Vendor>
      <Version>{version}</Version>
      <FullVersion>{version}</FullVersion>
{properties}
    </ProductSection>
    <AnnotationSection>
      <Info>For whoever looks at the machine</Info>
      <Annotation>Private Cloud Gateway {version}. The console shows its pairing code.</Annotation>
    </AnnotationSection>
  </VirtualSystem>
</Envelope>
"""

# Children of rasd in the schema's order: by their names.
HARDWARE = [
    {"AllocationUnits": "hertz * 10^6", "ElementName": "2 virtual CPUs", "InstanceID": "1", "ResourceType": "3",
     "VirtualQuantity": "2"},
    {"AllocationUnits": "byte * 2^20", "ElementName": "1024 MB of memory", "InstanceID": "2", "ResourceType": "4",
     "VirtualQuantity": "1024"},
    {"Address": "0", "ElementName": "SCSI controller", "InstanceID": "3", "ResourceSubType": "VirtualSCSI",
     "ResourceType": "6"},
    {"Address": "0", "ElementName": "IDE controller", "InstanceID": "4", "ResourceType": "5"},
    {"AddressOnParent": "0", "ElementName": "Disk", "HostResource": "ovf:/disk/disk1", "InstanceID": "5", "Parent": "3",
     "ResourceType": "17"},
    {"AddressOnParent": "0", "AutomaticAllocation": "true", "ElementName": "CD-ROM, for the properties",
     "InstanceID": "6", "Parent": "4", "ResourceSubType": "vmware.cdrom.remotepassthrough", "ResourceType": "15"},
    {"AddressOnParent": "7", "AutomaticAllocation": "true", "Connection": "Gateway network",
     "ElementName": "Network card", "InstanceID": "7", "ResourceSubType": "VmxNet3", "ResourceType": "10"},
]


def items():
    lines = []
    for item in HARDWARE:
        assert list(item) == sorted(item), item
        lines.append("      <Item>")
        lines += [f"        <rasd:{name}>{escape(value)}</rasd:{name}>" for name, value in item.items()]
        lines.append("      </Item>")
    return "\n".join(lines)


def property_lines():
    lines, category = [], None
    for one in properties.PROPERTIES:
        if one.category != category:
            category = one.category
            lines.append(f"      <Category>{escape(category)}</Category>")
        qualifiers = f' ovf:qualifiers={quoteattr(one.qualifiers)}' if one.qualifiers else ""
        password = ' ovf:password="true"' if one.password else ""
        lines += [
            f'      <Property ovf:key="{one.key}" ovf:type="string" ovf:userConfigurable="true" '
            f"ovf:value={quoteattr(one.default)}{password}{qualifiers}>",
            f"        <Label>{escape(one.label)}</Label>",
            f"        <Description>{escape(one.description)}</Description>",
            "      </Property>",
        ]
    return "\n".join(lines)


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def populated(folder):
    """What the files of the root take: an honest hint for thin disks."""
    return sum(path.lstat().st_size for path in pathlib.Path(folder).rglob("*") if path.is_file() and not path.is_symlink())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("version", "disk", "root", "key", "certificate", "out"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--capacity", type=int, required=True)
    parser.add_argument("--epoch", type=int, required=True)
    given = parser.parse_args()
    out = pathlib.Path(given.out)
    out.mkdir(parents=True, exist_ok=True)
    name, disk = f"pcg-{given.version}", pathlib.Path(given.disk)
    ovf = out / f"{name}.ovf"
    ovf.write_text(ENVELOPE.format(
        disk=f"{name}-disk1.vmdk", size=disk.stat().st_size, capacity=given.capacity, populated=populated(given.root),
        items=items(), properties=property_lines(), version=given.version, klass=properties.CLASS))
    manifest = out / f"{name}.mf"
    manifest.write_text(f"SHA256({ovf.name})= {sha256(ovf)}\nSHA256({name}-disk1.vmdk)= {sha256(disk)}\n")
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", given.key, str(manifest)], check=True,
                               capture_output=True).stdout
    certificate = subprocess.run(["openssl", "x509", "-in", given.certificate], check=True, capture_output=True, text=True).stdout
    cert = out / f"{name}.cert"
    cert.write_text(f"SHA256({manifest.name})= {signature.hex()}\n{certificate}")
    with tarfile.open(out / f"{name}.ova", "w", format=tarfile.USTAR_FORMAT) as ova:
        for path, member in ((ovf, ovf.name), (manifest, manifest.name), (cert, cert.name), (disk, f"{name}-disk1.vmdk")):
            info = tarfile.TarInfo(member)
            info.size, info.mtime, info.mode = path.stat().st_size, given.epoch, 0o644
            info.uname = info.gname = "root"
            with open(path, "rb") as file:
                ova.addfile(info, file)


if __name__ == "__main__":
    main()
