"""A target whose address is a secret: from the form to the attempt, nothing shows it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.http.house import House
from tests.receiver import Receiver, Reply

HIDDEN = "webhook-id-9f8e7d6c"


@pytest.mark.parametrize("status", [200, 500])
async def test_an_address_that_is_a_secret_is_in_no_answer_and_no_file(
    house: House, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    async with Receiver() as receiver:
        receiver.default = lambda one: Reply(status=status if one.method == "POST" else 200, body=one.path.encode())
        url = receiver.url.replace("/hook", f"/api/webhook/{HIDDEN}")
        body = {"kind": "home-assistant", "name": "home", "settings": {"url": url}, "check": True}
        made = await house.post("/api/targets", body)
        await house.post("/api/bindings", {"source": "ingest", "target": "home"})
        await house.post("/api/events", {"type": "t"})
        await receiver.wait_for(2)
        (delivery,) = (await house.get("/api/deliveries")).json["items"]
        async with asyncio.timeout(20):
            while not (seen := await house.get(f"/api/deliveries/{delivery['id']}")).json["attempts"]:  # noqa: ASYNC110
                await asyncio.sleep(0)
        others = [await house.get(f"/api/{what}") for what in ("targets", "targets/home", "status", "live/poll")]

    (attempt,) = seen.json["attempts"]
    assert made.status == 201
    assert made.json["target"]["settings"] == {"url": {"isSet": True}}
    assert attempt["request"]["url"] == f"http://127.0.0.1:{receiver.port}/api/webhook/[hidden]"
    assert receiver.requests[-1].path == f"/api/webhook/{HIDDEN}"
    assert not any(HIDDEN.encode() in one.body for one in (made, seen, *others))
    assert not any(HIDDEN.encode() in file.read_bytes() for file in files_of(house))
    assert HIDDEN not in caplog.text


async def test_a_refused_address_is_not_repeated(house: House) -> None:
    url = f"http://evil.example/{HIDDEN}"

    answer = await house.post("/api/targets", {"kind": "slack", "name": "s", "settings": {"url": url}})

    assert (answer.status, answer.code) == (400, "target.secret_invalid")
    assert HIDDEN.encode() not in answer.body


def files_of(house: House) -> list[Path]:
    return [path for path in house.services.home.rglob("*") if path.is_file()]
