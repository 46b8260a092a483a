#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Many calls at once: more than a hundred that wait at the same time must not end the link to the broker."""
import concurrent.futures
import http.client
import os
import signal
import ssl
import threading
import urllib.parse

import e2e

CALLERS = 200
ENVELOPE = ('<?xml version="1.0" encoding="UTF-8"?><Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>'
            '<RetrieveServiceContent xmlns="urn:vim25"><_this type="ServiceInstance">ServiceInstance</_this>'
            "</RetrieveServiceContent></Body></Envelope>")


class Burst(e2e.EndToEnd):
    def setUp(self):
        self.asked = threading.Semaphore(0)

    def call(self, _):
        endpoint = self.endpoint()
        address = urllib.parse.urlsplit(endpoint["ingress_url"])
        context = ssl.create_default_context(cafile=endpoint["ca"])
        connection = http.client.HTTPSConnection(address.hostname, address.port, context=context, timeout=60)
        connection.request("POST", "/sdk", ENVELOPE, {"Content-Type": "text/xml"})
        self.asked.release()
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    def test_two_hundred_calls_that_wait_at_once_are_all_answered(self):
        """The gateway holds its breath, so that every call is unanswered at the same time."""
        gateway = self.lab.processes.find(self.gateway().process_name)["pid"]
        with concurrent.futures.ThreadPoolExecutor(CALLERS) as pool:
            os.kill(gateway, signal.SIGSTOP)
            try:
                calls = [pool.submit(self.call, number) for number in range(CALLERS)]
                for _ in calls:
                    self.assertTrue(self.asked.acquire(timeout=60))
            finally:
                os.kill(gateway, signal.SIGCONT)
            answers = [call.result() for call in calls]
        self.assertEqual([status for status in answers if status != 200], [])


if __name__ == "__main__":
    e2e.run()
