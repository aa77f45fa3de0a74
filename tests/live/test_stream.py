"""The stream over real sockets: its form, how it is resumed, what ends it, and that polling gives the same."""

from __future__ import annotations

import asyncio
from functools import partial
from urllib.parse import urlsplit

import pytest

from posthouse.ledger.base import Transaction
from posthouse.ledger.live import tell_configured, trim_live_log
from posthouse.model.ids import Millis
from posthouse.model.live import Configured
from posthouse.pipeline.live import STREAMS_MAX
from posthouse.rules.live import Cursor
from tests.http.house import TOKEN, House
from tests.live.client import Client, offset
from tests.parts import HandClock


def write(tx: Transaction, count: int, *, start: int = 0, size: int = 1) -> None:
    """Write entries that can be told apart."""
    for number in range(start, start + count):
        value = f"{number:08}" * size
        tell_configured(tx, Configured.SETTING, "set", Millis(number), name="n", subject_id=number, value=value)


async def client_of(house: House) -> Client:
    client = Client(house)
    await client.connect()
    await client.until(lambda: client.cursor)
    return client


def has_updates(client: Client, count: int) -> bool:
    return len(client.of_type("delivery_update")) >= count


def numbers(client: Client) -> list[int]:
    return [one.id for one in client.of_type("settings_update")]


async def test_an_entry_comes_with_its_cursor_its_type_and_its_envelope(house: House, hand: HandClock) -> None:
    client = await client_of(house)
    at = hand.now()
    await house.patch("/api/settings/delivery.concurrency", {"value": 3})
    await client.until(lambda: client.entries)
    await client.leave()

    [entry] = client.raw
    epoch, last = house.services.live.epoch, house.services.live.last
    assert entry == {
        "id": f"{epoch}:{last}",
        "timestamp": at,
        "cursor": f"{epoch}:{last}",
        "event": {
            "type": "settings_update",
            "payload": {
                "version": 1, "subject": "setting", "action": "set", "name": "delivery.concurrency", "id": None,
                "value": 3, "timestamp": at,
            },
        },
    }  # fmt: skip
    assert b"event: settings_update\n" in client.lines
    assert f"id: {epoch}:{last}\n".encode() in client.lines


async def test_entries_of_a_transaction_that_was_undone_are_never_seen(house: House) -> None:
    client = await client_of(house)

    def write_and_fail(tx: Transaction) -> None:
        write(tx, 3, start=100)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await house.database.run(write_and_fail)
    await house.database.run(write, 1)
    await client.until(lambda: client.entries)
    await client.leave()

    assert numbers(client) == [0]


@pytest.mark.parametrize("by_header", [True, False])
@pytest.mark.parametrize("missed", [1, 99, 500])
async def test_a_client_that_comes_back_gets_what_it_missed_from_ring_and_log(
    house: House, missed: int, by_header: bool
) -> None:
    client = await client_of(house)
    await house.database.run(write, 5)
    await client.until(lambda: len(client.entries) == 5)
    await client.leave()
    await house.database.run(write, missed, start=5)
    await client.connect(by_header=by_header)
    await client.until(lambda: len(client.entries) == 5 + missed)
    await house.database.run(write, 1, start=5 + missed)
    await client.until(lambda: len(client.entries) == 6 + missed)
    await client.leave()

    assert numbers(client) == list(range(6 + missed))


async def test_what_retention_took_is_told_as_reload_and_the_stream_goes_on(house: House) -> None:
    client = await client_of(house)
    await client.leave()
    await house.database.run(write, 300)
    await house.database.run(trim_live_log, Millis(0), 50)
    await client.connect()
    await client.until(lambda: client.is_stale)
    await house.database.run(write, 1, start=300)
    await client.until(lambda: numbers(client))
    await client.leave()

    assert client.types == ["reload", "settings_update"]
    assert client.of_type("reload")[0].reason == "trimmed"
    assert numbers(client) == [300]


@pytest.mark.parametrize(
    ("cursor", "reason"), [("0123456789abcdef:1", "replaced"), ("HERE:999999", "ahead"), ("nonsense", "replaced")]
)
async def test_a_cursor_of_elsewhere_is_answered_with_reload(house: House, cursor: str, reason: str) -> None:
    client = Client(house)
    client.cursor = cursor.replace("HERE", house.services.live.epoch)
    await client.connect()
    await client.until(lambda: client.is_stale)
    await client.leave()

    assert [one.reason for one in client.of_type("reload")] == [reason]
    assert client.cursor == str(Cursor(house.services.live.epoch, house.services.live.last))


async def test_polling_gives_the_very_same_entries(house: House) -> None:
    client = await client_of(house)
    first = client.cursor
    await house.database.run(write, 250)
    await client.until(lambda: len(client.entries) == 250)
    await client.leave()
    polled, cursor = [], first
    while True:
        page = (await house.get(f"/api/live/poll?cursor={cursor}&limit=100")).json
        cursor = page["cursor"]
        if not page["items"]:
            break
        polled += page["items"]

    assert polled == client.raw
    assert cursor == client.cursor


async def test_polling_behind_the_log_says_reload(house: House) -> None:
    cursor = (await house.get("/api/live/poll")).json["cursor"]
    await house.database.run(write, 30)
    await house.database.run(trim_live_log, Millis(0), 10)

    page = (await house.get(f"/api/live/poll?cursor={cursor}")).json

    assert [one["event"]["payload"]["reason"] for one in page["items"]] == ["trimmed"]
    assert page["cursor"] == str(Cursor(house.services.live.epoch, house.services.live.last))


async def test_a_damaged_row_is_told_of_and_hides_nothing_else(house: House) -> None:
    client = await client_of(house)

    def damage(tx: Transaction) -> None:
        write(tx, 3)
        tx._execute("UPDATE live_log SET payload = '{\"version\": 1, ' WHERE seq = (SELECT max(seq) - 1 FROM live_log)")  # type: ignore[attr-defined]

    await house.database.run(damage)
    await client.until(lambda: len(client.entries) == 3)
    await client.leave()

    assert client.types == ["settings_update", "error_event", "settings_update"]
    assert client.of_type("error_event")[0].error_type == "live.damaged"


async def test_the_buffer_shrinks_and_grows_at_once(house: House) -> None:
    live = house.services.live
    await house.database.run(write, 300)
    await house.patch("/api/settings/live.buffer", {"value": 10})
    shrunk = len(live._ring)
    await house.patch("/api/settings/live.buffer", {"value": 1_000})
    client = await client_of(house)
    await house.database.run(write, 300, start=300)
    await client.until(lambda: len(numbers(client)) == 300)
    await client.leave()

    assert shrunk == 10
    assert len(live._ring) >= 300


async def test_a_comment_comes_every_15_s(house: House, hand: HandClock) -> None:
    client = await client_of(house)
    for expected in (1, 2):
        await client.until(lambda: 15.0 in [round(one, 3) for one in hand.armed()])
        hand.advance(15.0)
        await client.until(lambda expected=expected: client.lines.count(b": still here\n") == expected)  # type: ignore[misc]
    await client.leave()

    assert client.lines.count(b": still here\n") == 2


async def test_a_token_that_was_revoked_ends_its_stream(house: House, hand: HandClock) -> None:
    made = (await house.post("/api/tokens", {"name": "browser", "scope": "read"})).json
    client = Client(house)
    assert house.session is not None
    response = await house.session.get(house.url + "/api/live", headers={"Authorization": f"Bearer {made['token']}"})
    client._task = asyncio.create_task(client._read(response))
    await client.until(lambda: client.cursor)
    await house.delete("/api/tokens/browser")
    hand.advance(15.0)
    await client.until_over()

    assert client.types == ["cut"]
    assert client.of_type("cut")[0].reason == "auth"


async def test_a_pong_comes_through_the_streams_of_that_client_and_is_in_no_log(house: House) -> None:
    here, there = await client_of(house), await client_of(house)
    before = house.services.live.last
    answer = await house.post("/api/live/ping", {"id": "p1", "client": here.name})
    await here.until(lambda: here.entries)
    await here.leave()
    await there.leave()
    gone = await house.post("/api/live/ping", {"id": "p2", "client": "nobody"})

    assert answer.json == {"streams": 1}
    assert [one.id for one in here.of_type("pong")] == ["p1"]
    assert there.entries == []
    assert house.services.live.last == before
    assert (gone.status, gone.code) == (404, "live.no_stream")


async def test_a_client_that_reads_too_slowly_is_cut_with_a_reason_and_resumes(house: House) -> None:
    address = urlsplit(house.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=1 << 14)
    writer.write(f"GET /api/live HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode())
    head = await reader.readuntil(b"Posthouse\n")
    [stream] = house.services.live._streams
    number = 0
    while stream._cut is None:
        await house.database.run(write, 50, start=number, size=512)
        number += 50
        await house.services.live._read_new()
    body = await asyncio.wait_for(_until(reader, b'"type":"cut"'), 20)
    writer.close()

    assert b"200 OK" in head
    assert b'"reason":"slow"' in body
    ids = [line[4:].decode() for line in body.split(b"\n") if line.startswith(b"id: ")]
    client = Client(house)
    client.cursor = ids[-1]
    await client.connect()
    await client.until_level()
    await client.leave()
    assert len(ids) - 1 + len(client.entries) == number


async def _until(reader: asyncio.StreamReader, mark: bytes) -> bytes:
    read = bytearray()
    while mark not in read[-(1 << 17) :]:
        part = await reader.read(1 << 16)
        assert part
        read += part
    return bytes(read)


async def test_no_more_than_200_streams_are_open_and_one_that_ended_makes_room(house: House) -> None:
    live = house.services.live
    streams = [await live.open(None, "") for _ in range(STREAMS_MAX)]
    refused = await house.get("/api/live")
    live.leave(streams[0])
    client = await client_of(house)
    await client.leave()
    for stream in streams:
        live.leave(stream)

    assert (refused.status, refused.code) == (429, "live.too_many_streams")
    assert refused.headers["retry-after"] == "15"
    assert client.status == 200


async def test_streams_end_in_order_when_the_daemon_stops(house: House) -> None:
    client = await client_of(house)
    await house.services.live.tell_stopping()
    await house.services.live.close(5.0)
    await client.until_over()
    refused = await house.get("/api/live")

    assert client.types == ["server_status", "cut"]
    assert client.of_type("server_status")[0].status == "stopping"
    assert client.of_type("cut")[0].reason == "stopping"
    assert (refused.status, refused.code) == (503, "daemon.stopping")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?cursor=nonsense", "request.cursor_invalid"),
        ("?client=a%20b", "live.client_invalid"),
        ("?client=", "live.client_invalid"),
        ("?since=1", "request.unknown_parameter"),
    ],
)
async def test_what_does_not_fit_is_refused_before_a_stream_begins(house: House, query: str, code: str) -> None:
    answer = await house.get(f"/api/live{query}")

    assert (answer.status, answer.code) == (400, code)


async def test_a_stream_needs_a_token_that_may_read(house: House) -> None:
    made = (await house.post("/api/tokens", {"name": "poster", "scope": "ingest"})).json
    reading = (await house.post("/api/tokens", {"name": "reader", "scope": "read"})).json

    assert (await house.get("/api/live", token=None)).code == "auth.token_missing"
    assert (await house.get("/api/live", token=made["token"])).code == "auth.scope"
    acknowledged = await house.post("/api/live/ack", {"client": "c", "ids": []}, token=reading["token"])
    assert acknowledged.status == 200


async def test_a_snapshot_has_the_cursor_from_which_nothing_is_missing(house: House) -> None:
    await house.add_hook("http://127.0.0.1:9/")
    client = Client(house)
    await client.load()
    before = client.cursor
    await house.post("/api/bindings", {"source": "ingest", "target": "hook"})
    await client.connect()
    await client.until(lambda: client.state["bindings"])
    await client.leave()

    assert before is not None
    assert offset(client.entries[0].cursor) == offset(before) + 1
    assert set((await house.get("/api/live/snapshot")).json) == {
        "cursor", "timestamp", "machine", "daemon", "counts", "attention", "sources", "targets", "bindings", "health",
        "lanes", "gaps", "activity",
    }  # fmt: skip


async def test_a_snapshot_begins_with_the_newest_entries_of_every_type_and_what_people_read_before(
    house: House, hand: HandClock
) -> None:
    await house.patch("/api/settings/delivery.concurrency", {"value": 3})
    await house.add_hook("http://127.0.0.1:9/")
    await house.post("/api/targets/hook/pause")
    await house.post("/api/bindings", {"source": "ingest", "target": "hook"})
    client = await client_of(house)
    for number in range(60):
        hand.advance(1.0)
        await house.post("/api/events", {"type": "a.b", "data": {}})
        await client.until(partial(has_updates, client, number + 1))
    await client.leave()

    activity = (await house.get("/api/live/snapshot")).json["activity"]

    offsets = [offset(one["cursor"]) for one in activity]
    assert offsets == sorted(set(offsets), reverse=True)
    assert [one["event"]["type"] for one in activity[:50]] == ["delivery_update"] * 50
    assert "delivery.concurrency" in [one["event"]["payload"].get("name") for one in activity[50:]]
