# SPDX-License-Identifier: Apache-2.0
"""What the appliance asks on its network, answered on this machine: names (RFC 1035) and time (RFC 5905), over UDP."""
import socket
import struct
import threading
import time

A, NO_ERROR, NO_SUCH_NAME = 1, 0, 3
SINCE_1900 = 2208988800


class Answering:
    """Calls `reply(question)` for each datagram, until close()."""

    def __init__(self, address, port, reply):
        self.reply, self.open = reply, True
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, port))
        self.socket.settimeout(0.2)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while self.open:
            try:
                question, peer = self.socket.recvfrom(2048)
            except TimeoutError:
                continue
            reply = self.reply(question)
            if reply:
                self.socket.sendto(reply, peer)

    def close(self):
        self.open = False
        self.thread.join()
        self.socket.close()


def name_answer(question, address):
    """Names below example.com are known by that address, no others."""
    if len(question) < 17 or question[4:6] != b"\0\1":
        return None
    at, labels = 12, []
    while at + 5 <= len(question) and question[at]:
        labels.append(question[at + 1:at + 1 + question[at]].lower())
        at += 1 + question[at]
    if at + 5 > len(question):
        return None
    asked, kind = question[12:at + 5], struct.unpack(">H", question[at + 1:at + 3])[0]
    known = labels[-2:] == [b"example", b"com"]
    found = struct.pack(">HHHIH4s", 0xC00C, A, 1, 60, 4, socket.inet_aton(address)) if known and kind == A else b""
    flags = 0x8580 | (NO_ERROR if known else NO_SUCH_NAME)
    return question[:2] + struct.pack(">HHHHH", flags, 1, 1 if found else 0, 0, 0) + asked + found


def stamp(seconds):
    whole = int(seconds)
    return struct.pack(">II", (whole + SINCE_1900) & 0xFFFFFFFF, int((seconds - whole) * (1 << 32)))


def time_answer(question):
    """This machine's time. No leap second, version 4, server; stratum 1, precise to a microsecond."""
    if len(question) < 48:
        return None
    now = time.time()
    head = struct.pack(">BBbbII4s", 0x24, 1, 4, -20, 0, 0, b"LOCL")
    return head + stamp(now) + question[40:48] + stamp(now) + stamp(time.time())


def serve_names_and_time(address):
    return [Answering(address, 53, lambda question: name_answer(question, address)), Answering(address, 123, time_answer)]
