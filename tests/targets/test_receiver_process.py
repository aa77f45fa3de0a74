"""The receiver as a process of its own, as tests that kill things use it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from posthouse.system.http_client import HttpClient
from posthouse.system.outbound import Request


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "record.jsonl"


@pytest.fixture
def port(record: Path) -> Iterator[int]:
    command = [sys.executable, "-m", "tests.receiver", "--record", str(record), "--fail-rate", "0.5", "--seed", "7"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout as lines:
        yield int(lines.readline().split()[1])
        process.kill()
        process.wait(20)


async def test_what_was_answered_with_200_is_in_the_record(port: int, record: Path) -> None:
    client = HttpClient()
    accepted: list[str] = []

    for number in range(40):
        headers = (("webhook-id", f"id-{number}"),)
        request = Request(method="POST", url=f"http://127.0.0.1:{port}/", headers=headers, body=b'{"n":1}')
        if (await client.send(request)).status == 200:
            accepted.append(f"id-{number}")
            assert json.loads(record.read_text().splitlines()[-1]) == {"id": f"id-{number}", "body": '{"n":1}'}
    await client.close()

    assert 0 < len(accepted) < 40
    assert [json.loads(line)["id"] for line in record.read_text().splitlines()] == accepted
