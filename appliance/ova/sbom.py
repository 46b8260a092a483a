# SPDX-License-Identifier: Apache-2.0
"""What is in the image, as SPDX 2.3 in JSON: the packages of its root, and those that are only taken from (kernel, boot
loaders)."""
import argparse
import datetime
import hashlib
import json
import pathlib
import re
import subprocess
import urllib.parse


def paragraphs(text):
    for block in text.split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z-]+): (.*)$", block, re.MULTILINE))
        if "Package" in fields:
            yield fields


def installed(status):
    for fields in paragraphs(pathlib.Path(status).read_text()):
        if fields.get("Status", "").endswith(" installed"):
            yield fields, None


def extracted(folder):
    for deb in sorted(pathlib.Path(folder).glob("*.deb")):
        control = subprocess.run(["dpkg-deb", "-f", str(deb)], check=True, capture_output=True, text=True).stdout
        yield next(paragraphs(control + "\n\n")), hashlib.sha256(deb.read_bytes()).hexdigest()


def package(fields, digest, kind):
    name, version = fields["Package"], fields["Version"]
    described = {
        "SPDXID": "SPDXRef-Package-" + re.sub(r"[^A-Za-z0-9.-]", "-", name),
        "name": name,
        "versionInfo": version,
        "supplier": "Organization: " + ("Private Cloud Gateway project" if name.startswith("pcg-") else "Debian"),
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "Apache-2.0" if name.startswith("pcg-") else "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "comment": kind,
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
            "referenceLocator": f"pkg:deb/debian/{name}@{urllib.parse.quote(version, safe='')}"
                                f"?arch={fields.get('Architecture', 'amd64')}&distro=debian-12",
        }],
    }
    if digest:
        described["checksums"] = [{"algorithm": "SHA256", "checksumValue": digest}]
    return described


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("version", "dpkg-status", "debs", "out"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--epoch", type=int, required=True)
    given = parser.parse_args()
    packages = [package(*one, "installed in the root image") for one in installed(given.dpkg_status)]
    packages += [package(*one, "files taken from it for booting") for one in extracted(given.debs)]
    packages.sort(key=lambda one: one["SPDXID"])
    content = hashlib.sha256(json.dumps(packages).encode()).hexdigest()
    created = datetime.datetime.fromtimestamp(given.epoch, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    document = {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"pcg-{given.version}",
        "documentNamespace": f"urn:pcg:sbom:{given.version}:{content[:32]}",
        "creationInfo": {"created": created, "creators": ["Tool: pcg-sbom"]},
        "packages": packages,
        "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
                           "relatedSpdxElement": one["SPDXID"]} for one in packages],
    }
    pathlib.Path(given.out).write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
