"""The HTTP client against a real receiver on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import traceback
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest

from posthouse.system.http_client import HttpClient
from posthouse.system.network import has_route
from posthouse.system.outbound import ExchangeFailed, Request, Response
from tests.receiver import (
    Received,
    Receiver,
    Reply,
    garbage,
    hang,
    hang_after_headers,
    make_certificate,
    slow_body,
)

SHORT_S = 0.3


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    made = HttpClient()
    yield made
    await made.close()


def post(url: str, *, headers: tuple[tuple[str, str], ...] = (), deadline_s: float = 20.0, limit: int = 100) -> Request:
    return Request(method="POST", url=url, headers=headers, body=b"{}", deadline_s=deadline_s, response_bytes_max=limit)


async def failure_of(client: HttpClient, request: Request) -> ExchangeFailed:
    with pytest.raises(ExchangeFailed) as caught:
        await client.send(request)
    return caught.value


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_request_arrives_as_it_was_given_and_its_answer_comes_back(
    client: HttpClient, receiver: Receiver
) -> None:
    receiver.reply(Reply(status=201, headers={"X-Made": "Yes"}, body=b"made"))

    response = await client.send(post(receiver.url + "?a=%2F&b=+", headers=(("x-a", "1"), ("user-agent", "me"))))

    assert response == Response(
        status=201,
        headers={"content-type": "text/plain", "content-length": "4", "x-made": "Yes"},
        body=b"made",
        is_cut=False,
    )
    (received,) = receiver.requests
    assert (received.method, received.path, received.body) == ("POST", "/hook?a=%2F&b=+", b"{}")
    assert received.headers["x-a"] == "1"
    assert received.headers["user-agent"] == "me"
    assert received.headers["accept-encoding"] == "identity"
    assert "cookie" not in received.headers


@pytest.mark.parametrize("size", [0, 1, 262_144, 262_145, 3_000_000])
async def test_body_of_any_size_arrives_whole(client: HttpClient, receiver: Receiver, size: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)

    await client.send(Request(method="POST", url=receiver.url, body=body[:size], deadline_s=20))

    (received,) = receiver.requests
    assert received.body == body[:size]
    assert received.headers["content-length"] == str(size)
    assert "transfer-encoding" not in received.headers


async def test_large_body_is_sent_again_whole_when_a_kept_connection_dies(
    client: HttpClient, receiver: Receiver
) -> None:
    receiver.reply(Reply(), Reply(is_closed=True))
    request = Request(method="POST", url=receiver.url, body=b"x" * 1_000_000, deadline_s=20)

    await client.send(request)
    await client.send(request)

    assert [len(received.body) for received in receiver.requests] == [1_000_000] * 3


async def test_answer_that_comes_before_the_whole_body_is_taken(client: HttpClient) -> None:
    done = asyncio.Event()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        # Reading on keeps the answer from being lost to a reset, as a careful server does.
        with contextlib.suppress(ConnectionError):
            while await reader.read(65_536):
                pass
            writer.close()
            await writer.wait_closed()
        done.set()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        request = Request(method="POST", url=f"http://127.0.0.1:{port}/", body=b"x" * 5_000_000, deadline_s=20)

        assert (await client.send(request)).status == 413
        await client.close()
        await asyncio.wait_for(done.wait(), 20)


async def test_connection_is_kept_and_used_again(client: HttpClient, receiver: Receiver) -> None:
    for _ in range(3):
        await client.send(post(receiver.url))

    assert receiver.connections_made == 1


async def test_redirect_is_not_followed(client: HttpClient, receiver: Receiver) -> None:
    receiver.reply(Reply(status=302, headers={"location": receiver.url}))

    response = await client.send(post(receiver.url))

    assert response.status == 302
    assert len(receiver.requests) == 1


async def test_cookie_is_not_kept(client: HttpClient, receiver: Receiver) -> None:
    receiver.reply(Reply(headers={"set-cookie": "a=1; Path=/"}))

    await client.send(post(receiver.url))
    await client.send(post(receiver.url))

    assert "cookie" not in receiver.requests[1].headers


async def test_compressed_answer_is_left_as_it_is(client: HttpClient, receiver: Receiver) -> None:
    receiver.reply(Reply(headers={"content-encoding": "gzip"}, body=b"not gzip at all"))

    assert (await client.send(post(receiver.url))).body == b"not gzip at all"


@pytest.mark.parametrize(("size", "is_cut"), [(0, False), (99, False), (100, False), (101, True), (3_000_000, True)])
async def test_answer_is_read_up_to_its_limit(client: HttpClient, receiver: Receiver, size: int, is_cut: bool) -> None:
    receiver.reply(Reply(body=b"x" * size))

    response = await client.send(post(receiver.url, limit=100))
    again = await client.send(post(receiver.url))

    assert (len(response.body), response.is_cut) == (min(size, 100), is_cut)
    assert again.body == b"ok"


async def test_connection_of_an_answer_that_was_not_read_to_its_end_is_closed(
    client: HttpClient, receiver: Receiver
) -> None:
    receiver.reply(Reply(body=b"x" * 3_000_000))

    await client.send(post(receiver.url))
    await client.send(post(receiver.url))

    assert receiver.connections_made == 2


@pytest.mark.parametrize("stall", [hang, hang_after_headers, slow_body])
async def test_deadline_bounds_the_whole_exchange(
    client: HttpClient, receiver: Receiver, stall: Callable[[], Reply]
) -> None:
    receiver.reply(stall())

    failure = await failure_of(client, post(receiver.url, deadline_s=SHORT_S))

    assert (failure.code, failure.is_maybe_sent) == ("timeout", True)
    # The connection that hung is not used again.
    assert (await client.send(post(receiver.url))).status == 200
    assert receiver.connections_made == 2


async def test_cancelled_exchange_leaves_no_connection_behind(client: HttpClient, receiver: Receiver) -> None:
    receiver.reply(hang())
    task = asyncio.create_task(client.send(post(receiver.url)))
    await receiver.wait_for(1)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert (await client.send(post(receiver.url))).status == 200
    assert receiver.connections_made == 2


async def test_refused_connection_has_sent_nothing(client: HttpClient) -> None:
    failure = await failure_of(client, post(f"http://127.0.0.1:{free_port()}/hook"))

    assert (failure.code, failure.is_maybe_sent) == ("refused", False)


@pytest.mark.parametrize("reply", [Reply(is_closed=True), Reply(is_reset=True)], ids=["closed", "reset"])
async def test_fresh_connection_that_dies_unanswered_is_reset_and_not_repeated(
    client: HttpClient, receiver: Receiver, reply: Reply
) -> None:
    receiver.reply(reply)

    failure = await failure_of(client, post(receiver.url))

    assert (failure.code, failure.is_maybe_sent) == ("reset", True)
    assert len(receiver.requests) == 1


async def test_kept_connection_that_dies_unanswered_is_replaced_once(client: HttpClient, receiver: Receiver) -> None:
    receiver.reply(Reply(), Reply(is_closed=True), Reply(body=b"second"))

    await client.send(post(receiver.url))
    response = await client.send(post(receiver.url))

    assert response.body == b"second"
    assert [request.connection for request in receiver.requests] == [1, 1, 2]


async def test_what_takes_effect_twice_is_not_sent_again_over_a_fresh_connection(
    client: HttpClient, receiver: Receiver
) -> None:
    receiver.reply(Reply(), Reply(is_closed=True))
    await client.send(post(receiver.url))

    failure = await failure_of(client, msgspec.structs.replace(post(receiver.url), is_repeatable=False))

    assert (failure.code, failure.is_maybe_sent) == ("reset", True)
    assert len(receiver.requests) == 2


async def test_repeat_that_fails_as_well_still_says_that_it_may_have_been_sent(
    client: HttpClient, receiver: Receiver
) -> None:
    def stop_listening(_: Received) -> Reply:
        server = receiver._server
        assert server is not None
        server.close()
        return Reply(is_closed=True)

    await client.send(post(receiver.url))
    receiver.default = stop_listening

    failure = await failure_of(client, post(receiver.url))

    assert (failure.code, failure.is_maybe_sent) == ("refused", True)


async def test_restarted_receiver_is_found_again(client: HttpClient, receiver: Receiver) -> None:
    await client.send(post(receiver.url))
    await receiver.stop()
    assert (await failure_of(client, post(receiver.url))).code == "refused"

    await receiver.start()

    assert (await client.send(post(receiver.url))).status == 200


@pytest.mark.parametrize(
    "reply",
    [
        garbage(),
        Reply(raw=b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", close_after=True),
        Reply(raw=b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", close_after=True),
        Reply(raw=b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\n", close_after=True),
    ],
    ids=["no HTTP", "half a body", "broken chunk", "endless header"],
)
async def test_malformed_answer_is_a_bad_answer(client: HttpClient, receiver: Receiver, reply: Reply) -> None:
    receiver.reply(reply)

    failure = await failure_of(client, post(receiver.url))

    assert (failure.code, failure.is_maybe_sent) == ("bad_answer", True)


async def test_name_that_does_not_exist_is_a_dns_failure(client: HttpClient) -> None:
    failure = await failure_of(client, post("http://no-such-name.invalid/hook"))

    assert (failure.code, failure.is_maybe_sent) == ("dns", False)


async def test_certificate_that_is_not_trusted_is_a_tls_failure(client: HttpClient, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    async with Receiver(tls=certificate.server_context()) as receiver:
        failure = await failure_of(client, post(receiver.url))

        assert (failure.code, failure.is_maybe_sent) == ("tls", False)
        assert "self-signed certificate" in failure.detail
        assert receiver.requests == []


async def test_trusted_certificate_is_accepted(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    client = HttpClient(tls=certificate.client_context())
    async with Receiver(tls=certificate.server_context()) as receiver:
        response = await client.send(post(receiver.url))
        await client.close()

    assert response.status == 200


async def test_plain_receiver_behind_an_https_url_is_a_tls_failure(client: HttpClient, receiver: Receiver) -> None:
    failure = await failure_of(client, post(receiver.url.replace("http://", "https://")))

    assert failure.code == "tls"


@pytest.mark.parametrize("host", ["169.254.169.254", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "0.0.0.0"])
async def test_forbidden_address_is_never_dialled(client: HttpClient, host: str) -> None:
    failure = await failure_of(client, post(f"http://{host}/latest/meta-data"))

    assert (failure.code, failure.is_maybe_sent) == ("blocked_address", False)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_private_address_is_blocked_where_the_policy_says_so(receiver: Receiver, host: str) -> None:
    client = HttpClient(allow_private=False)

    failure = await failure_of(client, post(f"http://{host}:{receiver.port}/hook"))
    await client.close()

    assert failure.code == "blocked_address"
    assert receiver.connections_made == 0


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0x7f.1", "017700000001"])
async def test_legacy_spelling_of_an_address_is_no_way_round(receiver: Receiver, host: str) -> None:
    client = HttpClient(allow_private=False)

    failure = await failure_of(client, post(f"http://{host}:{receiver.port}/hook"))
    await client.close()

    assert failure.code in {"bad_url", "blocked_address", "dns"}
    assert receiver.connections_made == 0


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hook",
        "/hook",
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://",
        "http:///path",
        "http://user:word@127.0.0.1/",
        "http://127.0.0.1/#part",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/a\r\nx: y",
        "http://münchen.example/",
        "http://[::1",
    ],
)
async def test_unusable_url_is_refused_before_anything_is_opened(client: HttpClient, url: str) -> None:
    assert (await failure_of(client, post(url))).code == "bad_url"


@pytest.mark.parametrize(
    ("name", "value"), [("x", "a\r\ny: b"), ("x", "a\0b"), ("x", "ü"), ("x y", "a"), ("", "a"), ("x\r\ny", "a")]
)
async def test_header_cannot_smuggle_another_one(client: HttpClient, receiver: Receiver, name: str, value: str) -> None:
    failure = await failure_of(client, post(receiver.url, headers=((name, value),)))

    assert (failure.code, failure.is_maybe_sent) == ("bad_header", False)
    assert receiver.requests == []


async def test_failure_tells_neither_query_nor_header_nor_path(client: HttpClient, receiver: Receiver) -> None:
    receiver.reply(garbage(), Reply(is_closed=True), hang())
    secret = "s3cr3t-value"
    headers = (("authorization", f"Bearer {secret}"),)
    request = post(f"{receiver.url}/{secret}?token={secret}", headers=headers, deadline_s=SHORT_S)

    failures = [await failure_of(client, request) for _ in range(3)]

    assert [failure.code for failure in failures] == ["bad_answer", "reset", "timeout"]
    for failure in failures:
        assert secret not in "".join(traceback.format_exception(failure))
        assert failure.__context__ is None
    assert secret not in repr(post(f"http://127.0.0.1/?token={secret}", headers=headers))


async def test_closed_client_can_be_used_again(client: HttpClient, receiver: Receiver) -> None:
    await client.send(post(receiver.url))

    await client.close()
    await client.close()

    assert (await client.send(post(receiver.url))).status == 200


async def test_many_exchanges_at_once_each_get_their_own_answer(client: HttpClient, receiver: Receiver) -> None:
    receiver.default = lambda request: Reply(body=request.headers["x-number"].encode())

    answers = await asyncio.gather(
        *[client.send(post(receiver.url, headers=(("x-number", str(number)),))) for number in range(200)]
    )

    assert [answer.body for answer in answers] == [str(number).encode() for number in range(200)]


ALONE = """
import asyncio
from posthouse.system.http_client import HttpClient
from posthouse.system.network import has_route
from posthouse.system.outbound import ExchangeFailed, Request

async def main():
    client = HttpClient()
    try:
        await client.send(Request(method="POST", url="http://203.0.113.1/"))
    except ExchangeFailed as failure:
        print(has_route(), failure.code, failure.is_maybe_sent)
    await client.close()

asyncio.run(main())
"""


def test_machine_without_a_route_knows_it_and_finds_others_unreachable() -> None:
    # A network namespace of its own is a machine that has only itself.
    run = ["unshare", "--map-root-user", "--net", sys.executable, "-c", ALONE]
    try:
        alone = subprocess.run(run, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this system gives no network namespace")

    assert alone.stdout.split() == ["False", "unreachable", "False"]


def test_asking_for_a_route_answers_without_an_error() -> None:
    assert has_route() in {True, False}
