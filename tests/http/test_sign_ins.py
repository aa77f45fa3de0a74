"""From signing in to rows in a spreadsheet, over the API alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from posthouse.targets.google_sheets import PER_SOURCE
from tests.http.house import House
from tests.receiver import Received, Receiver, Reply
from tests.servers.google import CLIENT, CLIENT_SECRET, FILE, Book, GoogleServer, Sheet

OAUTH = {"kind": "oauth", "client_id": CLIENT, "client_secret": CLIENT_SECRET}


@pytest.fixture
def google() -> GoogleServer:
    return GoogleServer()


@pytest.fixture
async def receiver(google: GoogleServer, house: House) -> AsyncIterator[Receiver]:
    async with Receiver() as running:
        running.default = google.answer
        google.now_s = house.services.clock.now() / 1000
        yield running


def settings_at(receiver: Receiver, **changes: Any) -> dict[str, Any]:
    return {"url": f"http://127.0.0.1:{receiver.port}", "auth": OAUTH, **changes}


async def sign_in(house: House, what: dict[str, Any]) -> str:
    begun = await house.post("/api/targets/sign-in", what)
    assert begun.status == 201, begun.body
    async with aiohttp.ClientSession() as browser, browser.get(begun.json["url"]) as page:
        assert page.status == 200
    seen = await house.get(f"/api/targets/sign-in/{begun.json['id']}")
    assert (seen.json["state"], seen.json["words"]) == ("done", "Signed in.")
    return f"sign-in:{begun.json['id']}"


async def delivered(house: House, count: int) -> None:
    """Wait until so many have been."""
    async with asyncio.timeout(20):
        while True:
            if len((await house.get("/api/deliveries?status=delivered")).json["items"]) >= count:
                return


async def add(house: House, settings: dict[str, Any]) -> Any:
    return await house.post("/api/targets", {"kind": "google-sheets", "name": "rows", "settings": settings})


async def test_who_signs_in_gets_a_spreadsheet_and_no_secret_is_shown(
    house: House, receiver: Receiver, google: GoogleServer, home: Path
) -> None:
    settings = settings_at(receiver)
    entered = await sign_in(house, {"kind": "google-sheets", "settings": settings})

    made = await add(house, {**settings, "auth": {**OAUTH, "refresh_token": entered}})

    assert made.status == 201, made.body
    (token,) = google.refresh_tokens
    assert google.refresh_tokens[token] == FILE
    assert google.books["made-0"].title == "rows"
    assert made.json["target"]["settings"]["spreadsheet"] == "made-0"
    assert made.json["target"]["settings"]["auth"]["refresh_token"] == {"isSet": True}
    assert [one["name"] for one in made.json["target"]["endpoints"]] == ["A worksheet per source", "Sheet1"]
    assert token.encode() not in made.body
    assert token.encode() not in (home / "ledger.db").read_bytes() + (home / "ledger.db-wal").read_bytes()


async def test_who_lost_the_leave_signs_in_again_and_is_connected(
    house: House, receiver: Receiver, google: GoogleServer
) -> None:
    google.books["log"] = Book("Log", [Sheet(0, "Sheet1")])
    settings = settings_at(receiver, spreadsheet="log")
    entered = await sign_in(house, {"kind": "google-sheets", "settings": settings})
    await add(house, {**settings, "auth": {**OAUTH, "refresh_token": entered}})
    google.refresh_tokens.clear()
    google.access_tokens.clear()
    # The first check is made with the token that was kept, and finds out that it is worth nothing.
    await house.post("/api/targets/rows/test")
    lost = await house.post("/api/targets/rows/test")

    entered = await sign_in(house, {"target": "rows"})
    shown = (await house.get("/api/targets/rows")).json["settings"]
    changed = await house.patch(
        "/api/targets/rows", {"settings": {"auth": {**shown["auth"], "refresh_token": entered}}}
    )
    again = await house.post("/api/targets/rows/reconnect")

    assert "posthouse target sign-in" in lost.json["diagnosis"]["advice"]
    assert changed.status == 200, changed.body
    assert again.json["ok"], again.body


async def test_what_cannot_be_made_saves_nothing(house: House, receiver: Receiver, google: GoogleServer) -> None:
    settings = settings_at(receiver)
    entered = await sign_in(house, {"kind": "google-sheets", "settings": settings})
    google.api_is_off = True

    refused = await add(house, {**settings, "auth": {**OAUTH, "refresh_token": entered}})

    assert refused.code == "target.not_prepared"
    assert "switched off" in refused.json["diagnosis"]["what"]
    assert (await house.get("/api/targets")).json["items"] == []


@pytest.mark.parametrize(
    ("what", "status", "code"),
    [
        ({"kind": "webhook"}, 409, "target.cannot_sign_in"),
        ({"kind": "nonsense"}, 400, "target.unknown_kind"),
        ({"target": "nobody"}, 404, "target.not_found"),
        ({}, 400, "request.invalid"),
        ({"kind": "google-sheets", "settings": {"auth": {"kind": "service_account"}}}, 400, "target.cannot_sign_in"),
        ({"kind": "google-sheets", "settings": {"auth": {"kind": "oauth"}}}, 400, "target.settings_invalid"),
        ({"kind": "google-sheets", "settings": {"auth": {**OAUTH, "client_id": 7}}}, 400, "target.settings_invalid"),
        (
            # Else the secret of another target could be sent to a server of one's choice.
            {"kind": "google-sheets", "settings": {"auth": {**OAUTH, "client_secret": {"secret": "target/x/token"}}}},
            400,
            "target.secret_unknown",
        ),
    ],
)
async def test_what_nobody_signs_in_for_is_refused(house: House, what: dict[str, Any], status: int, code: str) -> None:
    refused = await house.post("/api/targets/sign-in", what)

    assert (refused.status, refused.code) == (status, code)


async def test_a_sign_in_that_there_is_none_of_is_not_found(house: House) -> None:
    assert (await house.get("/api/targets/sign-in/none")).code == "target.sign_in_not_found"
    refused = await add(house, {"auth": {**OAUTH, "refresh_token": "sign-in:none"}})
    assert refused.code == "target.sign_in_not_found"


async def test_what_is_posted_at_once_is_in_the_sheet_once_and_in_order(
    house: House, receiver: Receiver, google: GoogleServer
) -> None:
    google.books["log"] = Book("Log", [Sheet(0, "Sheet1")])
    google.knows("a-refresh-token")
    settings = settings_at(receiver, spreadsheet="log")
    await add(house, {**settings, "auth": {**OAUTH, "refresh_token": "a-refresh-token"}})
    bound = await house.post("/api/bindings", {"source": "ingest", "target": "rows", "endpoint": PER_SOURCE})
    assert bound.status == 201, bound.body
    lost: list[bool] = []

    def cut_once(received: Received) -> Reply:
        reply = google.answer(received)
        if not received.path.endswith(":batchUpdate") or lost:
            return reply
        lost.append(True)
        return Reply(is_closed=True)

    receiver.default = cut_once
    await house.post("/api/events", [{"type": "t", "data": {"n": number}} for number in range(12)])
    await delivered(house, 11)
    # The one whose answer was lost goes again, and finds that it was written.
    (row,) = (await house.get("/api/deliveries?status=failed")).json["items"]
    await house.post("/api/deliveries/replay", {"ids": [row["id"]]})
    await delivered(house, 12)

    sheet = google.books["log"].sheets[1]
    assert sheet.title == "ingest"
    assert [row["n"] for row in sheet.records()] == list(range(12))
    assert (await house.get(f"/api/deliveries/{row['id']}")).json["attempts"][-1]["code"] == "nothing_to_write"
