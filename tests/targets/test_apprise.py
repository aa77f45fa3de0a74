"""Apprise: the real library, in its child, sends to real sockets; what it says comes back without secrets."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from posthouse.model.deliveries import OutcomeKind
from posthouse.model.errors import BadInput, Conflict
from posthouse.model.events import Severity
from posthouse.rules.diagnosis import BY_CODE
from posthouse.targets import apprise
from posthouse.targets.base import Delivered, extract_secrets, target_kind
from tests.receiver import Receiver, Reply, hang
from tests.servers.ntfy import NtfyServer
from tests.targets.cases import House, make_event, make_parcel, set_up

TOKEN = "tok-4f9d1c7a2b"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as running:
        yield running


async def house_of(home: Path, **urls: str) -> House:
    return await set_up("apprise", {"urls": urls}, home)


async def send(house: House, name: str, *, deadline_s: float = 20.0, count: int = 1) -> Delivered:
    parcel = make_parcel(*[make_event(severity=Severity.ERROR)] * count, endpoint={"url": name})
    try:
        return await house.kind.deliver(house.context(deadline_s=deadline_s), parcel)
    finally:
        await house.outbound.close()


async def test_a_message_arrives_with_its_title_its_lines_and_how_grave_it_is(receiver: Receiver, home: Path) -> None:
    house = await house_of(home, hook=f"json://127.0.0.1:{receiver.port}/hook")

    delivered = await send(house, "hook")

    assert [one.code for one in delivered.outcomes] == ["apprise_sent"]
    body = json.loads(receiver.requests[0].body)
    assert (body["title"], body["message"], body["type"]) == (
        "agent.turn-completed: posthouse",
        "turns: 3",
        "failure",
    )
    assert delivered.request is not None
    assert (delivered.request.method, delivered.request.url) == ("NOTIFY", "json://[hidden]")


async def test_services_of_other_kinds_are_reached_by_their_urls_alone(receiver: Receiver, home: Path) -> None:
    house = await house_of(home, form=f"form://127.0.0.1:{receiver.port}/hook")

    await send(house, "form")

    form = parse_qs(receiver.requests[0].body.decode())
    assert form["message"] == ["turns: 3"]


async def test_a_server_with_a_protocol_of_its_own_takes_what_apprise_sends(receiver: Receiver, home: Path) -> None:
    server = NtfyServer(token=TOKEN)
    receiver.default = server.answer
    house = await house_of(home, phone=f"ntfy://{TOKEN}@127.0.0.1:{receiver.port}/builds?auth=token")

    delivered = await send(house, "phone")

    assert [one.code for one in delivered.outcomes] == ["apprise_sent"], delivered
    assert receiver.requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert server.messages == 1


async def test_each_url_is_an_endpoint_with_a_result_of_its_own(receiver: Receiver, home: Path) -> None:
    receiver.default = lambda request: Reply(status=500 if request.path == "/bad" else 200)
    house = await house_of(
        home, good=f"json://127.0.0.1:{receiver.port}/good", bad=f"json://127.0.0.1:{receiver.port}/bad"
    )

    endpoints = await house.kind.endpoints(house.context())
    good, bad = [await send(house, one.name) for one in endpoints]

    assert [one.name for one in endpoints] == ["good", "bad"]
    assert good.outcomes[0].kind is OutcomeKind.DELIVERED
    assert (bad.outcomes[0].kind, bad.outcomes[0].code) == (OutcomeKind.TRANSIENT, "apprise_failed")


async def test_what_a_service_refuses_is_told_in_its_words_without_any_part_of_the_url(
    receiver: Receiver, home: Path
) -> None:
    receiver.default = Reply(status=403, body=f"no access for {TOKEN}".encode())
    house = await house_of(home, hook=f"json://someone:{TOKEN}@127.0.0.1:{receiver.port}/path-of-secrets")

    delivered = await send(house, "hook")

    (outcome,) = delivered.outcomes
    assert outcome.detail.startswith("The service did not take it. ")
    assert "403" in outcome.detail
    assert not any(part in repr(delivered) for part in (TOKEN, "someone", "path-of-secrets"))


async def test_what_stands_behind_one_that_is_not_taken_waits_untried(receiver: Receiver, home: Path) -> None:
    receiver.reply(Reply(), Reply(status=500))
    house = await house_of(home, hook=f"json://127.0.0.1:{receiver.port}/")

    delivered = await send(house, "hook", count=3)

    assert [one.code for one in delivered.outcomes] == ["apprise_sent", "apprise_failed", "apprise_failed"]
    assert [one.is_maybe_sent for one in delivered.outcomes] == [False, True, False]
    assert len(receiver.requests) == 2


async def test_a_service_that_hangs_costs_the_deadline_and_leaves_no_process(receiver: Receiver, home: Path) -> None:
    receiver.default = hang()
    house = await house_of(home, hook=f"json://127.0.0.1:{receiver.port}/?rto=60")

    sending = asyncio.create_task(send(house, "hook", deadline_s=6.0))
    await receiver.wait_for(1)
    delivered = await sending

    (outcome,) = delivered.outcomes
    assert (outcome.kind, outcome.code, outcome.is_maybe_sent) == (OutcomeKind.TRANSIENT, "timeout", True)
    assert children() == []


def children() -> list[int]:
    """The processes that this one started and that are still there."""
    found = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text()
    return [int(pid) for pid in found.split() if "apprise_child" in Path(f"/proc/{pid}/cmdline").read_text()]


async def test_check_looks_at_every_url_and_sends_nothing(receiver: Receiver, home: Path) -> None:
    well = await house_of(home, hook=f"json://127.0.0.1:{receiver.port}/", mail="mailto://ann:pass@example.com")
    ill = await house_of(home, hook=f"json://127.0.0.1:{receiver.port}/", odd=f"no-such-service://{TOKEN}")

    fine, wrong = await well.kind.check(well.context()), await ill.kind.check(ill.context())
    for house in (well, ill):
        await house.outbound.close()

    assert fine.is_ok
    assert (wrong.outcome.kind, wrong.outcome.code) == (OutcomeKind.REJECTED, "apprise_url")
    assert wrong.outcome.detail.startswith("odd: Apprise does not know")
    assert TOKEN not in repr(wrong)
    assert receiver.requests == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import sys; sys.exit(3)", (OutcomeKind.AUTH, "apprise_missing")),
        ("import sys; sys.exit('it broke')", (OutcomeKind.TRANSIENT, "apprise_broken")),
        ("print('{}')", (OutcomeKind.TRANSIENT, "apprise_broken")),
    ],
)
async def test_a_child_that_gives_no_answer_is_told_apart(
    home: Path, monkeypatch: pytest.MonkeyPatch, code: str, expected: tuple[OutcomeKind, str]
) -> None:
    monkeypatch.setattr(apprise, "ARGV", (sys.executable, "-c", code))
    house = await house_of(home, hook=f"json://127.0.0.1:9/{TOKEN}")

    (outcome,) = (await send(house, "hook")).outcomes

    assert (outcome.kind, outcome.code) == expected
    assert outcome.code in BY_CODE


def test_where_apprise_is_not_installed_the_child_says_so(tmp_path: Path) -> None:
    (tmp_path / "apprise.py").write_text("raise ImportError('hidden')")
    child = [sys.executable, "-m", "posthouse.targets.apprise_child"]

    ended = subprocess.run(child, input=b"{}", cwd=tmp_path, capture_output=True, check=False, timeout=60)

    assert ended.returncode == 3


async def test_an_endpoint_whose_url_was_taken_away_waits_for_a_person(home: Path) -> None:
    house = await house_of(home, hook="json://127.0.0.1:9/")

    delivered = await send(house, "other")
    with pytest.raises(Conflict, match="no URL named other"):
        await house.kind.preview(house.context(), make_parcel(endpoint={"url": "other"}))

    assert (delivered.outcomes[0].kind, delivered.outcomes[0].code) == (OutcomeKind.AUTH, "secret_missing")


def test_the_daemon_never_loads_apprise() -> None:
    code = (
        "import sys, posthouse.targets.apprise; print([one for one in sys.modules if one in ('apprise', 'requests')])"
    )

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60).stdout

    assert said == b"[]\n"


@pytest.mark.parametrize(
    "url", ["", "json", "json://", "://x", "a b://x", "json://x y", "json://x\n", "json://" + "x" * 9_000]
)
def test_what_is_no_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(BadInput) as refused:
        extract_secrets("apprise", {"urls": {"Hook": url}}, scope="s")

    assert (refused.value.code, refused.value.field) == ("target.secret_invalid", "urls.Hook")
    assert not url.strip() or url not in refused.value.message


@pytest.mark.parametrize("name", ["", "7", "a/b", " a", "a\n"])
def test_names_that_no_endpoint_can_have_are_refused(name: str) -> None:
    with pytest.raises(BadInput) as refused:
        target_kind("apprise").parse({"urls": {name: {"secret": "x"}}})

    assert refused.value.code == "target.settings_invalid"


@pytest.mark.parametrize(
    ("url", "hidden", "kept"),
    [
        ("tgram://123456789:AbCdEf-hij/chat-7", ["123456789", "AbCdEf-hij", "chat-7"], []),
        (
            "ntfys://ann:p%40ssword@ntfy.example.com/topic-x",
            ["p@ssword", "p%40ssword", "topic-x"],
            ["ntfy.example.com"],
        ),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnl", ["T1JJ3T3L2", "A1BRTD4JD", "TIiajkdnl"], []),
        ("json://[broken/secret-part", ["secret-part"], []),
    ],
)
def test_every_part_of_a_url_that_may_be_a_credential_is_blotted_out(
    url: str, hidden: list[str], kept: list[str]
) -> None:
    text = " ".join(("said:", url, *hidden, *kept)).encode()

    blotted = apprise._blot(text, url).decode()

    assert not any(part in blotted for part in hidden)
    assert all(part in blotted for part in kept)
