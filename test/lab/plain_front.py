#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A door without TLS, on loopback only, to the ingress of an endpoint as a proxy: for clients that can speak to a proxy in
the clear only. Octets go through as they are; nothing is read."""
import argparse
import asyncio
import ssl

import process

CHUNK = 64 * 1024


async def carry(reader, writer):
    """One direction, to its end, which is passed on."""
    try:
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except (ConnectionError, ssl.SSLError):
        writer.close()


class Front:
    def __init__(self, host, port, ca, most):
        self.host, self.port, self.most = host, port, asyncio.Semaphore(most)
        self.tls = ssl.create_default_context(cafile=ca)

    async def serve(self, reader, writer):
        async with self.most:
            try:
                onward, back = await asyncio.open_connection(self.host, self.port, ssl=self.tls)
            except OSError as error:
                print(f"the ingress cannot be reached: {error}", flush=True)
                writer.close()
                return
            up = asyncio.create_task(carry(reader, back))
            await carry(onward, writer)
            up.cancel()
            for one in (back, writer):
                one.close()


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", metavar="HOST:PORT", required=True)
    parser.add_argument("--ca", required=True)
    parser.add_argument("--ready-file", required=True)
    parser.add_argument("--most", type=int, default=64, help="connections at a time")
    options = parser.parse_args()
    host, _, port = options.to.rpartition(":")
    front = Front(host, int(port), options.ca, options.most)
    server = await asyncio.start_server(front.serve, "127.0.0.1", 0)
    process.write_atomically(options.ready_file, f'{{"port": {server.sockets[0].getsockname()[1]}}}\n', 0o644)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
