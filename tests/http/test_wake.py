"""`/api/wake-schedule`: marking hours, waking by hand, whom to wake, and every word that does not fit."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from posthouse.ledger.sources import ensure_sources
from posthouse.ledger.state import NewEmission, commit_emission
from posthouse.model.ids import Millis
from posthouse.model.rate_limits import RateLimits, RateWindow
from posthouse.model.sources import StatePut
from posthouse.sources.agent_logs.codex_state import LIMITS
from posthouse.sources.agents.codex_logs import LIMITS_KEY
from tests.http.house import Answer, House
from tests.http.notifying import secrets_kept
from tests.receiver import Receiver, Reply

DAY_MS = 86_400_000
PATH = "/api/wake-schedule"


@pytest.fixture
async def waking(house: House) -> House:
    """A house with the wake schedule at work, as every installation has it."""
    await house.database.run(ensure_sources, ("wake-schedule",), house.services.clock.now())
    await house.services.known.reload()
    house.services.collection.start()
    await until_at_work(house)
    return house


@pytest.fixture
async def service() -> AsyncIterator[Receiver]:
    async with Receiver() as running:
        yield running


async def until_at_work(house: House) -> None:
    """The source takes what it is told."""
    for _ in range(2_000):
        if (await toggle(house, 23, "off")).status == 200:
            return
        await house.database.read(lambda _: None)
    raise AssertionError("the wake schedule does not run")


async def toggle(house: House, hour: Any, action: Any, **more: Any) -> Answer:
    return await house.post(f"{PATH}/toggle", {"hour": hour, "action": action, **more})


async def view(house: House) -> Any:
    answer = await house.get(PATH)
    assert answer.status == 200, answer.body
    return answer.json


async def add(house: House, label: str, url: str = "http://127.0.0.1:9/", **more: Any) -> Answer:
    return await house.post(f"{PATH}/accounts", {"label": label, "ask": {"kind": "request", "url": url}, **more})


async def until_answered(house: House) -> Any:
    """The last wake, once every account has answered or waits for its retry."""
    for _ in range(2_000):
        last = (await view(house))["lastWake"]
        if last is not None and all(one["ok"] is not None for one in last["results"]):
            return last
        await house.database.read(lambda _: None)
    raise AssertionError("not everybody answered")


async def test_a_fresh_schedule_has_no_hour_no_wake_and_no_retry(waking: House) -> None:
    found = await view(waking)

    assert found.pop("timeZone")
    assert found == {
        "schedule": {},
        "resetOffsetHours": 5,
        "probeSlotMinutes": 15,
        "lastWake": None,
        "pendingRetry": None,
        "zones": {},
        "accounts": [],
        "resets": [],
        "isOn": True,
    }


async def test_a_marked_hour_has_four_slots_in_its_zone(waking: House) -> None:
    answer = await toggle(waking, 9, "on", timeZone="Europe/Berlin")

    assert answer.status == 200, answer.body
    found = answer.json
    assert found == await view(waking)
    assert (found["timeZone"], found["zones"]) == ("Europe/Berlin", {"9": "Europe/Berlin"})
    slots = found["schedule"]["9"]
    assert sorted(slots, key=int) == ["0", "15", "30", "45"]
    now = waking.services.clock.now()
    assert all(now < at <= now + 25 * DAY_MS // 24 for at in slots.values())
    assert {at // 60_000 % 60 for at in slots.values()} == {0, 15, 30, 45}


async def test_marking_and_clearing_can_be_repeated(waking: House) -> None:
    once = (await toggle(waking, 9, "on", timeZone="UTC")).json
    assert (await toggle(waking, 9, "on", timeZone="UTC")).json == once
    moved = (await toggle(waking, 9, "on", timeZone="Asia/Tokyo")).json
    assert (moved["zones"], list(moved["schedule"])) == ({"9": "Asia/Tokyo"}, ["9"])

    cleared = await toggle(waking, 9, "off")
    assert (cleared.status, cleared.json["schedule"]) == (200, {})
    again = await toggle(waking, 9, "off", timeZone=7, timestamps="whatever")
    assert (again.status, again.json) == (200, cleared.json)


async def test_first_fires_are_taken_as_a_list_or_by_minute(waking: House) -> None:
    now = waking.services.clock.now()
    firsts = [now + DAY_MS // 2 + minute * 60_000 for minute in (0, 15, 30, 45)]

    listed = await toggle(waking, 4, "on", timeZone="UTC", timestamps=firsts)
    named = dict(zip(("0", "15", "30", "45"), firsts, strict=True))
    by_minute = await toggle(waking, 5, "on", timeZone="UTC", timestamps=named)

    assert listed.json["schedule"]["4"] == named
    assert by_minute.json["schedule"]["5"] == named


ON: dict[str, Any] = {"hour": 9, "action": "on"}


MISFITS: list[tuple[Any, str]] = [
    ({"action": "on"}, "request.invalid"),
    ({"hour": 9}, "request.invalid"),
    ({"hour": True, "action": "on"}, "request.invalid"),
    ({"hour": 5.0, "action": "on"}, "request.invalid"),
    ({"hour": 5.5, "action": "on"}, "request.invalid"),
    ({"hour": "9", "action": "on"}, "request.invalid"),
    ({"hour": None, "action": "on"}, "request.invalid"),
    ({"hour": -1, "action": "on"}, "request.invalid"),
    ({"hour": 24, "action": "on"}, "request.invalid"),
    ({"hour": 10**30, "action": "on"}, "request.invalid"),
    ({"hour": 9, "action": "toggle"}, "request.invalid"),
    ({"hour": 9, "action": True}, "request.invalid"),
    ({"hour": 9, "action": None}, "request.invalid"),
    (ON | {"zone": "UTC"}, "request.invalid"),
    ([9, "on"], "request.invalid"),
    (ON | {"timeZone": "Mars/Olympus"}, "wake.unknown_zone"),
    (ON | {"timeZone": ""}, "wake.unknown_zone"),
    (ON | {"timeZone": "../../etc/passwd"}, "wake.unknown_zone"),
    (ON | {"timeZone": 2}, "wake.unknown_zone"),
    (ON | {"timestamps": []}, "wake.timestamps_invalid"),
    (ON | {"timestamps": [1, 2, 3]}, "wake.timestamps_invalid"),
    (ON | {"timestamps": [1, 2, 3, 4, 5]}, "wake.timestamps_invalid"),
    (ON | {"timestamps": [0, 0, 0, 0]}, "wake.timestamps_invalid"),
    (ON | {"timestamps": [True, True, True, True]}, "wake.timestamps_invalid"),
    (ON | {"timestamps": ["1", "2", "3", "4"]}, "wake.timestamps_invalid"),
    (ON | {"timestamps": [None, None, None, None]}, "wake.timestamps_invalid"),
    (ON | {"timestamps": [10**400, 1, 1, 1]}, "wake.timestamps_invalid"),
    (ON | {"timestamps": {"0": 1, "15": 1, "30": 1}}, "wake.timestamps_invalid"),
    (ON | {"timestamps": {"0": 1, "15": 1, "30": 1, "44": 1}}, "wake.timestamps_invalid"),
    (ON | {"timestamps": "soon"}, "wake.timestamps_invalid"),
    (ON | {"timestamps": 5}, "wake.timestamps_invalid"),
]


async def test_what_does_not_fit_is_refused_and_changes_nothing(waking: House) -> None:
    await toggle(waking, 9, "on", timeZone="Europe/Berlin")
    before = await view(waking)

    for body, code in MISFITS:
        answer = await waking.post(f"{PATH}/toggle", raw=json.dumps(body).encode())
        assert (body, answer.status, answer.code) == (body, 400, code)
    for number in (b"NaN", b"Infinity", b"-Infinity", b"1e999"):
        text = b'{"hour": 9, "action": "on", "timestamps": [%b, 1, 1, 1]}' % number
        answer = await waking.post(f"{PATH}/toggle", raw=text)
        assert (number, answer.status, answer.code[:8]) == (number, 400, "request.")

    assert await view(waking) == before


async def test_a_wake_by_hand_asks_everybody_at_any_time_and_tells_what_each_said(
    waking: House, service: Receiver
) -> None:
    service.default = lambda request: (
        Reply(status=200, body=b"hello") if request.path == "/well" else Reply(status=429, body=b"come back at nine")
    )
    base = service.url.rpartition("/")[0]
    await add(waking, "well", f"{base}/well")
    await add(waking, "spent", f"{base}/spent")

    run = await waking.post(f"{PATH}/wake", {})

    assert run.status == 200, run.body
    assert (run.json["accounts"], run.json["reason"]) == (["well", "spent"], "manual wake")
    last = await until_answered(waking)
    assert (last["ok"], last["reason"], last["firedAt"]) == (False, "manual wake", run.json["firedAt"])
    said = {one["label"]: (one["ok"], one["status"], one["error"], one["state"]) for one in last["results"]}
    assert said == {
        "well": (True, 200, "", "answered"),
        "spent": (False, 429, "come back at nine", "retrying"),
    }
    pending = (await view(waking))["pendingRetry"]
    assert (pending["retriesLeft"], pending["accounts"], pending["reason"]) == (6, ["spent"], "manual wake")
    assert 200_000 < pending["nextRetryAt"] - run.json["firedAt"] < 400_000
    targets = (await waking.get("/api/targets")).json["items"]
    assert {one["health"]["state"] for one in targets} == {"ok"}


async def test_a_wake_by_hand_can_be_for_some(waking: House, service: Receiver) -> None:
    first = (await add(waking, "one", service.url)).json
    await add(waking, "two", service.url)

    run = await waking.post(f"{PATH}/wake", {"accounts": [first["id"]]})

    assert run.json["accounts"] == ["one"]
    assert [one["label"] for one in (await until_answered(waking))["results"]] == ["one"]
    assert len(service.requests) == 1
    assert (await waking.post(f"{PATH}/wake", {"accounts": ["tow"]})).code == "wake.account_not_found"


async def test_nobody_to_wake_is_said(waking: House) -> None:
    answer = await waking.post(f"{PATH}/wake", {})

    assert (answer.status, answer.code) == (409, "wake.no_accounts")
    assert (await view(waking))["lastWake"] is None


async def test_a_wake_that_names_nobody_rightly_is_refused(waking: House) -> None:
    await add(waking, "one")

    bodies: list[Any] = [{"accounts": []}, {"accounts": [None]}, {"accounts": "one"}, {"who": "all"}, []]
    for body in bodies:
        assert (await waking.post(f"{PATH}/wake", body)).status == 400
    assert (await view(waking))["lastWake"] is None


async def test_while_the_source_is_off_nothing_can_be_told_to_it(waking: House) -> None:
    await add(waking, "one")
    await waking.post("/api/sources/wake-schedule/disable")

    assert (await toggle(waking, 9, "on")).code == "source.not_running"
    assert (await waking.post(f"{PATH}/wake", {})).code == "source.not_running"
    assert (await view(waking))["isOn"] is False


async def test_accounts_are_added_shown_without_secrets_and_removed_with_them(waking: House) -> None:
    before = await secrets_kept(waking)
    ask = {"kind": "request", "url": "https://example.com/", "secret_headers": {"Authorization": "Bearer sk-hidden"}}
    made = await waking.post(f"{PATH}/accounts", {"label": "work", "ask": ask, "windowHours": 24})

    assert made.status == 201, made.body
    account = made.json
    assert account["ask"]["secret_headers"] == {"authorization": {"isSet": True}}
    assert (account["windowHours"], account["preset"], account["problem"]) == (24, None, None)
    assert (await view(waking))["accounts"] == [account]
    assert (await waking.get(f"{PATH}/accounts")).json == {"items": [account], "nextCursor": None}
    assert await secrets_kept(waking) == before + 1
    binding = (await waking.get(f"/api/bindings/{account['id']}")).json
    assert binding["policy"]["retryScheduleS"] == [300.0] * 6
    assert sorted(binding["policy"]["retryKinds"]) == ["auth", "gone", "rate_limited", "rejected", "transient"]

    gone = await waking.delete(f"{PATH}/accounts/work")

    assert (gone.status, gone.json["items"]) == (200, [])
    assert await secrets_kept(waking) == before
    assert (await waking.get("/api/targets")).json["items"] == []
    assert (await waking.delete(f"{PATH}/accounts/work")).code == "wake.account_not_found"


async def test_a_removed_account_is_asked_no_more(waking: House, service: Receiver) -> None:
    service.default = Reply(status=500)
    await add(waking, "one", service.url)
    await waking.post(f"{PATH}/wake", {})
    await until_answered(waking)

    await waking.delete(f"{PATH}/accounts/one")

    found = await view(waking)
    assert (found["pendingRetry"], found["lastWake"]["results"][0]["state"]) == (None, "dismissed")


async def test_a_preset_is_the_agents_own_program_with_its_variables_hidden(waking: House) -> None:
    made = await waking.post(
        f"{PATH}/accounts", {"label": "two", "preset": "claude", "env": {"CLAUDE_CONFIG_DIR": "/home/two/.claude"}}
    )

    assert made.status == 201, made.body
    account = made.json
    assert account["ask"]["argv"][:2] == ["claude", "-p"]
    assert account["ask"]["env"] == {"CLAUDE_CONFIG_DIR": {"isSet": True}}
    assert (account["preset"], account["windowHours"]) == ("claude", 5)
    assert "commands.allowed" in account["problem"]
    await waking.patch("/api/settings/commands.allowed", {"value": True})
    assert (await view(waking))["accounts"][0]["problem"] is None


UNFIT_ACCOUNTS: list[tuple[dict[str, Any], str]] = [
    ({"label": "one"}, "wake.account_invalid"),
    ({"label": "one", "preset": "claude", "ask": {"kind": "command", "argv": ["a"]}}, "wake.account_invalid"),
    ({"label": "one", "ask": {"kind": "command", "argv": ["a"]}, "env": {"A": "b"}}, "wake.account_invalid"),
    ({"label": "one", "preset": "cursor"}, "request.invalid"),
    ({"label": "", "preset": "codex"}, "request.invalid"),
    ({"label": "a/b", "preset": "codex"}, "target.name_invalid"),
    ({"label": "one", "preset": "codex", "windowHours": 0}, "request.invalid"),
    ({"label": "one", "preset": "codex", "windowHours": 169}, "request.invalid"),
    ({"label": "one", "preset": "codex", "windowHours": True}, "request.invalid"),
    ({"label": "one", "preset": "codex", "env": {"A=": "b"}}, "target.program_invalid"),
    ({"label": "one", "ask": {"kind": "request", "url": "gopher://x"}}, "target.url_invalid"),
    ({"label": "one", "ask": {"kind": "request"}}, "target.settings_invalid"),
    ({"label": "one", "ask": {"kind": "command", "argv": ["bin/a"]}}, "target.program_invalid"),
    ({"label": "one", "ask": {"argv": ["a"]}}, "target.settings_invalid"),
    ({"label": "taken", "preset": "codex", "env": {"A": "b"}}, "target.name_taken"),
]


async def test_an_account_that_does_not_fit_is_refused_and_nothing_is_kept(waking: House) -> None:
    await add(waking, "taken")
    before, secrets = await view(waking), await secrets_kept(waking)

    for body, code in UNFIT_ACCOUNTS:
        answer = await waking.post(f"{PATH}/accounts", body)
        status = 409 if code == "target.name_taken" else 400
        assert (body, answer.status, answer.code) == (body, status, code)
        assert answer.json.get("field") != "name"

    assert (await view(waking), await secrets_kept(waking)) == (before, secrets)


async def test_a_check_asks_now_and_is_no_run(waking: House, service: Receiver) -> None:
    service.reply(Reply(status=401, body=b"sign in again"))
    await add(waking, "one", service.url)

    refused = await waking.post(f"{PATH}/accounts/one/check")
    assert refused.json == {"ok": False, "status": 401, "error": "sign in again"}
    assert (await waking.post(f"{PATH}/accounts/one/check")).json == {"ok": True, "status": 200, "error": ""}
    assert (await view(waking))["lastWake"] is None
    assert (await waking.post(f"{PATH}/accounts/two/check")).code == "wake.account_not_found"


async def test_what_others_bind_to_the_wake_is_no_account(waking: House, service: Receiver) -> None:
    await waking.add_hook(service.url)
    bound = await waking.post("/api/bindings", {"source": "wake-schedule", "target": "hook"})
    assert bound.status == 201, bound.body

    assert (await view(waking))["accounts"] == []


async def test_when_a_window_really_ends_is_told_where_its_service_said_so(waking: House) -> None:
    now = waking.services.clock.now()
    await waking.database.run(ensure_sources, ("agents", "codex-stats"), now)
    await waking.services.known.reload()

    async def hear(name: str, key: str, resets_at: int) -> None:
        source = next(one for one in waking.services.known.directory.sources.values() if one.name == name)
        limits = RateLimits(heard_at=now, primary=RateWindow(used_percent=9.0, resets_at=Millis(resets_at)))
        put = StatePut(key, msgspec.json.encode(limits))
        heard = NewEmission(source_id=source.id, machine="here", events=(), state_puts=(put,))
        await waking.database.run(commit_emission, heard)

    await hear("agents", LIMITS_KEY, now + 3_600_000)
    await hear("codex-stats", LIMITS, now + 1_800_000)
    assert (await view(waking))["resets"] == [{"label": "agents", "at": now + 3_600_000, "source": "agents"}]
    await waking.post(f"{PATH}/accounts", {"label": "mine", "preset": "codex"})
    assert [one["label"] for one in (await view(waking))["resets"]] == ["mine"]
    await hear("agents", LIMITS_KEY, now - 1)
    assert (await view(waking))["resets"] == [], "it has ended, and the other source is off"


async def test_every_change_and_run_is_told_in_the_live_stream(waking: House, service: Receiver) -> None:
    await add(waking, "one", service.url)
    cursor = (await waking.get("/api/live/snapshot")).json["cursor"]
    await toggle(waking, 9, "on", timeZone="UTC")
    await waking.post(f"{PATH}/wake", {})
    await toggle(waking, 9, "off")

    entries = (await waking.get(f"/api/live/poll?cursor={cursor}")).json["items"]

    told = [one["event"]["payload"] for one in entries if one["event"]["type"] == "wake_update"]
    assert [(one["state"], one["detail"]) for one in told] == [
        ("marked", "09:00 UTC"),
        ("run", "manual wake"),
        ("cleared", "09:00"),
    ]
