"""Signing in: what a browser brings back, whoever it comes from, and what is kept of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import msgspec
import pytest

from posthouse.model.errors import BadInput, NotFound
from posthouse.system.http_client import HttpClient
from posthouse.system.loopback import CONNECTIONS_MAX, REQUEST_BYTES_MAX, Loopback, Page
from posthouse.targets.base import SignInPlan
from posthouse.targets.sign_in import KEPT_S, PENDING_MAX, SIGN_IN_S, SignIn, SignIns, SignInState
from tests.clock import ManualClock
from tests.receiver import Received, Receiver
from tests.servers.google import CLIENT, CLIENT_SECRET, FILE, GoogleServer


@pytest.fixture
def server() -> GoogleServer:
    return GoogleServer()


@pytest.fixture
async def receiver(server: GoogleServer) -> AsyncIterator[Receiver]:
    async with Receiver() as running:
        running.default = server.answer
        yield running


@pytest.fixture
def plan(receiver: Receiver) -> SignInPlan:
    base = f"http://127.0.0.1:{receiver.port}"
    return SignInPlan(
        auth_url=f"{base}/o/oauth2/v2/auth",
        token_url=f"{base}/token",
        client_id=CLIENT,
        client_secret=CLIENT_SECRET,
        scope=FILE,
        parameters={"access_type": "offline", "prompt": "consent"},
    )


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def sign_ins(clock: ManualClock) -> AsyncIterator[SignIns]:
    outbound = HttpClient()
    made = SignIns(outbound=outbound, clock=clock)
    yield made
    made.close()
    await outbound.close()


async def browse(url: str, **headers: str) -> tuple[int, str]:
    """What a person sees who opens this address, after all redirects."""
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        return response.status, await response.text()


async def back_to(seen: SignIn) -> str:
    """Where the browser is sent back to."""
    return parse_qs(urlsplit(seen.url).query)["redirect_uri"][0]


def entered(seen: SignIn) -> dict[str, Any]:
    return {"auth": {"kind": "oauth", "refresh_token": f"sign-in:{seen.id}"}}


async def test_a_person_signs_in_and_the_target_gets_the_token(
    sign_ins: SignIns, plan: SignInPlan, server: GoogleServer
) -> None:
    begun = await sign_ins.begin(plan)
    with pytest.raises(BadInput) as early:
        sign_ins.enter("google-sheets", entered(begun))

    status, page = await browse(begun.url)

    (token,) = server.refresh_tokens
    assert (status, begun.state, early.value.code) == (200, SignInState.PENDING, "target.sign_in_unfinished")
    assert "You are signed in" in page
    assert sign_ins.look(begun.id).state is SignInState.DONE
    assert sign_ins.enter("google-sheets", entered(begun))["auth"]["refresh_token"] == token
    assert token not in page + repr(sign_ins.look(begun.id))


async def test_only_one_answer_is_taken_and_nobody_listens_after_it(sign_ins: SignIns, plan: SignInPlan) -> None:
    begun = await sign_ins.begin(plan)
    await browse(begun.url)

    with pytest.raises(aiohttp.ClientConnectionError):
        await browse(await back_to(begun))


@pytest.mark.parametrize("query", ["", "?code=4/0&state=wrong", "?code=4/0", "?error=access_denied&state="])
async def test_what_comes_without_the_state_changes_nothing(sign_ins: SignIns, plan: SignInPlan, query: str) -> None:
    begun = await sign_ins.begin(plan)

    status, _ = await browse(await back_to(begun) + query)

    assert (status, sign_ins.look(begun.id).state) == (400, SignInState.PENDING)


async def test_a_page_of_another_name_does_not_get_through(sign_ins: SignIns, plan: SignInPlan) -> None:
    begun = await sign_ins.begin(plan)

    assert (await browse(await back_to(begun), Host="evil.example"))[0] == 400
    assert (await browse(await back_to(begun) + "favicon.ico"))[0] == 404


async def test_who_does_not_allow_it_is_not_signed_in(
    sign_ins: SignIns, plan: SignInPlan, server: GoogleServer
) -> None:
    server.is_denied = True
    begun = await sign_ins.begin(plan)

    _, page = await browse(begun.url)

    seen = sign_ins.look(begun.id)
    assert (seen.state, seen.words) == (SignInState.FAILED, "You did not allow it. Nothing was changed.")
    assert "Not signed in" in page


async def test_a_code_is_worth_nothing_without_its_verifier(
    sign_ins: SignIns, plan: SignInPlan, server: GoogleServer
) -> None:
    begun = await sign_ins.begin(plan)
    state = parse_qs(urlsplit(begun.url).query)["state"][0]
    other = await sign_ins.begin(plan)
    server.answer(_get(other.url))

    _, page = await browse(f"{await back_to(begun)}?state={state}&code=4/0")

    assert sign_ins.look(begun.id).state is SignInState.FAILED
    assert "Invalid code verifier" in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"client_secret": "wrong-secret"}, "OAuth client was not found"),
        ({"parameters": {}}, "no lasting leave"),
        ({"token_url": "http://127.0.0.1:9/token"}, "did not come about"),
    ],
)
async def test_what_the_service_does_not_give_is_told(
    sign_ins: SignIns, plan: SignInPlan, changes: dict[str, Any], words: str
) -> None:
    begun = await sign_ins.begin(msgspec.structs.replace(plan, **changes))

    _, page = await browse(begun.url)

    seen = sign_ins.look(begun.id)
    assert seen.state is SignInState.FAILED
    assert words in seen.words
    assert "wrong-secret" not in page


async def test_leave_that_was_not_ticked_is_asked_for_again(
    sign_ins: SignIns, plan: SignInPlan, server: GoogleServer
) -> None:
    begun = await sign_ins.begin(plan)
    given = server.answer(_get(begun.url)).headers["location"]
    (code,) = server.codes
    server.codes[code] = server.codes[code] | {"scope": "openid"}

    await browse(given)

    assert "was not ticked" in sign_ins.look(begun.id).words


async def test_who_takes_longer_than_five_minutes_begins_again(
    sign_ins: SignIns, plan: SignInPlan, clock: ManualClock
) -> None:
    begun = await sign_ins.begin(plan)
    clock.advance(SIGN_IN_S)

    assert sign_ins.look(begun.id).state is SignInState.FAILED
    with pytest.raises(aiohttp.ClientConnectionError):
        await browse(begun.url)


async def test_what_came_of_it_is_forgotten_after_ten_minutes(
    sign_ins: SignIns, plan: SignInPlan, clock: ManualClock
) -> None:
    begun = await sign_ins.begin(plan)
    await browse(begun.url)
    clock.advance(KEPT_S)

    with pytest.raises(NotFound) as gone:
        sign_ins.enter("google-sheets", entered(begun))
    assert gone.value.code == "target.sign_in_not_found"


async def test_nobody_can_open_listeners_without_end(sign_ins: SignIns, plan: SignInPlan) -> None:
    begun = [await sign_ins.begin(plan) for _ in range(PENDING_MAX + 1)]

    with pytest.raises(NotFound):
        sign_ins.look(begun[0].id)
    assert sign_ins.look(begun[-1].id).state is SignInState.PENDING


@pytest.mark.parametrize("settings", [{}, {"auth": None}, {"auth": {"refresh_token": "a-token-of-its-own"}}])
def test_settings_that_mean_no_sign_in_stay_as_they_are(settings: dict[str, Any]) -> None:
    sign_ins = SignIns(outbound=HttpClient(), clock=ManualClock())

    assert sign_ins.enter("google-sheets", settings) == settings
    assert sign_ins.enter("webhook", {"url": "sign-in:x"}) == {"url": "sign-in:x"}


async def test_the_listener_bears_with_whatever_connects() -> None:
    async def answer(_: dict[str, str]) -> Page:
        return Page(title="<b>", words="a & b")

    listener = Loopback(answer)
    await listener.start()
    idle = [await asyncio.open_connection("127.0.0.1", listener.port) for _ in range(CONNECTIONS_MAX)]
    for _, writer in idle:
        writer.write(b"x" * (REQUEST_BYTES_MAX + 100))
        writer.write_eof()
    for reader, writer in idle:
        await reader.read()
        writer.close()

    status, page = await browse(listener.url)
    listener.close()

    assert status == 200
    assert "&lt;b&gt;" in page
    assert "a &amp; b" in page


def _get(url: str) -> Received:
    """A browser's request to the server itself, as the server sees it."""
    parts = urlsplit(url)
    return Received("GET", f"{parts.path}?{parts.query}", {}, b"", 0.0, 1)
