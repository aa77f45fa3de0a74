"""Answers without end, followed by the HTTP client from a real server on loopback."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator

import pytest

from posthouse.system.http_client import HttpClient
from posthouse.system.outbound import ExchangeFailed, StreamRequest
from tests.receiver import Receiver, Reply, garbage, hang

SHORT_S = 0.3
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    made = HttpClient()
    yield made
    await made.close()


def ask(url: str, *, connect_s: float = 20.0, idle_s: float = 20.0) -> StreamRequest:
    return StreamRequest(url=url, headers=(("x-a", "1"),), connect_deadline_s=connect_s, idle_deadline_s=idle_s)


async def failure_of(client: HttpClient, request: StreamRequest) -> tuple[bytes, ExchangeFailed]:
    """What came before it failed, and the failure."""
    got = b""
    with pytest.raises(ExchangeFailed) as caught:
        async with client.stream(request) as answer:
            async for chunk in answer.chunks():
                got += chunk
    return got, caught.value


async def test_chunks_are_handed_over_as_they_come(client: HttpClient, receiver: Receiver) -> None:
    rest = asyncio.Event()
    receiver.reply(Reply(headers={"X-Made": "Yes"}, body=b"abc", between=rest))

    async with client.stream(ask(receiver.url)) as answer:
        chunks = aiter(answer.chunks())
        first = await anext(chunks)
        rest.set()
        second = await anext(chunks)
        with pytest.raises(StopAsyncIteration):
            await anext(chunks)

    assert (answer.status, answer.headers["x-made"]) == (200, "Yes")
    assert (first, second) == (b"a", b"bc")
    (received,) = receiver.requests
    assert (received.method, received.headers["x-a"], received.headers["accept-encoding"]) == ("GET", "1", "identity")


async def test_other_answers_are_handed_over_too_and_no_redirect_is_followed(
    client: HttpClient, receiver: Receiver
) -> None:
    receiver.reply(Reply(status=302, headers={"location": receiver.url + "/elsewhere"}, body=b"there"))

    async with client.stream(ask(receiver.url)) as answer:
        body = b"".join([chunk async for chunk in answer.chunks()])

    assert (answer.status, body, len(receiver.requests)) == (302, b"there", 1)


async def test_a_stream_that_says_nothing_for_too_long_is_lost(client: HttpClient, receiver: Receiver) -> None:
    receiver.reply(Reply(body=b"ab", between=asyncio.Event()))

    got, failure = await failure_of(client, ask(receiver.url, idle_s=SHORT_S))

    assert (got, failure.code) == (b"a", "timeout")


async def test_headers_that_do_not_come_in_time_are_a_timeout(client: HttpClient, receiver: Receiver) -> None:
    receiver.reply(hang())

    _, failure = await failure_of(client, ask(receiver.url, connect_s=SHORT_S))

    assert failure.code == "timeout"


@pytest.mark.parametrize(
    ("reply", "got", "code"),
    [
        (Reply(raw=HEAD + b"3\r\nabc\r\n5\r\nde", close_after=True), b"abcde", "bad_answer"),
        (Reply(raw=HEAD + b"3\r\nabc\r\nnonsense\r\n", close_after=True), b"", "bad_answer"),
        (Reply(is_reset=True), b"", "reset"),
        (Reply(is_closed=True), b"", "reset"),
        (garbage(), b"", "bad_answer"),
    ],
)
async def test_a_stream_that_breaks_off_says_how(
    client: HttpClient, receiver: Receiver, reply: Reply, got: bytes, code: str
) -> None:
    # A GET that dies unanswered is asked once more.
    receiver.default = reply

    before, failure = await failure_of(client, ask(receiver.url))

    assert failure.code == code
    assert before in (b"", got)


async def test_a_stream_that_is_left_closes_its_connection(client: HttpClient, receiver: Receiver) -> None:
    receiver.reply(Reply(body=b"ab", between=asyncio.Event()))

    async with client.stream(ask(receiver.url)) as answer:
        assert await anext(aiter(answer.chunks())) == b"a"
    async with client.stream(ask(receiver.url)) as answer:
        assert [chunk async for chunk in answer.chunks()] == [b"ok"]

    assert receiver.connections_made == 2


async def test_addresses_are_judged_as_of_every_request(receiver: Receiver) -> None:
    client = HttpClient(allow_private=False)

    _, failure = await failure_of(client, ask(receiver.url))
    _, unusable = await failure_of(client, ask("http://user:word@127.0.0.1/"))

    assert (failure.code, unusable.code) == ("blocked_address", "bad_url")
    assert receiver.connections_made == 0


async def test_a_failure_tells_neither_query_nor_header_nor_path(client: HttpClient, receiver: Receiver) -> None:
    receiver.default = Reply(is_reset=True)
    request = StreamRequest(url=f"{receiver.url}/in-the-path?q=in-the-query", headers=(("x-a", "in-the-header"),))

    _, failure = await failure_of(client, request)

    told = "".join(traceback.format_exception(failure)) + repr(request)
    assert not any(secret in told for secret in ("in-the-path", "in-the-query", "in-the-header"))
