# SPDX-License-Identifier: Apache-2.0
"""A source for uploads by reference, over TLS, that does to them what the world does: it breaks, forgets, changes its
mind, lies and sends elsewhere. Each object says what it is like; every request is noted."""
import hashlib
import http.server
import pathlib
import ssl
import subprocess
import threading
import time

PIECE = 64 * 1024


def content(size, seed=1):
    """Octets that no part of looks like another."""
    block = b"".join(hashlib.sha256(f"{seed}:{i}".encode()).digest() for i in range(2048))
    return b"".join(block + i.to_bytes(8, "big") for i in range(size // (len(block) + 8) + 1))[:size]


class Thing:
    """One object and its behaviour; `octets` may be replaced by a test."""

    def __init__(self, octets, etag='"one"', ranges=True, breaks=(), pace=0.0, location=None, chunked=False, status=200):
        self.octets, self.etag, self.ranges, self.location, self.chunked = octets, etag, ranges, location, chunked
        self.breaks = list(breaks)  # after so many octets, one for each request
        self.pace, self.status = pace, status  # seconds between two pieces
        self.after_break = None  # called then
        self.requests = []

    @property
    def sha256(self):
        return hashlib.sha256(self.octets).hexdigest()


class Source:
    def __init__(self, directory, tls=True):
        self.things, self.directory = {}, pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        source = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                source.serve(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # whoever goes away is no news
        self.place = f"127.0.0.1:{self.server.server_address[1]}"
        self.url = f"{'https' if tls else 'http'}://{self.place}"
        self.ca = self.directory / "ca.pem"
        if tls:
            key = self.directory / "key.pem"
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-days", "2", "-subj", "/CN=source", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                            key, "-out", self.ca], check=True, capture_output=True)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.ca, key)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, path, *arguments, **options):
        self.things[path] = Thing(*arguments, **options)
        return self.things[path]

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def serve(self, handler):
        thing = self.things.get(handler.path.split("?")[0])
        if thing is None:
            return handler.send_error(404)
        asked = handler.headers.get("Range")
        thing.requests.append({"range": asked, "if_range": handler.headers.get("If-Range"), "path": handler.path})
        if thing.location:
            handler.send_response(302)
            handler.send_header("Location", thing.location)
            handler.send_header("Content-Length", "0")
            return handler.end_headers()
        if thing.status != 200:
            return handler.send_error(thing.status)
        begin, octets = 0, thing.octets
        if asked and thing.ranges and handler.headers.get("If-Range") in (None, thing.etag):
            begin = int(asked.removeprefix("bytes=").split("-")[0])
        if begin:
            handler.send_response(206)
            handler.send_header("Content-Range", f"bytes {begin}-{len(octets) - 1}/{len(octets)}")
        else:
            handler.send_response(200)
        if thing.etag:
            handler.send_header("ETag", thing.etag)
        if thing.chunked:
            handler.send_header("Transfer-Encoding", "chunked")
        else:
            handler.send_header("Content-Length", str(len(octets) - begin))
        handler.end_headers()
        self.send(handler, thing, octets, begin)

    def send(self, handler, thing, octets, begin):
        stop = thing.breaks.pop(0) if thing.breaks else None
        sent = 0
        for at in range(begin, len(octets), PIECE):
            piece = octets[at:at + PIECE]
            if stop is not None and sent + len(piece) > stop:
                if thing.after_break:
                    thing.after_break()
                handler.close_connection = True
                return handler.connection.close()
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if thing.chunked else piece)
            sent += len(piece)
            if thing.pace:
                time.sleep(thing.pace)
        if thing.chunked:
            handler.wfile.write(b"0\r\n\r\n")
