#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Unmodified clients of two tenants through their ingresses, and what keeps the tenants apart."""
import json
import pathlib
import subprocess
import tempfile
import unittest

import e2e


class Calls(e2e.EndToEnd):
    tenants = 2

    def test_govmomi_goes_through_all_its_steps(self):
        run = self.call(steps=None)
        self.assert_works(run)
        self.assertEqual(run.step("upload")["details"]["sha256"], run.step("download")["details"]["sha256"])

    def test_pyvmomi_goes_through_all_its_steps(self):
        run = self.call("pyvmomi", steps=None)
        self.assert_works(run)
        self.assertEqual(run.step("upload")["details"]["sha256"], run.step("download")["details"]["sha256"])

    def test_a_wrong_access_key_is_an_invalid_login_and_the_vcenter_sees_no_login(self):
        for kind in ("govmomi", "pyvmomi"):
            before = self.upstream().count("Login")
            run = self.call(kind, "login", {**self.endpoint(), "password": "not-the-password"})
            self.assertEqual(run.code, 1)
            self.assertEqual(run.step("login").get("fault"), "InvalidLogin", run.text)
            self.assertEqual(self.upstream().count("Login"), before)

    def test_the_vcenters_own_password_is_not_an_access_key(self):
        direct = self.endpoint()["direct"]
        before = self.upstream().count("Login")
        run = self.call(steps="login", target={
            **self.endpoint(), "username": direct["username"], "password": direct["password"]})
        self.assertEqual(run.step("login").get("fault"), "InvalidLogin", run.text)
        self.assertEqual(self.upstream().count("Login"), before)

    def test_one_tenants_access_key_opens_nothing_of_the_other(self):
        mine, others = self.endpoint(0), self.endpoint(1)
        before = self.upstream(1)
        run = self.call(steps="login", target={**others, "username": mine["username"], "password": mine["password"]})
        self.assertEqual(run.step("login").get("fault"), "InvalidLogin", run.text)
        self.assertNotIn("Login", self.upstream(1)[len(before):])

    def test_calls_of_one_tenant_never_reach_the_others_vcenter(self):
        before = self.upstream(1)
        self.assert_works(self.call())
        self.assertEqual(self.upstream(1), before)

    def test_one_tenants_token_shows_nothing_of_the_other(self):
        other = self.lab.tenants[1]["gateways"][0]["id"]
        listed = json.dumps(self.api(0).get("/api/v1/gateways"))
        self.assertNotIn(other, listed)
        for path in (f"/api/v1/gateways/{other}", f"/api/v1/gateways/{other}/endpoints"):
            self.assertEqual(self.api(0).call("GET", path)[0], 404, path)
        self.assertEqual(self.api(0).call("DELETE", f"/api/v1/gateways/{other}")[0], 404)
        self.assertTrue(self.api(1).is_online(other))

    def test_the_vcenters_password_is_in_no_file_but_the_vcenters_own(self):
        self.assert_works(self.call())
        password = self.endpoint()["direct"]["password"].encode()
        holders = [
            str(path) for path in self.lab.directory.rglob("*")
            if path.is_file() and "vcenters" not in path.parts and path.name != "lab.json"
            and password in path.read_bytes()
        ]
        self.assertEqual(holders, [])

    def test_a_path_outside_the_vcenters_surfaces_is_refused_and_goes_nowhere(self):
        endpoint, before = self.endpoint(), self.upstream()
        for path in ("/mob", "/ui/", "/websso/x", "/etc/passwd", "/sdk/../mob"):
            self.assertFalse(e2e.cloud.answers(endpoint["url"], endpoint["ca"], path), path)
        self.assertEqual([one for one in self.upstream()[len(before):] if "/sdk/" not in one], [])

    def test_a_client_that_goes_away_is_cancelled_at_the_vcenter_within_a_second(self):
        log = self.lab.vcenters[f"{self.gateway().name}/vc1"]
        parked = self.upstream().count("WaitForUpdatesEx")
        holding = subprocess.Popen(
            e2e.client.command("govmomi", e2e.PROGRAMS, self.endpoint(), steps="login,inventory,hold"),
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
        holding.stdin.write(self.endpoint()["password"])
        holding.stdin.close()
        # The first wait is answered at once with what is; the second one parks.
        e2e.process.wait_for(lambda: self.upstream().count("WaitForUpdatesEx") >= parked + 2, 30, "a parked wait")

        def cancelled():
            return sum(line["event"] == "cancelled" for line in e2e.vcenter.requests_seen(log))

        before = cancelled()
        holding.kill()
        holding.wait()
        e2e.process.wait_for(lambda: cancelled() > before, 2, "the cancellation at the vCenter", log=self.gateway().log)


class Commands(unittest.TestCase):
    def test_down_leaves_no_process_and_may_be_repeated(self):
        scripts = pathlib.Path(e2e.lab_module.__file__).parent
        with tempfile.TemporaryDirectory(prefix="pcg-e2e-", ignore_cleanup_errors=True) as folder:
            place = pathlib.Path(folder) / "lab"
            up = [str(scripts / "up.py"), "--dir", str(place), "--tenants", "1", "--programs", str(e2e.PROGRAMS)]
            down = [str(scripts / "down.py"), "--dir", str(place)]
            try:
                started = subprocess.run(["/usr/bin/python3", "-B", *up], capture_output=True, text=True, check=False)
                self.assertEqual(started.returncode, 0, started.stderr)
                described = json.loads((place / "lab.json").read_text())
                self.assertGreaterEqual(
                    {record["name"] for record in described["processes"]},
                    {"controlplane", "nats-server", "gateway-dc1", "vcenter-dc1"})
                again = subprocess.run(["/usr/bin/python3", "-B", *up], capture_output=True, text=True, check=False)
                self.assertEqual(again.returncode, 1)
                self.assertIn("./dev down", again.stderr)
            finally:
                stopped = subprocess.run(["/usr/bin/python3", "-B", *down], capture_output=True, text=True, check=False)
            self.assertEqual(stopped.returncode, 0, stopped.stderr)
            self.assertNotIn("killed", stopped.stderr)
            self.assertEqual([one for one in described["processes"] if e2e.process.is_alive(one)], [])
            users = [entry for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline") if str(place) in read(entry)]
            self.assertEqual(users, [])
            repeated = subprocess.run(["/usr/bin/python3", "-B", *down], capture_output=True, text=True, check=False)
            self.assertEqual(repeated.returncode, 0)


def read(path):
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""


if __name__ == "__main__":
    e2e.run()
