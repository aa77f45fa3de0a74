"""n8n: which webhooks are found, and what its answers mean."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from posthouse.model.deliveries import OutcomeKind
from posthouse.model.errors import BadInput
from posthouse.targets import n8n
from posthouse.targets.base import Delivered, EndpointsUnknown, target_kind
from tests.receiver import Receiver, Reply
from tests.servers.n8n import N8nServer, basic, webhook, workflow
from tests.targets.cases import House, make_event, make_parcel, set_up

KEY = "n8n_api_1f2e3d4c"


@pytest.fixture
def server() -> N8nServer:
    return N8nServer(key=KEY, workflows=[workflow("Orders", webhook())])


@pytest.fixture
async def receiver(server: N8nServer) -> AsyncIterator[Receiver]:
    async with Receiver() as running:
        running.default = server.answer
        yield running


@pytest.fixture
async def house(receiver: Receiver, home: Path) -> AsyncIterator[House]:
    made = await at(receiver, home)
    yield made
    await made.outbound.close()


async def at(receiver: Receiver, home: Path, **settings: Any) -> House:
    url = f"http://127.0.0.1:{receiver.port}/"
    return await set_up("n8n", {"url": url, "key": KEY} | settings, home)


async def found(house: House) -> dict[str, dict[str, Any]]:
    """The endpoints that n8n offers, by name."""
    return {one.name: msgspec.json.decode(one.settings) for one in await house.kind.endpoints(house.context())}


async def deliver(house: House, endpoint: dict[str, Any], *, count: int = 1) -> Delivered:
    parcel = make_parcel(*[make_event() for _ in range(count)], endpoint=endpoint)
    return await house.kind.deliver(house.context(), parcel)


async def test_webhooks_of_active_workflows_are_found_and_start_them(
    house: House, server: N8nServer, receiver: Receiver
) -> None:
    server.workflows.append(workflow("Idle", webhook(path="idle"), active=False))

    endpoints = await found(house)
    (name,) = endpoints
    delivered = await deliver(house, endpoints[name])

    assert name == "Orders: Webhook"
    assert endpoints[name] == {
        "url": f"http://127.0.0.1:{receiver.port}/webhook/orders",
        "method": "POST",
        "auth": "none",
        "workflow": "Orders",
        "node": "Webhook",
    }
    assert delivered.outcomes[0].kind is OutcomeKind.DELIVERED
    ((started, body),) = server.started
    # n8n parses application/json and nothing like it: with any other type its node would see an empty body.
    assert (started, body["data"]) == ("Orders", {"turns": 3})


async def test_every_page_of_workflows_is_read(
    house: House, server: N8nServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(n8n, "PAGE_SIZE", 3)
    server.workflows = [workflow(f"w{number}", webhook(path=f"p{number}")) for number in range(10)]

    assert len(await found(house)) == 10
    assert server.sizes_asked == [3, 3, 3, 3]


async def test_a_page_that_is_too_long_is_asked_for_in_smaller_pieces(
    house: House, server: N8nServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(n8n, "PAGE_BYTES_MAX", 4_000)
    server.workflows = [workflow(f"w{number}", webhook(path=f"p{number}", notes="x" * 300)) for number in range(12)]

    assert len(await found(house)) == 12
    assert server.sizes_asked[:3] == [250, 50, 10]


async def test_one_workflow_that_is_too_long_is_said_to_be(
    house: House, server: N8nServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(n8n, "PAGE_BYTES_MAX", 100)

    with pytest.raises(EndpointsUnknown) as caught:
        await found(house)

    assert caught.value.outcome.code == "n8n_long"
    assert server.sizes_asked[-1] == 1


async def test_only_what_can_be_posted_to_as_it_stands_is_offered(house: House, server: N8nServer) -> None:
    server.workflows = [
        workflow(
            "Many",
            webhook("get", httpMethod="GET"),
            webhook("default", path="d") | {"parameters": {"path": "d"}},
            webhook("several", httpMethod=["GET", "PUT", "POST"], path="/several/"),
            webhook("put", httpMethod="PUT", path="put me"),
            webhook("off", path="off") | {"disabled": True},
            webhook("computed", path="={{ 1 }}"),
            webhook("filled", path="users/:id"),
            webhook("up", path="../../api/v1"),
            webhook("odd", path=7),
            webhook("empty", path=""),
            {"id": "f", "name": "form", "type": "n8n-nodes-base.formTrigger", "parameters": {"path": "form"}},
        ),
        workflow("Old", webhook("Mein Knoten")),
        workflow("Archived", webhook(path="a"), isArchived=True),
    ]
    del server.workflows[1]["nodes"][0]["webhookId"]

    offered = {
        name: (one["method"], one["url"].partition("/webhook/")[2]) for name, one in (await found(house)).items()
    }

    assert offered == {
        "Many: several": ("POST", "several"),
        "Many: put": ("PUT", "put%20me"),
        "Many: empty": ("POST", "7f3d"),
        "Old: Mein Knoten": ("POST", "wOld/mein%2520knoten/orders"),
    }


async def test_what_is_published_counts_and_not_what_is_being_edited(house: House, server: N8nServer) -> None:
    server.workflows = [
        workflow("Orders", webhook("draft", path="draft"), activeVersion={"nodes": [webhook("live", path="live")]})
    ]

    assert list(await found(house)) == ["Orders: live"]


async def test_an_inactive_workflow_is_told_apart_and_its_deliveries_wait(house: House, server: N8nServer) -> None:
    (endpoint,) = (await found(house)).values()
    server.workflows[0]["active"] = False

    delivered = await deliver(house, endpoint, count=2)

    assert [(one.kind, one.code, one.status_code) for one in delivered.outcomes] == [
        (OutcomeKind.TRANSIENT, "n8n_inactive", 404)
    ] * 2
    server.workflows[0]["active"] = True
    assert (await deliver(house, endpoint)).outcomes[0].kind is OutcomeKind.DELIVERED


async def test_another_method_is_told_apart(house: House, server: N8nServer) -> None:
    (endpoint,) = (await found(house)).values()
    server.workflows[0]["nodes"][0]["parameters"]["httpMethod"] = "GET"

    (outcome,) = (await deliver(house, endpoint)).outcomes

    assert (outcome.kind, outcome.code) == (OutcomeKind.REJECTED, "n8n_method")


async def test_a_404_of_something_else_is_only_that(house: House, receiver: Receiver) -> None:
    (outcome,) = (await deliver(house, {"url": f"http://127.0.0.1:{receiver.port}/elsewhere"})).outcomes

    assert (outcome.kind, outcome.code) == (OutcomeKind.REJECTED, "http_404")


@pytest.mark.parametrize(
    ("auth", "credentials"),
    [
        ({"kind": "header", "name": "X-Api-Key", "value": "abc-123"}, ("x-api-key", "abc-123")),
        ({"kind": "basic", "username": "ann", "password": "pa ss"}, basic("ann", "pa ss")),
        ({"kind": "bearer", "token": "ey.J.x"}, ("authorization", "Bearer ey.J.x")),
    ],
)
async def test_credentials_of_the_nodes_are_sent_where_they_are_asked_for_and_nowhere_else(
    receiver: Receiver, server: N8nServer, home: Path, auth: dict[str, Any], credentials: tuple[str, str]
) -> None:
    server.credentials = credentials
    server.workflows = [
        workflow("Closed", webhook(path="closed", authentication="headerAuth")),
        workflow("Open", webhook(path="open")),
    ]
    house = await at(receiver, home, auth=auth)
    endpoints = await found(house)

    for endpoint in endpoints.values():
        assert (await deliver(house, endpoint)).outcomes[0].kind is OutcomeKind.DELIVERED
    await house.outbound.close()

    closed, opened = receiver.requests[-2:]
    assert closed.headers[credentials[0]] == credentials[1]
    assert credentials[0] not in opened.headers


async def test_wrong_credentials_of_a_node_wait_for_a_person_though_the_key_is_good(
    house: House, server: N8nServer
) -> None:
    server.workflows = [workflow("Closed", webhook(authentication="basicAuth"))]
    server.credentials = basic("ann", "secret")
    (endpoint,) = (await found(house)).values()

    (outcome,) = (await deliver(house, endpoint)).outcomes

    assert (outcome.kind, outcome.code, outcome.status_code) == (OutcomeKind.GONE, "n8n_auth", 401)
    assert (await house.kind.check(house.context())).is_ok


async def test_a_check_starts_nothing(house: House, server: N8nServer) -> None:
    assert (await house.kind.check(house.context())).is_ok
    assert server.started == []


async def test_a_wrong_key_is_found(receiver: Receiver, home: Path) -> None:
    house = await at(receiver, home, key="n8n_api_wrong")

    checked = await house.kind.check(house.context())
    with pytest.raises(EndpointsUnknown) as caught:
        await found(house)
    await house.outbound.close()

    assert checked.outcome.kind is caught.value.outcome.kind is OutcomeKind.AUTH


@pytest.mark.parametrize(("is_active", "is_ok"), [(True, True), (False, False)])
async def test_where_the_key_is_gone_a_registered_webhook_is_enough(
    receiver: Receiver, server: N8nServer, home: Path, is_active: bool, is_ok: bool
) -> None:
    house = await at(receiver, home, key="n8n_api_revoked")
    server.workflows = [workflow("Orders", webhook(), active=is_active)]
    url = f"http://127.0.0.1:{receiver.port}/webhook/orders"
    saved = make_parcel(endpoint={"url": url, "method": "POST"}).endpoint

    checked = await house.kind.check(msgspec.structs.replace(house.context(), endpoints=(saved,)))
    await house.outbound.close()

    assert checked.is_ok is is_ok
    assert is_ok or checked.outcome.kind is OutcomeKind.AUTH
    assert server.started == []


async def test_without_a_key_its_health_is_asked_for_and_webhooks_are_entered(
    receiver: Receiver, server: N8nServer, home: Path
) -> None:
    house = await at(receiver, home, key=None)
    url = f"http://127.0.0.1:{receiver.port}/webhook/orders"
    endpoint = json.loads(bytes(house.kind.parse_endpoint({"url": url, "method": "POST"})))

    assert (await house.kind.check(house.context())).is_ok
    assert await found(house) == {}
    assert (await deliver(house, endpoint)).outcomes[0].kind is OutcomeKind.DELIVERED
    await house.outbound.close()
    assert len(server.started) == 1


@pytest.mark.parametrize("key", [KEY, None])
async def test_something_else_at_the_address_is_found_out(receiver: Receiver, home: Path, key: str | None) -> None:
    receiver.default = Reply(body=b"<html>Welcome</html>")
    house = await at(receiver, home, key=key)

    checked = await house.kind.check(house.context())
    await house.outbound.close()

    assert (checked.outcome.kind, checked.outcome.code) == (OutcomeKind.REJECTED, "n8n_other")


async def test_an_api_that_is_switched_off_is_told_as_such(receiver: Receiver, home: Path) -> None:
    receiver.default = Reply(status=404, body=b"<pre>Cannot GET</pre>")
    house = await at(receiver, home)

    checked = await house.kind.check(house.context())
    await house.outbound.close()

    assert checked.outcome.code == "n8n_api"


async def test_webhooks_elsewhere_are_found_there(receiver: Receiver, home: Path) -> None:
    house = await at(receiver, home, webhooks="https://hooks.example.com/w/")

    (endpoint,) = (await found(house)).values()
    await house.outbound.close()

    assert endpoint["url"] == "https://hooks.example.com/w/orders"


@pytest.mark.parametrize(
    ("settings", "field", "said"),
    [
        ({"url": "https://n8n.example.com/webhook-test/abc"}, "url", "test URL"),
        ({"url": "https://n8n.example.com/webhook/abc"}, "url", "one webhook"),
        ({"url": "https://n8n.example.com/?a=b"}, "url", "query"),
        ({"url": "https://n8n.example.com", "webhooks": "https://a.example/webhook-test"}, "webhooks", "test URL"),
        ({"url": "https://n8n.example.com", "auth": {"kind": "header", "name": "host", "value": {"secret": "s"}}},
         "auth.name", "Posthouse itself"),
        ({}, None, "url"),
    ],
)  # fmt: skip
def test_bad_settings_are_refused_with_their_field(settings: dict[str, Any], field: str | None, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        target_kind("n8n").parse(settings)

    assert caught.value.field == field
    assert said in caught.value.message


@pytest.mark.parametrize("path", ["webhook-test/abc", "form-test/abc"])
def test_a_test_url_is_no_endpoint(path: str) -> None:
    with pytest.raises(BadInput, match="production URL"):
        target_kind("n8n").parse_endpoint({"url": f"https://n8n.example.com/{path}"})
