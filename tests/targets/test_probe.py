"""Probes: the answer is kept as it came, whatever it is, and no health ever hears of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from posthouse.model.deliveries import OutcomeKind
from posthouse.model.errors import BadInput
from posthouse.targets.base import KINDS, target_kind
from tests.receiver import Receiver, Reply
from tests.targets.cases import House, make_event, make_parcel, set_up

SECRET = "sk-4f9d1c7a2b"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as running:
        yield running


async def asking(home: Path, **ask: Any) -> House:
    return await set_up("probe", {"ask": ask}, home)


def test_probes_alone_take_no_part_in_health() -> None:
    assert {name for name in KINDS if not target_kind(name).is_health_relevant} == {"probe"}


@pytest.mark.parametrize("status", [200, 401, 429, 503])
async def test_status_and_words_of_the_answer_are_kept(receiver: Receiver, home: Path, status: int) -> None:
    receiver.reply(Reply(status=status, body=b'{"message": "as upstream says it"}'))
    house = await asking(home, kind="request", url=receiver.url)

    delivered = await house.kind.deliver(house.context(), make_parcel())
    await house.outbound.close()

    (outcome,) = delivered.outcomes
    assert (outcome.status_code, outcome.code) == (status, f"http_{status}")
    assert outcome.excerpt == b'{"message": "as upstream says it"}'


async def test_nothing_of_the_event_is_sent_and_several_are_asked_for_once(receiver: Receiver, home: Path) -> None:
    house = await asking(
        home,
        kind="request",
        method="POST",
        url=receiver.url,
        body='{"max_tokens": 1}',
        headers={"X-Version": "2"},
        secret_headers={"X-Api-Key": SECRET},
    )

    delivered = await house.kind.deliver(house.context(), make_parcel(make_event(), make_event()))
    await house.outbound.close()

    (request,) = receiver.requests
    assert (request.method, request.body) == ("POST", b'{"max_tokens": 1}')
    assert request.headers["content-type"] == "application/json"
    assert (request.headers["x-version"], request.headers["x-api-key"]) == ("2", SECRET)
    assert "agent.turn-completed" not in repr(request)
    assert len(delivered.outcomes) == 2
    assert delivered.request is not None
    assert dict(delivered.request.headers)["x-api-key"] == "[hidden]"


async def test_text_that_is_no_json_is_sent_as_text(receiver: Receiver, home: Path) -> None:
    house = await asking(home, kind="request", method="PUT", url=receiver.url, body="wake up")

    await house.kind.deliver(house.context(), make_parcel())
    await house.outbound.close()

    assert receiver.requests[0].headers["content-type"] == "text/plain; charset=utf-8"


async def test_part_of_a_secret_header_that_comes_back_is_hidden_too(receiver: Receiver, home: Path) -> None:
    receiver.reply(Reply(status=400, body=f"bad token {SECRET}".encode()))
    house = await asking(home, kind="request", url=receiver.url, secret_headers={"Authorization": f"Bearer {SECRET}"})

    delivered = await house.kind.deliver(house.context(), make_parcel())
    await house.outbound.close()

    assert delivered.outcomes[0].excerpt == b"bad token [hidden]"[: len(f"bad token {SECRET}")]


async def test_having_no_network_is_an_answer_that_is_paid_for(
    receiver: Receiver, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Elsewhere nobody is charged without a route, and the endpoint pauses; a probe has no pause to wait in.
    monkeypatch.setattr("posthouse.targets.http_exchange.has_route", lambda: False)
    house = await asking(home, kind="request", url="http://no-such-host.invalid/")

    delivered = await house.kind.deliver(house.context(), make_parcel())
    await house.outbound.close()

    (outcome,) = delivered.outcomes
    assert (outcome.kind, outcome.code, outcome.is_chargeable) == (OutcomeKind.TRANSIENT, "dns", True)


async def test_a_program_is_asked_without_input_and_its_words_are_kept(home: Path) -> None:
    house = await asking(
        home, kind="command", argv=["/bin/sh", "-c", "echo $POSTHOUSE_DELIVERY_ID; cat; exit 75"], env={"KEY": SECRET}
    )

    delivered = await house.kind.deliver(house.context(), make_parcel())
    await house.outbound.close()

    (outcome,) = delivered.outcomes
    assert (outcome.kind, outcome.code) == (OutcomeKind.TRANSIENT, "command_retry")
    assert outcome.excerpt == b"019b7652-4c00-7000-8000-0000000000aa\n"


@pytest.mark.parametrize(
    ("ask", "code", "field"),
    [
        ({"kind": "guess"}, "target.settings_invalid", "ask.kind"),
        ({"kind": "request"}, "target.settings_invalid", "ask"),
        ({"kind": "request", "url": "ftp://x"}, "target.url_invalid", "ask.url"),
        ({"kind": "request", "url": "http://x/", "method": "DELETE"}, "target.settings_invalid", "ask.method"),
        ({"kind": "request", "url": "http://x/", "body": "{}"}, "target.settings_invalid", "ask.body"),
        (
            {"kind": "request", "url": "http://x/", "headers": {"Authorization": "x"}},
            "target.header_reserved",
            "ask.headers.Authorization",
        ),
        (
            {"kind": "request", "url": "http://x/", "headers": {"a": "1"}, "secret_headers": {"A": {"secret": "x"}}},
            "target.header_invalid",
            "ask.secret_headers.A",
        ),
        ({"kind": "command", "argv": ["../x"]}, "target.program_invalid", "ask.argv"),
        ({"kind": "command", "argv": ["x"], "url": "http://x/"}, "target.settings_invalid", "ask"),
    ],
)
def test_what_cannot_be_asked_is_refused(ask: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(BadInput) as refused:
        target_kind("probe").parse({"ask": ask})

    assert (refused.value.code, refused.value.field) == (code, field)
