"""`python -m benchmarks.live_clients PORT CLIENTS COUNT TOKEN`: clients of the live stream, in one process.

Each reads until it has so many entries. Says `listening` when all stand, and at the end, as one JSON list, how long
after its stamp each entry came to each client, in milliseconds.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time

from benchmarks.serving import run

STAMP = re.compile(rb'"value":"(\d+)"')
PATIENCE_S = 120.0


async def main() -> None:
    """Read, then tell."""
    port, clients, count, token = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    waits_ms: list[float] = []
    begun = [asyncio.Event() for _ in range(clients)]

    async def read(standing: asyncio.Event) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        request = f"GET /api/live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\r\n"
        writer.write(request.encode())
        await reader.readuntil(b"Posthouse\n\n")
        standing.set()
        left, rest = count, b""
        while left > 0:
            part = await reader.read(1 << 18)
            if not part:
                return
            now_ns = time.monotonic_ns()
            lines = (rest + part).rpartition(b"\n")
            rest = lines[2]
            stamps = STAMP.findall(lines[0])
            left -= len(stamps)
            waits_ms.extend((now_ns - int(stamp)) / 1e6 for stamp in stamps)
        writer.close()

    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as group:
        for standing in begun:
            group.create_task(read(standing))
        for standing in begun:
            await standing.wait()
        sys.stdout.write("listening\n")
        sys.stdout.flush()
    sys.stdout.write(json.dumps(waits_ms))


if __name__ == "__main__":
    run(main())
