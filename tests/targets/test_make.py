"""Make: which webhooks are found, where their addresses are kept, and what its answers mean."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from posthouse.model.deliveries import Outcome, OutcomeKind
from posthouse.model.errors import BadInput
from posthouse.system.http_client import HttpClient
from posthouse.targets.base import EndpointsUnknown, target_kind
from posthouse.targets.make import pasted_address
from tests.receiver import Receiver, Reply
from tests.servers.make import MakeServer, hook
from tests.targets.cases import TOKEN, House, Rerouted, make_event, make_parcel, set_up

ORIGINS = ("https://eu1.make.com", "https://hook.eu1.make.com", "https://hook.integromat.com")
PASTED = "https://hook.eu1.make.com/u11secret"


@pytest.fixture(autouse=True)
def fresh_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("posthouse.targets.base._loaded", {})


@pytest.fixture
def server() -> MakeServer:
    return MakeServer(token=TOKEN, hooks=[hook(11, "u11secret", scenarioName="Invoices")])


@pytest.fixture
async def receiver(server: MakeServer) -> AsyncIterator[Receiver]:
    async with Receiver() as running:
        running.default = server.answer
        yield running


@pytest.fixture
async def house(receiver: Receiver, home: Path) -> AsyncIterator[House]:
    made = await at(receiver, home)
    yield made
    await made.outbound.close()


async def at(receiver: Receiver, home: Path, **settings: Any) -> House:
    connect = {"kind": "account", "zone": "eu1", "token": TOKEN}
    outbound = Rerouted(HttpClient(), ORIGINS, receiver)
    return await set_up("make", {"connect": connect} | settings, home, outbound=outbound)


async def found(house: House) -> dict[str, dict[str, Any]]:
    return {one.name: msgspec.json.decode(one.settings) for one in await house.kind.endpoints(house.context())}


async def deliver(house: House, number: int = 11) -> Outcome:
    (outcome,) = (await house.kind.deliver(house.context(), make_parcel(endpoint={"hook": number}))).outcomes
    return outcome


def asked(receiver: Receiver) -> list[str]:
    return [one.path for one in receiver.requests if one.path.startswith("/api/")]


async def test_custom_webhooks_of_all_teams_are_found_by_name(house: House, server: MakeServer) -> None:
    server.organizations.append({"id": 2, "name": "far", "zone": "us1.make.com"})
    server.teams += [
        {"id": 8, "name": "Ops", "organizationId": 1},
        {"id": 9, "name": "Far", "organizationId": 2},
    ]
    server.hooks += [
        hook(12, "u12", team=8),
        hook(13, "u13", team=9),
        hook(14, "u14", typeName="gateway-mailhook"),
        hook(15, "u15", gone=True),
    ]

    endpoints = await found(house)

    assert endpoints == {
        "hook 11 (My Team)": {"hook": 11, "scenario": "Invoices"},
        "hook 12 (Ops)": {"hook": 12},
    }


async def test_every_page_of_webhooks_is_read(house: House, server: MakeServer) -> None:
    server.hooks = [hook(number, f"u{number}") for number in range(1, 251)]

    assert len(await found(house)) == 250


async def test_an_address_is_asked_for_once_and_is_kept_nowhere(
    house: House, server: MakeServer, receiver: Receiver
) -> None:
    endpoints = await found(house)
    before = len(asked(receiver))

    outcomes = [await deliver(house) for _ in range(3)]

    assert {one.kind for one in outcomes} == {OutcomeKind.DELIVERED}
    assert asked(receiver)[before:] == ["/api/v2/hooks/11"]
    assert "u11secret" not in f"{endpoints}{bytes(house.target.settings)!r}{outcomes}"
    assert [name for name, _ in server.queue] == ["hook 11"] * 3
    assert server.queue[0][1]["data"] == {"turns": 3}


async def test_several_items_are_one_array(house: House, server: MakeServer) -> None:
    parcel = make_parcel(make_event(), make_event(), endpoint={"hook": 11})

    delivered = await house.kind.deliver(house.context(), parcel)

    assert [one.kind for one in delivered.outcomes] == [OutcomeKind.DELIVERED] * 2
    assert len(server.queue[0][1]) == 2


async def test_a_webhook_that_moved_is_asked_for_again(house: House, server: MakeServer) -> None:
    await deliver(house)
    server.hooks = [hook(11, "moved")]

    first, second = await deliver(house), await deliver(house)

    assert (first.kind, first.code) == (OutcomeKind.GONE, "http_410")
    assert second.kind is OutcomeKind.DELIVERED


async def test_a_webhook_that_the_account_no_longer_has_waits_for_a_person(house: House) -> None:
    outcome = await deliver(house, 99)

    assert (outcome.kind, outcome.code) == (OutcomeKind.GONE, "make_gone")


async def test_a_full_queue_is_waited_for(house: House, server: MakeServer) -> None:
    server.is_full = True

    outcome = await deliver(house)

    assert (outcome.kind, outcome.code, outcome.status_code) == (OutcomeKind.RATE_LIMITED, "make_queue_full", 400)


@pytest.mark.parametrize("url", ["https://evil.example/u11secret", "http://hook.eu1.make.com/u11secret"])
async def test_an_address_that_is_none_of_make_is_not_sent_to(
    house: House, server: MakeServer, receiver: Receiver, url: str
) -> None:
    server.hooks[0]["url"] = url

    outcome = await deliver(house)

    assert (outcome.kind, outcome.code) == (OutcomeKind.REJECTED, "make_other")
    assert [one.method for one in receiver.requests] == ["GET"]


async def test_an_old_address_is_sent_to(house: House, server: MakeServer) -> None:
    server.hooks[0]["url"] = "https://hook.integromat.com/u11secret"

    assert (await deliver(house)).kind is OutcomeKind.DELIVERED


async def test_a_webhook_without_an_address_has_it_by_its_id(house: House, server: MakeServer) -> None:
    del server.hooks[0]["url"]

    assert (await deliver(house)).kind is OutcomeKind.DELIVERED


async def test_a_wrong_token_is_found(receiver: Receiver, home: Path) -> None:
    house = await at(receiver, home, connect={"kind": "account", "zone": "eu1.make.com", "token": "wrong-token"})

    checked = await house.kind.check(house.context())
    with pytest.raises(EndpointsUnknown) as caught:
        await found(house)
    outcome = await deliver(house)
    await house.outbound.close()

    kinds = {checked.outcome.kind, caught.value.outcome.kind, outcome.kind}
    assert kinds == {OutcomeKind.AUTH}


async def test_something_else_at_the_zone_is_found_out(house: House, receiver: Receiver) -> None:
    receiver.default = Reply(body=b"<html>Sign in</html>")

    checked = await house.kind.check(house.context())

    assert (checked.outcome.kind, checked.outcome.code) == (OutcomeKind.REJECTED, "make_other")


async def test_a_pasted_address_needs_no_account(receiver: Receiver, server: MakeServer, home: Path) -> None:
    house = await at(receiver, home, connect={"kind": "url", "url": PASTED})

    endpoints = await found(house)
    checked = await house.kind.check(house.context())
    delivered = await house.kind.deliver(house.context(), make_parcel(endpoint=endpoints["default"]))
    seen = await house.kind.preview(house.context(), make_parcel(endpoint=endpoints["default"]))
    await house.outbound.close()

    assert checked.is_ok
    assert delivered.request == seen
    assert seen.url == "https://hook.eu1.make.com/[hidden]"
    assert "u11secret" not in f"{checked}{delivered}{bytes(house.target.settings)!r}"
    assert [body["type"] for _, body in server.queue] == ["posthouse.check", "agent.turn-completed"]
    assert asked(receiver) == []


async def test_the_key_of_the_webhooks_goes_along_unseen(receiver: Receiver, server: MakeServer, home: Path) -> None:
    server.key = "hook-key-1"
    house = await at(receiver, home, key="hook-key-1")

    delivered = await house.kind.deliver(house.context(), make_parcel(endpoint={"hook": 11}))
    await house.outbound.close()

    assert delivered.outcomes[0].kind is OutcomeKind.DELIVERED
    assert delivered.request is not None
    assert ("x-make-apikey", "[hidden]") in delivered.request.headers


@pytest.mark.parametrize(
    ("zone", "kept"),
    [
        ("eu1", "eu1.make.com"),
        (" US2.make.com/ ", "us2.make.com"),
        ("https://eu1.make.celonis.com", "eu1.make.celonis.com"),
    ],
)
def test_a_zone_is_kept_as_its_host(zone: str, kept: str) -> None:
    connect = {"kind": "account", "zone": zone, "token": {"secret": "s"}}

    assert json.loads(bytes(target_kind("make").parse({"connect": connect})))["connect"]["zone"] == kept


@pytest.mark.parametrize("zone", ["", "make", "eu1.make.com/path", "a@b.com", "eu1.make.com:8080", "169.254.169.254"])
def test_what_is_no_zone_is_refused(zone: str) -> None:
    with pytest.raises(BadInput):
        target_kind("make").parse({"connect": {"kind": "account", "zone": zone, "token": {"secret": "s"}}})


@pytest.mark.parametrize(
    "text",
    [
        "https://hook.eu1.make.com/abc123",
        "https://hook.us2.make.com/abc123",
        "https://hook.eu1.make.celonis.com/abc123",
        "https://hook.integromat.com/abc123",
    ],
)
def test_an_address_of_make_is_taken(text: str) -> None:
    assert pasted_address(text).url == text


@pytest.mark.parametrize(
    "text",
    [
        "http://hook.eu1.make.com/secretpart",
        "https://hook.eu1.make.com:444/secretpart",
        "https://hook.eu1.make.com.evil.example/secretpart",
        "https://hookxeu1.make.com/secretpart",
        "https://eu1.make.com/secretpart",
        "https://hook.a.b.make.com/secretpart",
        "https://hook.eu1.make.com@evil.example/secretpart",
        "https://hook.eu1.make.com/a/secretpart",
    ],
)
def test_an_address_that_is_none_of_make_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"Make|URL|address") as caught:
        pasted_address(text)

    assert "secretpart" not in str(caught.value)


def test_what_is_shown_of_an_address_ends_before_its_secret() -> None:
    address = pasted_address("https://hook.eu1.make.com/abc123xyz")

    assert address.shown == "https://hook.eu1.make.com/[hidden]"
    assert "abc123xyz" not in repr(address)
    assert "abc123xyz" in address.hidden
