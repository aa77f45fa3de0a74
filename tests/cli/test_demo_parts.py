"""What the demo is made of: a receiver that can be killed, and a log that grows."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from posthouse.cli.demo_log import GrowingLog
from posthouse.targets.standard_webhooks import new_secret, sign, signing_key

DEADLINE_S = 20


@contextmanager
def receiver(secret: str, record: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    child = subprocess.Popen(
        [sys.executable, "-m", "posthouse.cli.demo_receiver", str(port), str(record)],
        env={**os.environ, "POSTHOUSE_SIGNING_SECRET": secret},
        stdin=subprocess.PIPE,
    )
    try:
        deadline = time.monotonic() + DEADLINE_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert child.poll() is None
                assert time.monotonic() < deadline
        yield child, port
    finally:
        child.kill()
        child.wait()
        assert child.stdin is not None
        child.stdin.close()


def post(port: int, secret: str, body: bytes, *, message_id: str = "m1") -> int:
    now_s = int(time.time())
    signature = sign([signing_key(secret)], message_id=message_id, timestamp_s=now_s, body=body)
    headers = {"webhook-id": message_id, "webhook-timestamp": str(now_s), "webhook-signature": signature}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
    connection.request("POST", "/hook", body, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_the_receiver_records_what_is_signed_and_refuses_the_rest(tmp_path: Path) -> None:
    secret, record = new_secret(), tmp_path / "received.jsonl"
    body = json.dumps({"id": "event-1", "type": "demo.tick"}).encode()

    with receiver(secret, record) as (child, port):
        accepted = post(port, secret, body)
        refused = post(port, new_secret(), body)
        child.kill()

    assert (accepted, refused) == (200, 401)
    assert [json.loads(line) for line in record.read_text().splitlines()] == [
        {"webhookId": "m1", "eventId": "event-1", "type": "demo.tick"}
    ]


def test_the_receiver_ends_with_its_parent(tmp_path: Path) -> None:
    with receiver(new_secret(), tmp_path / "received.jsonl") as (child, _):
        assert child.stdin is not None
        child.stdin.close()

        assert child.wait(DEADLINE_S) == 0


def test_a_growing_log_is_whole_lines_in_one_session(tmp_path: Path) -> None:
    log = GrowingLog(tmp_path)

    log.grow()
    log.grow()

    lines = [json.loads(line) for line in log.path.read_text().splitlines()]
    assert [line["type"] for line in lines] == ["user", "assistant", "user", "assistant"]
    assert len({line["sessionId"] for line in lines}) == 1
    assert len({line["uuid"] for line in lines}) == 4
    assert [line["parentUuid"] for line in lines[1:]] == [line["uuid"] for line in lines[:-1]]
    assert log.path.is_relative_to(log.roots)
