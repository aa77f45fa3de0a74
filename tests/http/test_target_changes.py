"""Changes of a target: checked where that is asked for, signing begun and ended, settings taken out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from posthouse.targets.standard_webhooks import signing_key, verify
from tests.http.house import House
from tests.receiver import Receiver, Reply


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as started:
        yield started


def names_in_store(house: House) -> set[str]:
    return set(msgspec.json.decode((house.services.home / "secrets.enc").read_bytes())["values"])


async def change(house: House, settings: dict[str, Any], **more: Any) -> Any:
    return await house.patch("/api/targets/hook", {"settings": settings, **more})


async def test_change_that_is_to_be_checked_is_saved_when_it_passes(house: House, receiver: Receiver) -> None:
    await house.add_hook("http://127.0.0.1:9/")

    answer = await change(house, {"url": receiver.url}, check=True)

    assert (answer.status, answer.json["settings"]["url"]) == (200, receiver.url)
    assert len(receiver.requests) == 1


async def test_change_whose_check_fails_changes_nothing_and_leaves_no_secret(house: House, receiver: Receiver) -> None:
    await house.add_hook(receiver.url, auth={"kind": "bearer", "token": "first"})
    before = (await house.get("/api/targets/hook")).json
    stored = names_in_store(house)
    receiver.default = Reply(status=404)

    answer = await change(house, {"auth": {"kind": "bearer", "token": "fresh"}}, check=True)

    assert (answer.status, answer.code) == (422, "target.check_failed")
    assert answer.json["diagnosis"]["advice"]
    assert receiver.requests[0].headers["authorization"] == "Bearer fresh"
    assert (await house.get("/api/targets/hook")).json == before
    assert names_in_store(house) == stored


async def test_change_is_not_checked_unless_it_is_asked_for(house: House, receiver: Receiver) -> None:
    await house.add_hook("http://127.0.0.1:9/")

    assert (await change(house, {"url": receiver.url})).status == 200
    assert receiver.requests == []


async def test_signing_begins_with_a_secret_that_is_shown_once(house: House, receiver: Receiver) -> None:
    await house.add_hook(receiver.url)

    begun = await change(house, {"sign": True})
    again = await change(house, {"sign": True})
    await house.post("/api/targets/hook/test")

    (request,) = await receiver.wait_for(1)
    now_s = int(request.headers["webhook-timestamp"])
    assert verify([signing_key(begun.json["secret"])], request.headers, request.body, now_s=now_s)
    assert (begun.json["settings"]["sign"], again.json["secret"]) == (True, None)


async def test_signing_ends_and_its_secret_goes(house: House, receiver: Receiver) -> None:
    await house.add_hook(receiver.url)
    await change(house, {"sign": True})

    ended = await change(house, {"sign": False})
    await house.post("/api/targets/hook/test")

    (request,) = await receiver.wait_for(1)
    assert (ended.json["settings"]["sign"], ended.json["settings"]["signing"]) == (False, None)
    assert "webhook-signature" not in request.headers


async def test_settings_as_they_are_shown_can_be_sent_back_and_change_nothing(house: House, receiver: Receiver) -> None:
    await house.add_hook(receiver.url, auth={"kind": "bearer", "token": "kept"}, sign=True)
    shown = (await house.get("/api/targets/hook")).json

    sent_back = await change(house, shown["settings"])

    assert (sent_back.json["settings"], sent_back.json["secret"]) == (shown["settings"], None)


async def test_what_is_null_is_taken_out(house: House, receiver: Receiver) -> None:
    await house.add_hook(receiver.url, headers={"x-team": "blue"})

    assert (await change(house, {"headers": None})).json["settings"]["headers"] == {}
    assert (await change(house, {"url": None})).code == "target.settings_invalid"


async def test_removed_target_says_so_until_it_is_gone(house: House, receiver: Receiver) -> None:
    made = await house.add_hook(receiver.url)
    await house.post("/api/targets/hook/pause")
    await house.post("/api/bindings", {"source": "ingest", "target": "hook"})
    await house.post("/api/events", {"type": "t"})

    await house.delete("/api/targets/hook?waiting=deliver")

    assert made["removedAt"] is None
    assert (await house.get(f"/api/targets/{made['id']}")).json["removedAt"] is not None


@pytest.mark.parametrize("settings", [{"sign": "yes"}, {"sign": 1}, {"signingSecret": "short"}])
async def test_signing_that_does_not_fit_is_refused(house: House, receiver: Receiver, settings: Any) -> None:
    await house.add_hook(receiver.url)

    assert (await change(house, settings)).status == 400
