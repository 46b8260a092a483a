# SPDX-License-Identifier: Apache-2.0
"""An NTP server (RFC 5905, what a client of SNTP needs) that tells this machine's time."""
import socket
import struct
import threading
import time

SINCE_1900 = 2208988800


def stamp(seconds):
    whole = int(seconds)
    return struct.pack(">II", (whole + SINCE_1900) & 0xFFFFFFFF, int((seconds - whole) * (1 << 32)))


class TimeServer:
    def __init__(self, address, port=123):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, port))
        self.asked = 0
        threading.Thread(target=self.answer, daemon=True).start()

    def answer(self):
        while True:
            try:
                question, peer = self.socket.recvfrom(512)
            except OSError:
                return
            if len(question) < 48:
                continue
            now = time.time()
            self.asked += 1
            # No leap second, version 4, server; stratum 1, precise to a microsecond.
            head = struct.pack(">BBbbII4s", 0x24, 1, 4, -20, 0, 0, b"LOCL")
            self.socket.sendto(head + stamp(now) + question[40:48] + stamp(now) + stamp(time.time()), peer)

    def close(self):
        self.socket.close()
