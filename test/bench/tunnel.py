# SPDX-License-Identifier: Apache-2.0
"""The comparator: `ssh -R`, what one would use without a gateway. Its own daemon, keys and port."""
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))
import process  # noqa: E402

CIPHER = "aes128-gcm@openssh.com"  # the kind of cipher that TLS uses here; ssh's default is slower


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def reason_against():
    """Why there can be no comparator here, or None."""
    if os.geteuid() != 0:
        return "sshd is run as root only"
    if not os.path.exists("/usr/sbin/sshd") or not shutil.which("ssh"):
        return "openssh-server or openssh-client is missing"
    return None


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def start(processes, directory, upstream_url):
    """Returns (records of sshd, records of ssh, URL): the upstream as seen through the tunnel."""
    directory = pathlib.Path(directory)
    directory.mkdir(mode=0o700)
    os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
    for key in ("host", "client"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory / key], check=True)
    shutil.copy(directory / "client.pub", directory / "authorized_keys")
    port, through = free_port(), free_port()
    (directory / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {directory}/host\nAuthorizedKeysFile {directory}/authorized_keys\n"
        "StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n"
        f"AllowTcpForwarding yes\nPidFile {directory}/sshd.pid\nUseDNS no\n")
    sshd = processes.start("sshd", ["/usr/sbin/sshd", "-D", "-e", "-f", directory / "sshd_config"], directory / "sshd.log")
    process.wait_for(lambda: accepts(port), 20, "sshd", sshd)
    target = urllib.parse.urlsplit(upstream_url).netloc
    ssh = processes.start("ssh", [
        "ssh", "-N", "-T", "-F", "none", "-c", CIPHER, "-p", str(port), "-i", directory / "client",
        "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "ExitOnForwardFailure=yes",
        "-o", "BatchMode=yes", "-R", f"127.0.0.1:{through}:{target}", "root@127.0.0.1"], directory / "ssh.log")
    process.wait_for(lambda: accepts(through), 20, "the tunnel", ssh)
    return sshd, ssh, f"https://127.0.0.1:{through}"
