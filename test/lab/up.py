#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Starts a lab in the background and exits 0 once it is usable; its description is DIR/lab.json."""
import argparse
import pathlib
import signal
import sys

import lab
import process


def whole_number(low, high):
    def parse(text):
        if not text.isdigit() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"'{text}' is not a number from {low} to {high}")
        return int(text)

    return parse


def parse():
    parser = argparse.ArgumentParser(prog="./dev up", description=__doc__)
    parser.add_argument("--dir", default="build/lab", help="where everything of the lab lies (default: build/lab)")
    parser.add_argument("--tenants", type=whole_number(1, 50), default=2)
    parser.add_argument("--gateways", type=whole_number(1, 20), default=1, help="per tenant")
    parser.add_argument("--role", choices=["inventory", "deploy", "full"], default="full",
                        help="what the printed access keys may do (default: full)")
    parser.add_argument("--vcenter", metavar="URL", help="register this vCenter instead of starting simulators")
    parser.add_argument("--vcenter-username", metavar="U")
    parser.add_argument("--vcenter-password", metavar="P")
    parser.add_argument("--vcenter-password-file", metavar="FILE", help="keeps the password out of the process list")
    parser.add_argument("--vcenter-ca", metavar="FILE", help="without it, the certificate is pinned as it is now")
    parser.add_argument("--maas", metavar="N|URL", default="1",
                        help="so many simulated MAAS behind each gateway, 0 to 5 (default: 1), or register this one")
    parser.add_argument("--maas-key", metavar="K", help="the API key of the MAAS at URL, CONSUMER:TOKEN:SECRET")
    parser.add_argument("--maas-key-file", metavar="FILE", help="keeps the key out of the process list")
    parser.add_argument("--maas-ca", metavar="FILE", help="without it, the certificate is pinned as it is now")
    parser.add_argument("--maas-machines", type=whole_number(1, 5000), default=10, metavar="N",
                        help="machines of each simulated MAAS (default: 10)")
    parser.add_argument("--maas-version", choices=["3.7", "3.8"], default="3.7")
    parser.add_argument("--preset", help="the build whose programs are run (default: dev)")
    parser.add_argument("--programs", default=lab.default_programs(), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.maas_key_file:
        options.maas_key = pathlib.Path(options.maas_key_file).read_text(encoding="utf-8").strip()
    is_number = options.maas.isdigit()
    if is_number and int(options.maas) > 5:
        parser.error("--maas: a number from 0 to 5, or the https URL of a MAAS")
    if is_number == bool(options.maas_key):
        parser.error("--maas URL needs --maas-key or --maas-key-file" if not is_number
                     else "--maas-key is for --maas URL; a simulated MAAS makes its own")
    if options.vcenter_password_file:
        options.vcenter_password = pathlib.Path(options.vcenter_password_file).read_text(encoding="utf-8").rstrip("\r\n")
    if options.vcenter and not (options.vcenter_username and options.vcenter_password):
        parser.error("--vcenter needs --vcenter-username and --vcenter-password")
    return options


def main():
    options = parse()
    existing = None
    if options.vcenter:
        existing = {"url": options.vcenter, "username": options.vcenter_username,
                    "password": options.vcenter_password, "ca": options.vcenter_ca}
    maases, existing_maas = 0, None
    if options.maas.isdigit():
        maases = int(options.maas)
    else:
        existing_maas = {"url": options.maas, "api_key": options.maas_key, "ca": options.maas_ca}
    arguments = ["--machines", str(options.maas_machines), "--version", options.maas_version]
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    here = lab.Lab(options.dir, options.programs)
    try:
        here.up(options.tenants, options.gateways, options.role, existing, maases, arguments, existing_maas)
    except KeyboardInterrupt:
        here.down()
        print("interrupted; everything that was started has been stopped", file=sys.stderr)
        return 130
    except (process.StepError, OSError, ValueError, KeyError) as error:
        if not isinstance(error, process.StepError):
            error = process.StepError(f"{type(error).__name__}: {error}")
        print(f"./dev up {lab.explain(here, error)}", file=sys.stderr)
        if here.processes is not None:
            here.down()
            print(f"everything that was started has been stopped; logs are in {here.directory}", file=sys.stderr)
        return 1
    if lab.portal_files() is not None:
        here.say(f"the portal is at {here.controlplane['url']}; lab.json has the tenants' names and passwords")
    here.say(f"usable; described in {here.directory}/lab.json; stop it with ./dev down --dir {options.dir}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
