"""What is blamed on a target, and what is not; what may be shown of a request."""

from __future__ import annotations

import subprocess
import sys

import pytest

from posthouse.model.ids import Millis
from posthouse.system.http_client import HttpClient
from posthouse.system.outbound import Request
from posthouse.targets.http_exchange import EXCERPT_BYTES_MAX, ask, shown_url
from tests.receiver import Receiver, Reply

BLAME = """
import asyncio
from posthouse.system.http_client import HttpClient
from posthouse.system.outbound import Request
from posthouse.targets.http_exchange import exchange

async def main():
    client = HttpClient()
    for url in ("http://203.0.113.1/", "http://no-such-name.invalid/", "http://127.0.0.1:9/"):
        outcome = await exchange(client, Request(method="POST", url=url, deadline_s=20), hidden=(), now=0)
        print(outcome.kind, outcome.is_chargeable)
    await client.close()

asyncio.run(main())
"""


def test_machine_without_a_route_blames_no_remote_target_but_its_own() -> None:
    # A network namespace of its own is a machine that has only itself.
    run = ["unshare", "--map-root-user", "--net", sys.executable, "-c", BLAME]
    try:
        alone = subprocess.run(run, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this system gives no network namespace")

    assert alone.stdout.splitlines() == ["transient False", "transient False", "transient True"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://a/b", "http://a/b"),
        ("http://a/b?", "http://a/b?"),
        ("http://a/b?c", "http://a/b?[hidden]"),
        ("http://a/b?c=d", "http://a/b?c=[hidden]"),
        ("http://a/b?c=d&e=f=g&h", "http://a/b?c=[hidden]&e=[hidden]&[hidden]"),
    ],
)
def test_query_is_shown_without_its_values(url: str, expected: str) -> None:
    assert shown_url(url) == expected


async def test_a_long_answer_can_be_had_whole_beside_an_excerpt_that_is_short() -> None:
    async with Receiver() as receiver:
        receiver.reply(Reply(body=b"x" * 100_000))
        outbound = HttpClient()
        request = Request(method="GET", url=receiver.url, response_bytes_max=200_000)
        outcome, response = await ask(outbound, request, hidden=(), now=Millis(0))
        await outbound.close()

    assert response is not None
    assert (len(outcome.excerpt), len(response.body)) == (EXCERPT_BYTES_MAX, 100_000)
