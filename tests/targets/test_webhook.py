"""What a webhook looks like on the wire, judged by other people's libraries."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks.webhooks
import time_machine
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from cloudevents.core.formats.json import JSONFormat

from posthouse.model.bindings import BodyFormat, Shape
from posthouse.model.deliveries import OutcomeKind
from posthouse.targets.standard_webhooks import new_secret, signing_key, verify
from tests.receiver import Received, Receiver
from tests.targets.cases import SIGNING_SECRET, House, make_event, make_parcel, set_up


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as running:
        yield running


async def send(receiver: Receiver, home: Path, settings: dict[str, Any], *, shape: Shape | None = None) -> Received:
    """Deliver one parcel with these settings; what the receiver got."""
    house = await set_up("webhook", {"url": receiver.url} | settings, home)
    delivered = await house.kind.deliver(house.context(), make_parcel(shape=shape))
    await house.outbound.close()
    assert delivered.outcomes[0].kind is OutcomeKind.DELIVERED
    return receiver.requests[-1]


def verify_elsewhere(secret: str, received: Received) -> None:
    """The library of the specification's authors raises where the signature does not hold when it was made."""
    with time_machine.travel(int(received.headers["webhook-timestamp"]), tick=False):
        standardwebhooks.webhooks.Webhook(secret).verify(received.body, received.headers)


async def test_signature_is_verified_by_the_specifications_own_library(receiver: Receiver, home: Path) -> None:
    received = await send(receiver, home, {"signing": {"secret": SIGNING_SECRET}})

    verify_elsewhere(SIGNING_SECRET, received)
    with pytest.raises(standardwebhooks.webhooks.WebhookVerificationError):
        verify_elsewhere(new_secret(), received)


async def test_both_secrets_sign_while_one_replaces_the_other(receiver: Receiver, home: Path) -> None:
    old, new = new_secret(), new_secret()

    received = await send(receiver, home, {"signing": {"secret": new, "previous": old}})

    verify_elsewhere(new, received)
    verify_elsewhere(old, received)
    assert len(received.headers["webhook-signature"].split(" ")) == 2


async def test_every_attempt_is_signed_afresh_under_the_same_id(receiver: Receiver, home: Path) -> None:
    house = await set_up("webhook", {"url": receiver.url, "signing": {"secret": SIGNING_SECRET}}, home)
    await house.kind.deliver(house.context(), make_parcel())
    house.clock.advance(3_600)
    await house.kind.deliver(house.context(), make_parcel())
    await house.outbound.close()

    first, second = receiver.requests
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 3_600
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == make_parcel().id
    for received in receiver.requests:
        verify_elsewhere(SIGNING_SECRET, received)


async def test_unsigned_request_carries_its_id_and_no_signature(receiver: Receiver, home: Path) -> None:
    received = await send(receiver, home, {})

    assert received.headers["webhook-id"] == make_parcel().id
    assert "webhook-signature" not in received.headers
    assert "authorization" not in received.headers
    assert received.headers["user-agent"].startswith("Posthouse/")


async def test_body_is_a_cloud_event_that_another_library_reads(receiver: Receiver, home: Path) -> None:
    received = await send(receiver, home, {})

    event = from_structured_event(HTTPMessage(received.headers, received.body), JSONFormat())
    assert event.get_specversion() == "1.0"
    assert event.get_id() == make_event().id
    assert event.get_source() == "/posthouse/desk/claude-sessions"
    assert event.get_type() == "agent.turn-completed"
    assert event.get_subject() == "posthouse"
    assert event.get_data() == {"turns": 3}
    assert event.get_extension("severity") == "success"
    assert json.loads(received.body)["time"] == "2025-12-31T23:59:58.500Z"
    assert received.headers["content-type"] == "application/cloudevents+json"


async def test_raw_body_is_the_data_alone_byte_for_byte(receiver: Receiver, home: Path) -> None:
    received = await send(receiver, home, {}, shape=Shape(format=BodyFormat.RAW))

    assert received.body == b'{"turns": 3}'
    assert received.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("body_format", "content_type"),
    [(BodyFormat.CLOUDEVENTS, "application/cloudevents-batch+json"), (BodyFormat.RAW, "application/json")],
)
async def test_several_events_are_one_array(
    receiver: Receiver, home: Path, body_format: BodyFormat, content_type: str
) -> None:
    house = await set_up("webhook", {"url": receiver.url}, home)
    parcel = make_parcel(make_event(type="first"), make_event(type="second"), shape=Shape(format=body_format))

    await house.kind.deliver(house.context(), parcel)
    await house.outbound.close()

    (received,) = receiver.requests
    assert len(json.loads(received.body)) == 2
    assert received.headers["content-type"] == content_type


@pytest.mark.parametrize(
    ("auth", "name", "expected"),
    [
        ({"kind": "bearer", "token": "tok-123456"}, "authorization", "Bearer tok-123456"),
        ({"kind": "header", "name": "X-Api-Key", "value": "key-123456"}, "x-api-key", "key-123456"),
        ({"kind": "header", "name": "Authorization", "value": "Token abcdef"}, "authorization", "Token abcdef"),
    ],
)
async def test_credentials_travel_in_their_header_and_are_hidden_in_the_record(
    receiver: Receiver, home: Path, auth: dict[str, str], name: str, expected: str
) -> None:
    house = await set_up("webhook", {"url": receiver.url, "auth": auth}, home)

    delivered = await house.kind.deliver(house.context(), make_parcel())
    await house.outbound.close()

    assert receiver.requests[0].headers[name] == expected
    assert delivered.request is not None
    assert dict(delivered.request.headers)[name] == "[hidden]"


async def test_basic_credentials_are_encoded_in_utf_8(receiver: Receiver, home: Path) -> None:
    auth = {"kind": "basic", "username": "jörg", "password": "p:ässword"}

    received = await send(receiver, home, {"auth": auth})

    scheme, _, pair = received.headers["authorization"].partition(" ")
    assert (scheme, b64decode(pair).decode()) == ("Basic", "jörg:p:ässword")


async def test_headers_of_the_binding_stand_over_those_of_the_target(receiver: Receiver, home: Path) -> None:
    settings = {"headers": {"X-Team": "blue", "X-Stage": "live"}}

    received = await send(receiver, home, settings, shape=Shape(headers={"x-team": "red"}))

    assert (received.headers["x-team"], received.headers["x-stage"]) == ("red", "live")


async def test_headers_of_the_binding_never_replace_the_credentials(receiver: Receiver, home: Path) -> None:
    auth = {"kind": "header", "name": "x-api-key", "value": "key-123456"}

    received = await send(receiver, home, {"auth": auth}, shape=Shape(headers={"X-Api-Key": "other"}))

    assert received.headers["x-api-key"] == "key-123456"


@pytest.mark.parametrize("headers", [{"Webhook-Id": "other"}, {"content-length": "1"}, {"x": "a\r\ny: b"}])
async def test_binding_with_headers_that_cannot_be_sent_is_rejected_unsent(
    receiver: Receiver, home: Path, headers: dict[str, str]
) -> None:
    house = await set_up("webhook", {"url": receiver.url}, home)

    delivered = await house.kind.deliver(house.context(), make_parcel(shape=Shape(headers=headers)))

    assert (delivered.outcomes[0].kind, delivered.outcomes[0].code) == (OutcomeKind.REJECTED, "render")
    assert delivered.request is None
    assert receiver.requests == []


async def test_query_of_the_url_is_sent_but_not_shown(receiver: Receiver, home: Path) -> None:
    house = await set_up("webhook", {"url": f"{receiver.url}?token=abc&x=1&bare"}, home)

    delivered = await house.kind.deliver(house.context(), make_parcel())
    await house.outbound.close()

    assert receiver.requests[0].path == "/hook?token=abc&x=1&bare"
    assert delivered.request is not None
    assert delivered.request.url == f"{receiver.url}?token=[hidden]&x=[hidden]&[hidden]"


async def test_check_posts_a_signed_event_of_its_own(receiver: Receiver, home: Path) -> None:
    settings = {"url": receiver.url, "signing": {"secret": SIGNING_SECRET}}
    house: House = await set_up("webhook", settings, home)

    result = await house.kind.check(house.context())
    await house.outbound.close()

    (received,) = receiver.requests
    assert result.is_ok
    assert verify([signing_key(SIGNING_SECRET)], received.headers, received.body, now_s=house.clock.now() // 1000)
    event = from_structured_event(HTTPMessage(received.headers, received.body), JSONFormat())
    assert event.get_type() == "posthouse.check"
    assert event.get_data() == {"version": 1, "target": "hooks"}


async def test_edited_url_applies_at_once(receiver: Receiver, home: Path) -> None:
    async with Receiver() as other:
        house = await set_up("webhook", {"url": receiver.url}, home)
        await house.kind.deliver(house.context(), make_parcel())
        moved = await set_up("webhook", {"url": other.url}, home, outbound=house.outbound)

        await moved.kind.deliver(moved.context(), make_parcel())
        await house.outbound.close()

        assert (len(receiver.requests), len(other.requests)) == (1, 1)
