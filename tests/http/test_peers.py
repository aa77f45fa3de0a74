"""`/api/peers`: the board, how soon somebody counts as gone, what was counted, and a word to one."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from posthouse.ledger.sources import ensure_sources
from tests.http.house import House
from tests.sources.lan import Ghost, Lan
from tests.sources.support import soon

OWN = "127.77.0.1"


@pytest.fixture
async def lan(house: House) -> Lan:
    """A house with its source of peers, off as in every installation, which would be heard on loopback alone."""
    await house.database.run(ensure_sources, ["peers"], house.services.clock.now())
    await house.services.known.reload()
    lan = Lan("ann", "bob")
    settings = {"address": OWN, "port": lan.port, "hosts": [lan.addresses["bob"]], "mdns": False}
    assert (await house.patch("/api/sources/peers", {"settings": settings})).status == 200
    return lan


async def config(house: House, **wanted: Any) -> Any:
    answer = await house.ask("PUT", "/api/peers/config", wanted)
    assert answer.status == 200, answer.body
    return answer.json


async def met(house: House, bob: Ghost) -> Any:
    """Switch it on and let bob come; what is shown of them."""
    assert (await house.post("/api/sources/peers/enable")).status == 200

    async def come() -> Any:
        while True:
            bob.say_bytes_to(OWN, b"1:1:bob:attic:1:Bobby\0Letters")
            answer = await house.get("/api/peers")
            if answer.json["online"]:
                return answer.json

    return await soon(come())


async def test_it_is_off_from_the_start_and_says_so(house: House, lan: Lan) -> None:
    shown = (await house.get("/api/peers")).json
    assert shown == {"isOn": False, "online": 0, "items": [], "nextCursor": None}
    never = dict.fromkeys(("lastHeartbeatAt", "lastTimeoutCheck", "lastCleanupAt"))
    assert (await house.get("/api/peers/stats")).json == {
        "heartbeatsSent": 0, "timeoutsDetected": 0, "peersCleanedUp": 0, "packetsDropped": 0,
        "packetsNotUnderstood": 0, **never,
    }  # fmt: skip
    refused = await house.post("/api/peers/messages", {"to": "bob", "text": "hello"})
    assert (refused.status, refused.code) == (409, "source.not_running")
    again = await house.post("/api/sources", {"kind": "peers", "name": "more"})
    assert again.code == "source.only_one"


async def test_the_board_shows_who_is_there_and_stays_when_it_is_off(house: House, lan: Lan) -> None:
    with lan.ghost("bob") as bob:
        shown = await met(house, bob)
    own, one = shown["items"]
    assert [each["isSelf"] for each in shown["items"]] == [True, False]
    assert (own["state"], own["addresses"], own["instanceId"] is not None) == ("online", [OWN], True)
    assert (shown["isOn"], shown["online"]) == (True, 1)
    assert (one["name"], one["user"], one["host"], one["group"]) == ("Bobby", "bob", "attic", "Letters")
    assert (one["state"], one["addresses"], one["instanceId"]) == ("online", ["127.77.0.2"], None)
    assert one["since"] <= one["lastSeen"]
    stats = (await house.get("/api/peers/stats")).json
    assert stats["heartbeatsSent"] >= 1
    assert stats["lastHeartbeatAt"] is not None

    assert (await house.post("/api/sources/peers/disable")).status == 200
    off = (await house.get("/api/peers")).json
    assert (off["isOn"], [one["name"] for one in off["items"]]) == (False, ["Bobby"])
    assert (await house.get("/api/peers/stats")).json["heartbeatsSent"] >= stats["heartbeatsSent"]

    await house.patch("/api/sources/peers", {"properties": {"addresses": False}})
    assert (await house.get("/api/peers")).json["items"][0]["addresses"] == []


async def test_a_timing_is_judged_kept_and_holds_while_it_runs(house: House, lan: Lan) -> None:
    standard = (await house.get("/api/peers/config")).json
    assert (standard["heartbeatInterval"], standard["peerTimeout"], standard["preset"]) == (60, 180, "standard")
    assert set(standard["presets"]) == {"standard", "fast"}

    refused = await house.ask("PUT", "/api/peers/config", {"heartbeatInterval": 200})
    assert (refused.status, refused.code, refused.json["field"]) == (400, "peers.bad_timing", "heartbeatInterval")
    assert "must be above the heartbeat" in refused.json["detail"]
    for wrong in ({"heartbeatInterval": 9}, {"heartbeatInterval": 601}, {"peerTimeout": 29}, {"peerTimeout": 3601}):
        assert (await house.ask("PUT", "/api/peers/config", wrong)).code == "peers.bad_timing"
    both = await house.ask("PUT", "/api/peers/config", {"preset": "fast", "peerTimeout": 90})
    assert both.code == "peers.preset_and_values"
    assert (await house.get("/api/peers/config")).json == standard

    with lan.ghost("bob") as bob:
        await met(house, bob)
        assert (await config(house, preset="fast"))["preset"] == "fast"
        changed = await config(house, heartbeatInterval=20, peerTimeout=90)
        assert (changed["heartbeatInterval"], changed["peerTimeout"], changed["preset"]) == (20, 90, "custom")
        assert (await house.get("/api/peers")).json["online"] == 1, "nobody seems to go"
    kept = (await house.get("/api/sources/peers")).json["settings"]
    assert (kept["heartbeat_s"], kept["peer_timeout_s"], kept["port"]) == (20, 90, lan.port)


NO_TIMING: tuple[tuple[Any, str, str], ...] = (
    ({"heartbeatInterval": 9.99}, "peers.bad_timing", "heartbeatInterval"),
    ({"heartbeatInterval": 600.5}, "peers.bad_timing", "heartbeatInterval"),
    ({"heartbeatInterval": 0}, "peers.bad_timing", "heartbeatInterval"),
    ({"heartbeatInterval": -60}, "peers.bad_timing", "heartbeatInterval"),
    ({"heartbeatInterval": 180}, "peers.bad_timing", "heartbeatInterval"),
    ({"peerTimeout": 29.9}, "peers.bad_timing", "peerTimeout"),
    ({"peerTimeout": 3_601}, "peers.bad_timing", "peerTimeout"),
    ({"peerTimeout": 60}, "peers.bad_timing", "peerTimeout"),
    ({"peerTimeout": 1e300}, "peers.bad_timing", "peerTimeout"),
    ({"heartbeatInterval": 90, "peerTimeout": 90}, "peers.bad_timing", "peerTimeout"),
    ({"heartbeatInterval": 9, "peerTimeout": 90}, "peers.bad_timing", "peerTimeout"),
    ({"heartbeatInterval": 20, "peerTimeout": 4_000}, "peers.bad_timing", "peerTimeout"),
    ({"preset": "fast", "heartbeatInterval": 20}, "peers.preset_and_values", "preset"),
    ({"preset": "hasty"}, "request.invalid", "preset"),
    ({"heartbeatInterval": "20"}, "request.invalid", "heartbeatInterval"),
    ({"peerTimeout": "ninety"}, "request.invalid", "peerTimeout"),
    ({"peerTimeout": None}, "request.invalid", "peerTimeout"),
    ({"peerTimeout": True}, "request.invalid", "peerTimeout"),
    ({"peerTimeout": [90]}, "request.invalid", "peerTimeout"),
    ({"heartbeatInterval": 20, "peerTimeout": "90"}, "request.invalid", "peerTimeout"),
    ({"heartbeat": 20}, "request.invalid", ""),
    (b'{"peerTimeout": NaN}', "request.not_json", ""),
    (b'{"peerTimeout": Infinity}', "request.not_json", ""),
    (b'{"heartbeatInterval": -1e999}', "request.invalid", "heartbeatInterval"),
    (b"[]", "request.invalid", ""),
    (b"", "request.body_missing", ""),
)


async def test_what_is_no_timing_changes_nothing_and_says_why(house: House, lan: Lan) -> None:
    assert lan.port
    await config(house, heartbeatInterval=60, peerTimeout=170)
    before = (await house.get("/api/sources/peers")).json

    for wanted, code, field in NO_TIMING:
        raw = wanted if isinstance(wanted, bytes) else msgspec.json.encode(wanted)
        refused = await house.ask("PUT", "/api/peers/config", raw=raw)
        assert (refused.status, refused.code, refused.json.get("field", "")) == (400, code, field), wanted
        assert (await house.get("/api/sources/peers")).json == before, wanted
    shown = (await house.get("/api/peers/config")).json
    assert (shown["heartbeatInterval"], shown["peerTimeout"]) == (60, 170)


async def test_either_value_or_both_are_changed(house: House, lan: Lan) -> None:
    assert lan.port
    for wanted, heartbeat, timeout in (
        ({"heartbeatInterval": 10}, 10, 170),
        ({"heartbeatInterval": 169.5}, 169.5, 170),
        ({"peerTimeout": 60.1}, 60, 60.1),
        ({"peerTimeout": 3_600}, 60, 3_600),
        ({"heartbeatInterval": 600, "peerTimeout": 601}, 600, 601),
        ({"heartbeatInterval": 10, "peerTimeout": 30}, 10, 30),
        ({}, 60, 170),
    ):
        await config(house, heartbeatInterval=60, peerTimeout=170)
        changed = await config(house, **wanted)
        assert (changed["heartbeatInterval"], changed["peerTimeout"]) == (heartbeat, timeout)
        assert (await house.get("/api/peers/config")).json == changed


async def test_whom_nobody_knows_is_not_written_to(house: House, lan: Lan) -> None:
    with lan.ghost("bob") as bob:
        await met(house, bob)
        refused = await house.post("/api/peers/messages", {"to": "eve", "text": "hello"})
        assert (refused.status, refused.code) == (404, "peers.unknown_peer")
        sent = await house.post("/api/peers/messages", {"to": "bobby", "text": "hello"})
        assert (sent.status, sent.json["isConfirmed"], sent.json["to"]["host"]) == (200, False, "attic")
