# SPDX-License-Identifier: Apache-2.0
"""An OVA as ./dev ova packs it, around a disk with nothing on it: for tests of what imports one."""
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
OVA = HERE.parents[1] / "appliance" / "ova"
VERSION = "0.0.1"


def signing_key(folder, name="test"):
    """Key and certificate, for signing."""
    key, certificate = folder / f"{name}-key.pem", folder / f"{name}-cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-days", "30",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return key, certificate


def make(folder, mebibytes=64):
    """Packs it into `folder`; gives the OVA. Its parts lie in folder/parts."""
    folder = pathlib.Path(folder)
    (folder / "root").mkdir(parents=True, exist_ok=True)
    (folder / "root" / "file").write_bytes(b"x" * 1000)
    raw, disk = folder / "disk.raw", folder / "disk.vmdk"
    with open(raw, "wb") as file:
        file.write(b"first" + b"\0" * 507)
        file.truncate(mebibytes << 20)
    subprocess.run(["qemu-img", "convert", "-O", "vmdk", "-o", "subformat=streamOptimized", raw, disk], check=True)
    key, certificate = signing_key(folder)
    parts = folder / "parts"
    subprocess.run([sys.executable, "-B", OVA / "ovf.py", "--version", VERSION, "--disk", disk, "--capacity",
                    str(mebibytes << 20), "--root", folder / "root", "--key", key, "--certificate", certificate, "--epoch",
                    "1700000000", "--out", parts], check=True)
    shutil.copy(disk, parts / f"pcg-{VERSION}-disk1.vmdk")
    return parts / f"pcg-{VERSION}.ova"
