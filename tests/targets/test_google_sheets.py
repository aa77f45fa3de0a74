"""Google Sheets: what a spreadsheet holds after a delivery, whatever people did to it, and what answers mean."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from posthouse.model.deliveries import Outcome, OutcomeKind
from posthouse.model.errors import BadInput, Conflict
from posthouse.model.ids import DeliveryId
from posthouse.targets.base import NotPrepared, Parcel, Prepares, SignsIn, extract_secrets, target_kind
from posthouse.targets.google_sheets import PACE, PER_SOURCE
from posthouse.targets.google_sheets_settings import ANY_SCOPE, MADE_SCOPE
from posthouse.targets.google_sheets_wire import column_letters, own_sheet_id
from tests.receiver import Received, Receiver, Reply
from tests.servers.google import CELLS_MAX, CLIENT, CLIENT_SECRET, PER_MINUTE, Book, GoogleServer, Sheet
from tests.targets.cases import House, make_event, make_parcel, set_up

REFRESH = "1//refresh-4f9d1c7a2b"
SOURCE = "claude-sessions"
DELIVERIES = [DeliveryId(f"019b7652-4c00-7000-8000-00000000c{number:03d}") for number in range(9)]


@pytest.fixture
def server() -> GoogleServer:
    made = GoogleServer(books={"log": Book("Log", [Sheet(0, "Sheet1")])}).knows(REFRESH)
    # The token that it used before is not known here.
    made.access_tokens.clear()
    return made


@pytest.fixture
async def receiver(server: GoogleServer) -> AsyncIterator[Receiver]:
    async with Receiver() as running:
        running.default = server.answer
        yield running


@pytest.fixture
async def house(receiver: Receiver, home: Path) -> AsyncIterator[House]:
    made = await signed_in(receiver, home)
    yield made
    await made.outbound.close()


async def signed_in(receiver: Receiver, home: Path, **settings: Any) -> House:
    auth = {"kind": "oauth", "client_id": CLIENT, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH}
    url = f"http://127.0.0.1:{receiver.port}"
    return await set_up("google-sheets", {"url": url, "spreadsheet": "log", "auth": auth} | settings, home)


def parcel(data: Any, number: int = 0, *, attempt: int = 1, is_maybe_sent: bool = False, **endpoint: Any) -> Parcel:
    """A delivery of this payload."""
    made = make_parcel(make_event(data=msgspec.Raw(msgspec.json.encode(data))), endpoint=endpoint)
    (item,) = made.items
    delivery = msgspec.structs.replace(
        item.delivery, id=DELIVERIES[number], attempt=attempt, is_maybe_sent=is_maybe_sent
    )
    return msgspec.structs.replace(made, items=(msgspec.structs.replace(item, delivery=delivery),))


async def deliver(house: House, *arguments: Any, **how: Any) -> Outcome:
    (outcome,) = (await house.kind.deliver(house.context(), parcel(*arguments, **how))).outcomes
    return outcome


def sheet(server: GoogleServer, title: str = SOURCE) -> Sheet:
    return next(one for one in server.books["log"].sheets if one.title == title)


def records(server: GoogleServer, title: str = SOURCE) -> list[dict[str, Any]]:
    """The rows without who wrote them and when."""
    return [
        {name: value for name, value in row.items() if name != "_posthouse" and not name.startswith("event.")}
        for row in sheet(server, title).records()
    ]


def sessions(**tokens: int) -> dict[str, Any]:
    return {"sessions": [{"id": name, "tokens": {"output": count}} for name, count in tokens.items()]}


async def test_a_source_gets_a_worksheet_of_its_own_with_a_hidden_column(house: House, server: GoogleServer) -> None:
    outcome = await deliver(house, {"turns": 3, "user": {"name": "Ada", "is_admin": True}})

    made = sheet(server)
    assert (outcome.kind, outcome.code) == (OutcomeKind.DELIVERED, "http_200")
    assert made.records() == [
        {
            "_posthouse": DELIVERIES[0],
            "event.time": "2025-12-31T23:59:58.500Z",
            "event.type": "agent.turn-completed",
            "event.severity": "success",
            "event.subject": "posthouse",
            "turns": 3,
            "user.name": "Ada",
            "user.is_admin": True,
        }
    ]
    assert made.hidden == {0}
    assert [one.title for one in server.books["log"].sheets] == ["Sheet1", SOURCE]


async def test_sessions_are_rows_that_are_brought_up_to_date(house: House, server: GoogleServer) -> None:
    await deliver(house, sessions(a=1, b=1), 0)
    await deliver(house, sessions(b=5, c=1), 1)

    assert records(server) == [
        {"id": "a", "tokens.output": 1},
        {"id": "b", "tokens.output": 5},
        {"id": "c", "tokens.output": 1},
    ]


async def test_columns_that_people_moved_added_and_filled_stay_as_they_are(house: House, server: GoogleServer) -> None:
    await deliver(house, {"sessions": [{"id": "a", "title": "one", "n": 1}]}, 0)
    ours = sheet(server)
    ours.cells[0, 4] = "my notes"
    ours.cells[1, 4] = "look at this"
    ours.move_column(4, 1)
    ours.move_column(3, 0)

    await deliver(house, {"sessions": [{"id": "a", "title": "two", "n": 2, "new": "x"}, {"id": "b"}]}, 1)

    assert ours.table()[0] == sheet(server).table()[0][:5]
    assert sheet(server).table()[0][5] == "new"
    assert records(server) == [{"id": "a", "title": "two", "n": 2, "my notes": "look at this", "new": "x"}, {"id": "b"}]


async def test_a_renamed_header_keeps_its_column_and_the_field_gets_a_new_one(
    house: House, server: GoogleServer
) -> None:
    await deliver(house, {"sessions": [{"id": "a", "title": "one"}]}, 0)
    table = sheet(server).table()
    sheet(server).cells[0, table[0].index("title")] = "Was"

    await deliver(house, {"sessions": [{"id": "a", "title": "two"}]}, 1)

    assert records(server) == [{"id": "a", "Was": "one", "title": "two"}]


async def test_a_renamed_worksheet_is_found_by_its_number(house: House, server: GoogleServer) -> None:
    await deliver(house, {"n": 1}, 0)
    sheet(server).title = "Mine, 'now'"

    outcome = await deliver(house, {"n": 2}, 1)

    assert outcome.kind is OutcomeKind.DELIVERED
    assert [row["n"] for row in records(server, "Mine, 'now'")] == [1, 2]


async def test_a_picked_worksheet_is_followed_when_it_is_renamed(house: House, server: GoogleServer) -> None:
    (per_source, picked) = await house.kind.endpoints(house.context())
    settings = msgspec.json.decode(picked.settings)
    sheet(server, "Sheet1").title = "Log of all"

    await deliver(house, {"n": 1}, **settings)

    assert (per_source.name, picked.name, picked.identity) == (PER_SOURCE, "Sheet1", "0")
    assert records(server, "Log of all") == [{"n": 1}]


@pytest.mark.parametrize("payload", [{"turns": 3}, {"order": 1, "items": [{"name": "ink"}, {"name": "nib"}]}])
async def test_a_delivery_of_which_nobody_knows_is_not_written_twice(
    house: House, receiver: Receiver, server: GoogleServer, payload: dict[str, Any]
) -> None:
    def write_and_cut(received: Received) -> Reply:
        reply = server.answer(received)
        return Reply(is_closed=True) if received.path.endswith(":batchUpdate") else reply

    receiver.default = write_and_cut
    lost = await deliver(house, payload)
    receiver.default = server.answer
    before = sheet(server).table()

    again = await deliver(house, payload, is_maybe_sent=True)
    # A kill leaves no trace but the attempt that was charged.
    after_kill = await deliver(house, payload, attempt=2)

    assert (lost.code, lost.is_maybe_sent) == ("reset", True)
    assert (again.kind, again.code) == (after_kill.kind, after_kill.code) == (OutcomeKind.DELIVERED, "nothing_to_write")
    assert sheet(server).table() == before


async def test_a_delivery_that_did_not_arrive_is_written_by_the_retry(
    house: House, receiver: Receiver, server: GoogleServer
) -> None:
    await deliver(house, {"n": 1}, 0)
    receiver.default = lambda one: Reply(is_closed=True) if one.path.endswith(":batchUpdate") else server.answer(one)
    await deliver(house, {"n": 2}, 1)
    receiver.default = server.answer

    outcome = await deliver(house, {"n": 2}, 1, attempt=2, is_maybe_sent=True)

    assert outcome.code == "http_200"
    assert [row["n"] for row in records(server)] == [1, 2]


async def test_a_retry_that_comes_late_brings_no_old_values_back(house: House, server: GoogleServer) -> None:
    await deliver(house, sessions(a=9), 1)

    outcome = await deliver(house, sessions(a=1), 0, attempt=2)

    assert outcome.code == "nothing_to_write"
    assert records(server) == [{"id": "a", "tokens.output": 9}]


async def test_no_text_becomes_a_formula(house: House, server: GoogleServer, receiver: Receiver) -> None:
    await deliver(house, {"a": "=IMPORTXML(1)", "b": "+1", "=c": "@x"})

    (record,) = records(server)
    assert record == {"a": "=IMPORTXML(1)", "b": "+1", "=c": "@x"}
    assert b"formulaValue" not in receiver.requests[-1].body


async def test_more_fields_than_columns_make_room(house: House, server: GoogleServer) -> None:
    await deliver(house, {"n": 1}, 0)
    await deliver(house, {f"f{number}": number for number in range(40)}, 1)

    assert records(server)[1] == {f"f{number}": number for number in range(40)}


async def test_a_parcel_of_several_is_one_write(house: House, server: GoogleServer, receiver: Receiver) -> None:
    made = make_parcel(make_event(), make_event(), make_event())

    delivered = await house.kind.deliver(house.context(), made)

    assert [one.code for one in delivered.outcomes] == ["http_200"] * 3
    assert len([one for one in receiver.requests if one.path.endswith(":batchUpdate")]) == 1
    assert [row["_posthouse"] for row in sheet(server).records()] == [item.delivery.id for item in made.items]


async def test_preview_shows_the_write_and_makes_none(house: House, server: GoogleServer) -> None:
    await deliver(house, {"sessions": [{"id": "a", "n": 1}]}, 0)
    before = sheet(server).table()

    seen = await house.kind.preview(house.context(), parcel({"sessions": [{"id": "a", "n": 2}]}, 1))

    assert json.loads(seen.body)["requests"][0]["updateCells"]["start"]["rowIndex"] == 1
    assert ("authorization", "[hidden]") in seen.headers
    assert sheet(server).table() == before


async def test_preview_of_nothing_and_of_what_cannot_be_read_say_so(house: House, server: GoogleServer) -> None:
    await deliver(house, {"n": 1})
    with pytest.raises(Conflict, match="has it already"):
        await house.kind.preview(house.context(), parcel({"n": 1}, attempt=2))

    server.books.clear()
    with pytest.raises(Conflict, match="Requested entity was not found") as refused:
        await house.kind.preview(house.context(), parcel({"n": 1}))
    assert refused.value.code == "target.cannot_preview"


async def test_token_is_asked_for_once_and_again_a_minute_before_its_end(
    house: House, server: GoogleServer, receiver: Receiver
) -> None:
    for seconds in (0, 3_500, 60):
        house.clock.advance(seconds)
        server.now_s += seconds
        assert (await deliver(house, {"n": seconds})).kind is OutcomeKind.DELIVERED

    assert [one.path for one in receiver.requests].count("/token") == 2


async def test_token_that_is_refused_early_is_replaced_at_the_next_attempt(house: House, server: GoogleServer) -> None:
    await deliver(house, {"n": 1}, 0)
    server.access_tokens.clear()

    first, second = await deliver(house, {"n": 2}, 1), await deliver(house, {"n": 2}, 1)

    assert (first.kind, first.code) == (OutcomeKind.AUTH, "http_401")
    assert second.kind is OutcomeKind.DELIVERED


async def test_revoked_consent_asks_to_sign_in_again(house: House, server: GoogleServer) -> None:
    server.refresh_tokens.clear()

    outcome, check = await deliver(house, {"n": 1}), await house.kind.check(house.context())

    assert (outcome.kind, outcome.code) == (OutcomeKind.AUTH, "consent_expired")
    assert check.outcome.code == "consent_expired"
    assert "expired or revoked" in outcome.detail
    assert not outcome.is_maybe_sent


async def test_refresh_token_that_is_replaced_is_kept(house: House, server: GoogleServer) -> None:
    server.rotates = True
    for number in range(3):
        assert (await deliver(house, {"n": number}, number)).kind is OutcomeKind.DELIVERED
        house.clock.advance(3_600)
        server.now_s += 3_600

    secrets = {await house.store.get(name) for name in house.kind.secret_names(house.target.settings)}
    assert secrets == {CLIENT_SECRET, f"{REFRESH}+++"}


async def test_wrong_client_secret_is_a_matter_of_the_client(receiver: Receiver, home: Path) -> None:
    auth = {"kind": "oauth", "client_id": CLIENT, "client_secret": "wrong-secret", "refresh_token": REFRESH}
    house = await signed_in(receiver, home, auth=auth)

    assert (await deliver(house, {"n": 1})).code == "google_client"
    await house.outbound.close()


async def test_quota_waits_for_the_next_minute(house: House, server: GoogleServer) -> None:
    server.used["write"] = [server.now_s] * PER_MINUTE

    outcome = await deliver(house, {"n": 1})

    assert (outcome.kind, outcome.code, outcome.retry_after_s) == (OutcomeKind.RATE_LIMITED, "google_quota", 60.0)


async def test_rate_limit_that_comes_as_forbidden_is_none_of_the_credentials(house: House, receiver: Receiver) -> None:
    error = {"code": 403, "message": "slow", "status": "PERMISSION_DENIED", "errors": [{"reason": "rateLimitExceeded"}]}
    good = receiver.default
    assert callable(good)
    receiver.default = lambda one: (
        good(one) if one.path == "/token" else Reply(status=403, body=json.dumps({"error": error}).encode())
    )

    assert (await deliver(house, {"n": 1})).kind is OutcomeKind.RATE_LIMITED


async def test_what_google_forbids_is_told_apart(house: House, server: GoogleServer) -> None:
    server.books["log"].readers_only = True
    assert (await deliver(house, {"n": 1})).code == "spreadsheet_forbidden"
    assert (await house.kind.check(house.context())).outcome.code == "spreadsheet_forbidden"
    server.api_is_off = True
    assert (await deliver(house, {"n": 1})).code == "google_api_off"


async def test_removed_spreadsheet_is_gone(house: House, server: GoogleServer) -> None:
    server.books.clear()

    outcome = await deliver(house, {"n": 1})

    assert (outcome.kind, outcome.code) == (OutcomeKind.GONE, "spreadsheet_gone")


async def test_full_spreadsheet_is_told_as_such(house: House, server: GoogleServer) -> None:
    server.books["log"].sheets.append(Sheet(7, "big", rows=CELLS_MAX // 26 - 1_000, columns=26))

    outcome = await deliver(house, {"n": 1})

    assert (outcome.kind, outcome.code) == (OutcomeKind.REJECTED, "spreadsheet_full")
    assert [one.title for one in server.books["log"].sheets] == ["Sheet1", "big"]


async def test_check_reads_and_writes_and_changes_nothing(house: House, server: GoogleServer) -> None:
    await deliver(house, {"n": 1})
    before = [one.table() for one in server.books["log"].sheets]

    assert (await house.kind.check(house.context())).is_ok
    assert [one.table() for one in server.books["log"].sheets] == before


async def test_a_spreadsheet_is_made_where_none_was_picked(
    receiver: Receiver, server: GoogleServer, home: Path
) -> None:
    house = await signed_in(receiver, home, spreadsheet="")
    server.refresh_tokens[REFRESH] = MADE_SCOPE
    kind = house.kind
    assert isinstance(kind, Prepares)

    prepared = await kind.prepare(house.context())
    target = msgspec.structs.replace(house.target, settings=prepared)
    context = msgspec.structs.replace(house.context(), target=target)

    assert server.books["made-1"].title == "hooks"
    assert (await kind.deliver(context, parcel({"n": 1}))).outcomes[0].kind is OutcomeKind.DELIVERED
    assert await kind.prepare(context) == prepared
    await house.outbound.close()


async def test_a_spreadsheet_that_cannot_be_made_says_why(receiver: Receiver, server: GoogleServer, home: Path) -> None:
    house = await signed_in(receiver, home, spreadsheet="")
    server.api_is_off = True
    assert isinstance(house.kind, Prepares)

    with pytest.raises(NotPrepared) as refused:
        await house.kind.prepare(house.context())

    assert refused.value.outcome.code == "google_api_off"
    await house.outbound.close()


@lru_cache(maxsize=1)
def private_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65_537, key_size=2_048)


def key_file(**changes: str) -> str:
    pem = private_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    key = {"type": "service_account", "client_email": "bot@project.iam", "private_key": pem, "private_key_id": "k1"}
    return json.dumps(key | changes)


async def test_service_account_signs_in_by_itself(receiver: Receiver, server: GoogleServer, home: Path) -> None:
    server.accounts["bot@project.iam"] = private_key().public_key()
    house = await signed_in(receiver, home, auth={"kind": "service_account", "file": key_file()})

    outcome = await deliver(house, {"n": 1})
    server.accounts.clear()
    house.clock.advance(3_600)
    server.now_s += 3_600
    refused = await deliver(house, {"n": 1})

    assert outcome.kind is OutcomeKind.DELIVERED
    assert (refused.kind, refused.code) == (OutcomeKind.AUTH, "google_key")
    await house.outbound.close()


@pytest.mark.parametrize(
    "file", ["{}", "no json", key_file(private_key="-----BEGIN nonsense"), key_file(client_email="")]
)
def test_a_file_that_is_no_key_is_refused_without_a_word_of_it(file: str) -> None:
    settings = {"spreadsheet": "log", "auth": {"kind": "service_account", "file": file}}

    with pytest.raises(BadInput) as refused:
        extract_secrets("google-sheets", settings, scope="s")

    assert (refused.value.code, refused.value.field) == ("target.secret_invalid", "auth.file")
    assert "nonsense" not in str(refused.value)


@pytest.mark.parametrize(
    ("entered", "kept", "scope"),
    [
        ("https://docs.google.com/spreadsheets/d/1aB-c_9/edit?gid=0#gid=0", "1aB-c_9", ANY_SCOPE),
        ("https://docs.google.com/spreadsheets/u/1/d/1aB-c_9/edit", "1aB-c_9", ANY_SCOPE),
        (" 1aB-c_9 ", "1aB-c_9", ANY_SCOPE),
        ("", "", MADE_SCOPE),
    ],
)
async def test_a_spreadsheet_is_entered_by_address_or_id(entered: str, kept: str, scope: str) -> None:
    auth = {"kind": "oauth", "client_id": CLIENT, "client_secret": {"secret": "b"}}
    saved = {"refresh_token": {"secret": "a"}}

    async def read(reference: str) -> str:
        return {"b": "plain-secret"}[reference]

    kind = target_kind("google-sheets")
    assert isinstance(kind, SignsIn)

    parsed = msgspec.json.decode(kind.parse({"spreadsheet": entered, "auth": auth | saved}))
    plan = await kind.sign_in({"spreadsheet": entered, "auth": auth}, read)

    assert parsed["spreadsheet"] == kept
    assert (plan.scope, plan.client_secret) == (scope, "plain-secret")
    assert "plain-secret" not in repr(plan)


@pytest.mark.parametrize(
    "settings",
    [
        {"spreadsheet": "https://example.com/a b", "auth": {"kind": "oauth"}},
        {"spreadsheet": "", "auth": {"kind": "service_account", "file": {"secret": "a"}}},
        {"spreadsheet": "a/b", "auth": {"kind": "service_account", "file": {"secret": "a"}}},
        {"spreadsheet": "a"},
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as refused:
        target_kind("google-sheets").parse(settings)

    assert refused.value.code == "target.settings_invalid"


async def test_pace_stays_within_the_reads_of_a_minute(house: House, server: GoogleServer, receiver: Receiver) -> None:
    for number in range(2):
        await deliver(house, sessions(a=number), number)
    reads = [one for one in receiver.requests if one.method == "GET"]

    in_a_minute = PACE.burst + 60 / PACE.refill_s
    # The first delivery finds no worksheet and looks for it; the second is like all that follow.
    assert in_a_minute * len(reads) / 2 <= PER_MINUTE
    settings = {"spreadsheet": "log", "auth": {"kind": "service_account", "file": {"secret": "a"}}}
    assert house.kind.pacing(house.kind.parse(settings)) == PACE
    assert house.kind.pacing(house.target.settings) is None


def test_columns_are_counted_in_letters() -> None:
    assert [column_letters(index) for index in (0, 25, 26, 51, 52, 701, 702, 18_277)] == (
        ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA", "ZZZ"]
    )


def test_a_worksheet_that_is_made_here_has_the_same_number_each_time() -> None:
    assert own_sheet_id("a") == own_sheet_id("a") != own_sheet_id("b")
    assert 0 < own_sheet_id("a") < 2**31
