#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Pairing as people get it wrong: mistyped, guessed, refused; and then right after all."""
import subprocess

import e2e
import gateway
import pairing_code


class WrongCodes(e2e.EndToEnd):
    @classmethod
    def bring_up(cls):
        cls.lab.prepare()
        cls.lab.start_controlplane()

    def new_gateway(self, name):
        """A gateway and a tenant of its own: a tenant may claim five times a minute, and every test claims."""
        self.tenant = self.lab.add_tenant(f"tenant-of-{name}")
        one = gateway.Gateway(self.lab, name, self.tenant["name"])
        one.configure()
        one.start()
        self.lab.gateways[name] = one
        return one

    def try_code(self, code):
        return subprocess.run(
            [str(self.lab.program("pcg")), "pair", code, "--server", self.lab.controlplane["url"], "--ca",
             self.lab.controlplane["ca"], "--token-file", self.tenant["token_file"], "--json"],
            input="y\n", capture_output=True, text=True, timeout=60, check=False)

    def test_a_mistyped_code_fails_here_and_costs_no_attempt(self):
        one = self.new_gateway("typo")
        code = one.wait_for_pairing("offered")["code"]
        for _ in range(4):  # more often than a wrong secret may be tried
            tried = self.try_code(pairing_code.mistyped(code))
            self.assertNotEqual(tried.returncode, 0)
            self.assertIn("check", (tried.stdout + tried.stderr).lower())
        self.assertEqual(one.pairing()["code"], code)
        one.pair(self.tenant["token_file"])

    def test_a_wrong_secret_three_times_brings_a_new_code_and_the_new_code_works(self):
        one = self.new_gateway("guess")
        code = one.wait_for_pairing("offered")["code"]
        for attempt in range(1, 4):
            tried = self.try_code(pairing_code.with_wrong_secret(code, attempt))
            self.assertEqual(tried.returncode, 1, tried.stdout + tried.stderr)
            self.assertIn('"failed"', tried.stdout)
            if attempt < 3:
                self.assertEqual(one.wait_for_pairing("offered")["code"], code)
        e2e.process.wait_for(
            lambda: (one.pairing() or {}).get("state") == "offered" and one.pairing()["code"] != code, 30,
            "a new code on the console", log=one.log)
        used = self.try_code(code)
        self.assertEqual(used.returncode, 1)
        one.pair(self.tenant["token_file"])

    def test_a_gateway_whose_console_refuses_is_not_paired_and_offers_again(self):
        one = self.new_gateway("refused")
        code = one.wait_for_pairing("offered")["code"]
        tenant_side = gateway.Pairing(self.lab, code, self.tenant["token_file"], "refused")
        try:
            tenant_side.expect("confirm", 45)
            one.wait_for_pairing("confirm")
            tenant_side.answer(True)
            one.ctl("pairing", "reject")
            with self.assertRaises(e2e.process.StepError):
                tenant_side.expect("paired", 45)
        finally:
            self.assertEqual(tenant_side.close(), 1)
        one.wait_for_pairing("offered")
        self.assertEqual([g for g in self.lab.api(self.tenant).get("/api/v1/gateways")["items"] if g["state"] == "online"
                          and g["name"] == "refused"], [])

    def test_what_was_granted_with_the_yes_is_what_the_tenant_may_do(self):
        one = self.new_gateway("rights")  # its configuration would allow everything
        one.pair(self.tenant["token_file"], accept=("--remote", "keys"))
        api, granted = self.lab.api(self.tenant), {"endpoints": False, "keys": True}
        e2e.process.wait_for(lambda: (api.gateway(one.id) or {}).get("remote") == granted, 45, "the rights", log=one.log)
        self.assertEqual(one.ctl("remote", "show", "--json"), granted)
        one.ctl("remote", "allow", "endpoints")
        e2e.process.wait_for(lambda: api.gateway(one.id)["remote"]["endpoints"], 45, "the later word", log=one.log)

    def test_kill_9_while_the_code_is_shown_brings_another_code_that_works(self):
        one = self.new_gateway("killed")
        code = one.wait_for_pairing("offered")["code"]
        self.lab.kill(one.process_name)
        self.lab.restart(one.process_name)
        e2e.process.wait_for(
            lambda: (one.pairing() or {}).get("code") not in (None, code), 30, "another code", log=one.log)
        one.pair(self.tenant["token_file"])


if __name__ == "__main__":
    e2e.run()
