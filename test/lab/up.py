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
    parser.add_argument("--maas", metavar="URL", help="not there yet")
    parser.add_argument("--maas-key", metavar="K", help="not there yet")
    parser.add_argument("--preset", help="the build whose programs are run (default: dev)")
    parser.add_argument("--programs", default=lab.default_programs(), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.maas or options.maas_key:
        parser.error("the endpoint kind MAAS is not there yet: leave --maas and --maas-key out")
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
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    here = lab.Lab(options.dir, options.programs)
    try:
        here.up(options.tenants, options.gateways, options.role, existing)
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
