"""The demo's webhook receiver: a process of its own, so that it can be killed without ceremony.

    POSTHOUSE_SIGNING_SECRET=whsec_… python -m posthouse.cli.demo_receiver PORT RECORD

Takes POSTs on 127.0.0.1, verifies their Standard Webhooks signature, and appends one JSON line per request that it
accepts to the RECORD file before its 200 leaves, so that what it was given outlives it. Prints nothing. Ends when its
standard input does, so that it never outlives the demo.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path

from posthouse.targets.standard_webhooks import signing_key, verify

SECRET_VARIABLE = "POSTHOUSE_SIGNING_SECRET"  # noqa: S105 (a variable's name)
_BODY_BYTES_MAX = 16 * 1024 * 1024
_WORK_S = 0.3
"""How long it takes over each request, as a real one does, so that one can watch the pace rise."""


class DemoReceiver:
    """Answers 200 to what is signed by its secret, and 401 to anything else."""

    def __init__(self, secret: str, record: Path) -> None:
        self._key = signing_key(secret)
        self._record = record

    async def serve(self, port: int) -> None:
        """Take requests until standard input ends. Raises OSError where the port is taken."""
        server = await asyncio.start_server(self._converse, "127.0.0.1", port)
        async with server:
            await asyncio.to_thread(sys.stdin.buffer.read)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await _read_request(reader):
                await asyncio.sleep(_WORK_S)
                status = self._take(*request)
                writer.write(f"HTTP/1.1 {status} -\r\ncontent-length: 0\r\n\r\n".encode())
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            # Who sends something else than whole requests gets no answer.
            pass
        finally:
            writer.close()

    def _take(self, headers: dict[str, str], body: bytes) -> int:
        if not verify([self._key], headers, body, now_s=int(time.time())):
            return 401
        event = json.loads(body)
        line = {"webhookId": headers["webhook-id"], "eventId": event["id"], "type": event["type"]}
        with self._record.open("ab", buffering=0) as record:
            record.write(json.dumps(line).encode() + b"\n")
        return 200


async def _read_request(reader: asyncio.StreamReader) -> tuple[dict[str, str], bytes] | None:
    """One request's headers (lower-case names) and body; None where the sender is done."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")[1:-2]
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    size = int(headers.get("content-length", "0"))
    if not 0 <= size <= _BODY_BYTES_MAX:
        raise ValueError("a body of that size is not read")
    return headers, await reader.readexactly(size)


def main() -> None:
    """Run as told by the arguments and the environment."""
    port, record = int(sys.argv[1]), Path(sys.argv[2])
    asyncio.run(DemoReceiver(os.environ[SECRET_VARIABLE], record).serve(port))


if __name__ == "__main__":
    main()
