"""`/api/targets`: checked before they are saved, secrets never shown, nothing lost when they go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest

from posthouse.targets.base import target_kind
from posthouse.targets.key_pairs import new_private_key, public_key
from posthouse.targets.standard_webhooks import signing_key, verify
from tests.http.house import House
from tests.receiver import Receiver, Reply

SECRET = "whsec_" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as started:
        yield started


async def _add(house: House, url: str, *, check: bool = True, name: str = "hook", **settings: Any) -> Any:
    body = {"kind": "webhook", "name": name, "settings": {"url": url, **settings}, "check": check}
    return await house.post("/api/targets", body)


async def _secrets_in_store(house: House, target_id: int) -> list[str | None]:
    target = house.services.known.directory.targets[target_id]  # type: ignore[index]
    return [await house.secrets.get(name) for name in target_kind("webhook").secret_names(target.settings)]


def _names_in_store(house: House) -> set[str]:
    path = house.services.home / "secrets.enc"
    return set(msgspec.json.decode(path.read_bytes())["values"]) if path.exists() else set()


async def test_target_is_checked_and_then_saved(house: House, receiver: Receiver) -> None:
    answer = await _add(house, receiver.url)

    made = answer.json
    (request,) = await receiver.wait_for(1)
    assert answer.status == 201
    assert msgspec.json.decode(request.body)["type"] == "posthouse.check"
    assert (made["check"]["ok"], made["check"]["statusCode"], made["secret"]) == (True, 200, None)
    assert made["target"]["endpoints"][0]["name"] == "default"
    assert (await house.get("/api/targets/hook")).json == made["target"]
    assert (await house.get(f"/api/targets/{made['target']['id']}")).json == made["target"]


async def test_failed_check_is_422_with_its_diagnosis_and_saves_nothing(house: House, receiver: Receiver) -> None:
    receiver.default = Reply(status=404)

    answer = await _add(house, receiver.url, auth={"kind": "bearer", "token": "very-secret"})

    assert (answer.status, answer.code) == (422, "target.check_failed")
    assert set(answer.json["diagnosis"]) == {"what", "advice", "risk"}
    assert (await house.get("/api/targets")).json["items"] == []
    assert b"very-secret" not in answer.body


async def test_check_can_be_left_out(house: House, receiver: Receiver) -> None:
    answer = await _add(house, receiver.url, check=False)

    assert (answer.status, answer.json["check"], receiver.requests) == (201, None, [])


async def test_secrets_go_into_the_store_and_are_never_shown(house: House, receiver: Receiver) -> None:
    answer = await _add(house, receiver.url, auth={"kind": "bearer", "token": "very-secret"}, signingSecret=SECRET)

    target = answer.json["target"]
    shown = [await house.get(path) for path in ("/api/targets", "/api/targets/hook", "/api/status")]
    assert target["settings"]["auth"] == {"kind": "bearer", "token": {"isSet": True}}
    assert target["settings"]["signing"]["secret"] == {"isSet": True}
    assert sorted(await _secrets_in_store(house, target["id"]), key=str) == ["very-secret", SECRET]
    assert not any(b"very-secret" in one.body or SECRET.encode() in one.body for one in (answer, *shown))
    assert b"very-secret" not in house.database.path.read_bytes()
    assert receiver.requests[0].headers["authorization"] == "Bearer very-secret"


async def test_made_signing_secret_is_shown_once_and_signs(house: House, receiver: Receiver) -> None:
    answer = await _add(house, receiver.url, sign=True)

    secret = answer.json["secret"]
    (request,) = await receiver.wait_for(1)
    now_s = int(request.headers["webhook-timestamp"])
    assert verify([signing_key(secret)], request.headers, request.body, now_s=now_s)
    assert secret.encode() not in (await house.get("/api/targets/hook")).body


async def test_rotation_signs_with_both_and_drops_the_oldest(house: House, receiver: Receiver) -> None:
    made = (await _add(house, receiver.url, sign=True)).json
    first = made["secret"]

    second = (await house.post("/api/targets/hook/rotate-secret")).json["secret"]
    await house.post("/api/targets/hook/test")
    third = (await house.post("/api/targets/hook/rotate-secret")).json["secret"]

    request = (await receiver.wait_for(2))[1]
    now_s = int(request.headers["webhook-timestamp"])
    for secret in (first, second):
        assert verify([signing_key(secret)], request.headers, request.body, now_s=now_s)
    assert sorted(await _secrets_in_store(house, made["target"]["id"]), key=str) == sorted([second, third])


async def test_key_pair_is_made_and_only_its_public_key_is_shown(house: House, receiver: Receiver) -> None:
    made = (await _add(house, receiver.url, sign=True, signWith="ed25519")).json

    (request,) = await receiver.wait_for(1)
    (private,) = await _secrets_in_store(house, made["target"]["id"])
    now_s = int(request.headers["webhook-timestamp"])
    assert request.headers["webhook-signature"].startswith("v1a,")
    assert verify([signing_key(str(private))], request.headers, request.body, now_s=now_s)
    shown = (await house.get("/api/targets/hook")).json["settings"]
    assert made["secret"] == public_key(str(private)) == shown["signing"]["publicKey"]
    assert (shown["signing"]["kind"], shown["signing"]["secret"]) == ("ed25519", {"isSet": True})
    assert str(private).encode() not in (await house.get("/api/targets")).body


async def test_own_private_key_is_taken_and_kept_when_the_settings_are_sent_back(
    house: House, receiver: Receiver
) -> None:
    own = new_private_key()
    made = (await _add(house, receiver.url, signingSecret=own, check=False)).json["target"]

    again = (await house.patch("/api/targets/hook", {"settings": made["settings"]})).json
    forged = {"signing": {**made["settings"]["signing"], "publicKey": "whpk_forged", "kind": "hmac"}}
    unforged = (await house.patch("/api/targets/hook", {"settings": forged})).json

    assert made["settings"]["signing"]["publicKey"] == public_key(own)
    assert made["settings"] == again["settings"] == unforged["settings"]
    assert await _secrets_in_store(house, made["id"]) == [own]


async def test_changing_over_to_a_key_pair_signs_with_both(house: House, receiver: Receiver) -> None:
    shared = (await _add(house, receiver.url, sign=True)).json["secret"]

    refused = await house.patch("/api/targets/hook", {"settings": {"signWith": "ed25519"}})
    public = (await house.post("/api/targets/hook/rotate-secret?with=ed25519")).json["secret"]
    await house.post("/api/targets/hook/test")

    request = (await receiver.wait_for(2))[1]
    now_s = int(request.headers["webhook-timestamp"])
    versions = [one.split(",")[0] for one in request.headers["webhook-signature"].split(" ")]
    assert (refused.status, refused.json["field"]) == (400, "settings.signWith")
    assert versions == ["v1a", "v1"]
    assert verify([signing_key(shared)], request.headers, request.body, now_s=now_s)
    assert (await house.get("/api/targets/hook")).json["settings"]["signing"]["publicKey"] == public
    again = (await house.post("/api/targets/hook/rotate-secret")).json["secret"]
    assert again.startswith("whpk_")
    assert again != public


@pytest.mark.parametrize("settings", [{"sign": True, "signWith": "rsa"}, {"signingSecret": "whsk_short"}])
async def test_signing_that_is_none_is_refused(house: House, receiver: Receiver, settings: dict[str, Any]) -> None:
    answer = await _add(house, receiver.url, **settings)

    assert answer.status == 400
    assert (await house.get("/api/targets")).json["items"] == []


async def test_rotation_of_what_does_not_sign_is_409(house: House, receiver: Receiver) -> None:
    await _add(house, receiver.url)

    assert (await house.post("/api/targets/hook/rotate-secret")).code == "target.not_signed"


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"name": "1"}, 400, "target.name_invalid", "name"),
        ({"name": "a/b"}, 400, "target.name_invalid", "name"),
        ({"name": ""}, 400, "request.invalid", "name"),
        ({"kind": "pigeon"}, 400, "target.unknown_kind", "kind"),
        ({"settings": {}}, 400, "target.settings_invalid", None),
        ({"settings": {"url": "ftp://x/"}}, 400, "target.url_invalid", "url"),
        ({"settings": {"url": "http://127.0.0.1/", "sign": "yes"}}, 400, "request.invalid", "settings.sign"),
        (
            {"settings": {"url": "http://127.0.0.1/", "signingSecret": "x"}},
            400,
            "target.secret_invalid",
            "signing.secret",
        ),
        (
            {"settings": {"url": "http://127.0.0.1/", "auth": {"kind": "bearer", "token": {"secret": "target/1/x"}}}},
            400,
            "target.secret_unknown",
            "auth.token",
        ),
        ({"colour": "red"}, 400, "request.invalid", None),
        ({"check": "true"}, 400, "request.invalid", "check"),
    ],
)
async def test_target_that_does_not_fit_is_refused(
    house: House, change: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    body = {"kind": "webhook", "name": "hook", "settings": {"url": "http://127.0.0.1:9/"}, "check": False}

    answer = await house.post("/api/targets", body | change)

    assert (answer.status, answer.code, answer.json.get("field")) == (status, code, field)
    assert (await house.get("/api/targets")).json["items"] == []


async def test_name_is_taken_before_anything_is_sent(house: House, receiver: Receiver) -> None:
    await _add(house, receiver.url, check=False)

    answer = await _add(house, receiver.url)

    assert (answer.status, answer.code, receiver.requests) == (409, "target.name_taken", [])


async def test_edit_changes_what_it_names_and_keeps_the_secrets(house: House, receiver: Receiver) -> None:
    made = (await _add(house, receiver.url, check=False, auth={"kind": "bearer", "token": "kept"})).json["target"]

    renamed = await house.patch("/api/targets/hook", {"name": "new", "settings": {"headers": {"x-team": "blue"}}})
    sent_back = await house.patch("/api/targets/new", {"settings": renamed.json["settings"]})

    assert (renamed.json["name"], renamed.json["settings"]["headers"]) == ("new", {"x-team": "blue"})
    assert sent_back.json["settings"] == renamed.json["settings"]
    assert await _secrets_in_store(house, made["id"]) == ["kept"]


async def test_replaced_secret_leaves_the_store(house: House, receiver: Receiver) -> None:
    made = (await _add(house, receiver.url, check=False, auth={"kind": "bearer", "token": "old"})).json["target"]
    before = house.services.known.directory.targets[made["id"]].settings

    await house.patch("/api/targets/hook", {"settings": {"auth": {"kind": "bearer", "token": "new"}}})

    old_name = msgspec.json.decode(before)["auth"]["token"]["secret"]
    assert await house.secrets.get(old_name) is None
    assert await _secrets_in_store(house, made["id"]) == ["new"]


async def test_refused_edit_leaves_no_secret_behind(house: House, receiver: Receiver) -> None:
    await _add(house, receiver.url, check=False, name="other")
    await _add(house, receiver.url, check=False)
    before = _names_in_store(house)

    answer = await house.patch(
        "/api/targets/hook", {"name": "other", "settings": {"auth": {"kind": "bearer", "token": "x"}}}
    )

    assert answer.code == "target.name_taken"
    assert _names_in_store(house) == before


async def test_mistyped_target_is_404_with_what_was_meant(house: House) -> None:
    await house.add_hook("http://127.0.0.1:9/", "workshop")

    answer = await house.get("/api/targets/workshp")

    assert (answer.status, answer.code) == (404, "target.not_found")
    assert "workshop" in answer.json["detail"]


async def test_test_tells_and_changes_nothing(house: House, receiver: Receiver) -> None:
    await _add(house, receiver.url, check=False)
    receiver.reply(Reply(status=401))

    failed = await house.post("/api/targets/hook/test")
    passed = await house.post("/api/targets/hook/test")

    assert (failed.status, failed.json["ok"], passed.json["ok"]) == (200, False, True)
    assert failed.json["error"]
    assert failed.json["diagnosis"]["advice"]
    assert (await house.get("/api/targets/hook")).json["health"]["state"] == "ok"


async def _paused_with_one_waiting(house: House, receiver: Receiver) -> None:
    await _add(house, receiver.url, check=False)
    assert (await house.post("/api/targets/hook/pause")).json["ok"] is True
    await house.post("/api/bindings", {"source": "ingest", "target": "hook"})
    await house.post("/api/events", {"type": "t"})


async def test_paused_target_holds_what_comes_and_resuming_sends_it(house: House, receiver: Receiver) -> None:
    await _paused_with_one_waiting(house, receiver)

    health = (await house.get("/api/targets/hook/health")).json
    (waiting,) = (await house.get("/api/deliveries?status=target_paused")).json["items"]
    resumed = (await house.post("/api/targets/hook/resume")).json
    await receiver.wait_for(1)

    assert (health["state"], health["cause"], health["queued"]) == ("paused", "manual", 1)
    assert health["endpoints"][0]["queued"] == 1
    assert (waiting["status"], waiting["isPaused"]) == ("target_paused", True)
    assert (resumed["ok"], resumed["resumed"]) == (True, 1)


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Ask again until it is so."""
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110 - each asking goes over the socket, and is the wait
            await asyncio.sleep(0)


async def test_failed_reconnect_leaves_it_paused_and_a_passed_one_sends(house: House, receiver: Receiver) -> None:
    await _add(house, receiver.url, check=False)
    await house.post("/api/bindings", {"source": "ingest", "target": "hook"})
    receiver.default = Reply(status=401)
    await house.post("/api/events", {"type": "t"})

    async def is_paused() -> bool:
        return bool((await house.get("/api/targets/hook/health")).json["state"] == "paused")

    await _until(is_paused)
    needs = (await house.get("/api/status")).json["attention"]

    failed = (await house.post("/api/targets/hook/reconnect")).json
    still = await is_paused()
    receiver.default = Reply()
    sent = len(receiver.requests)
    passed = (await house.post("/api/targets/hook/reconnect")).json
    await receiver.wait_for(sent + 2)

    assert [item["target"] for item in needs] == ["hook"]
    assert (failed["ok"], failed["resumed"], still) == (False, 0, True)
    assert (passed["ok"], passed["resumed"], passed["error"]) == (True, 1, None)


async def test_address_that_is_gone_waits_until_it_is_re_pointed(house: House, receiver: Receiver) -> None:
    await _add(house, receiver.url, check=False)
    await house.post("/api/bindings", {"source": "ingest", "target": "hook"})
    receiver.default = Reply(status=410)
    await house.post("/api/events", [{"type": "a"}])

    async def is_gone() -> bool:
        return bool((await house.get("/api/targets/hook")).json["health"]["cause"] == "gone")

    await _until(is_gone)
    await house.post("/api/events", [{"type": "b"}])

    async with Receiver() as successor:
        changed = await house.patch("/api/targets/hook", {"settings": {"url": successor.url}})
        (request,) = await successor.wait_for(1)

    assert changed.json["health"]["state"] == "resuming"
    assert msgspec.json.decode(request.body)["type"] in ("a", "b")


async def test_two_edits_at_once_do_not_undo_each_other(house: House, receiver: Receiver) -> None:
    await _add(house, receiver.url, check=False)

    answers = await asyncio.gather(
        *(house.patch("/api/targets/hook", {"settings": {"headers": {f"x-{n}": "1"}}}) for n in range(5))
    )

    taken = [answer for answer in answers if answer.status == 200]
    assert taken
    assert all(answer.code == "target.changed_meanwhile" for answer in answers if answer.status != 200)
    assert (await house.get("/api/targets/hook")).json["settings"]["headers"] in [
        answer.json["settings"]["headers"] for answer in taken
    ]


async def test_removal_asks_about_what_waits(house: House, receiver: Receiver) -> None:
    await _paused_with_one_waiting(house, receiver)

    refused = await house.delete("/api/targets/hook")
    dismissed = await house.delete("/api/targets/hook?waiting=dismiss")

    assert (refused.status, refused.code, refused.json["waiting"]) == (409, "target.has_waiting", 1)
    assert (dismissed.status, dismissed.json) == (200, {"waiting": 1})
    assert (await house.get("/api/targets")).json["items"] == []
    assert (await house.get("/api/bindings")).json["items"] == []
    (delivery,) = (await house.get("/api/deliveries")).json["items"]
    assert delivery["status"] == "dismissed"


async def test_removed_target_takes_its_secrets_along(house: House, receiver: Receiver) -> None:
    made = (await _add(house, receiver.url, auth={"kind": "bearer", "token": "gone"})).json["target"]
    settings = msgspec.json.decode(house.services.known.directory.targets[made["id"]].settings)

    assert (await house.delete("/api/targets/hook")).status == 200

    assert await house.secrets.get(settings["auth"]["token"]["secret"]) is None
    assert (await house.get("/api/targets/hook")).code == "target.not_found"


async def test_removal_may_deliver_first(house: House, receiver: Receiver) -> None:
    await _paused_with_one_waiting(house, receiver)

    removal = await house.delete("/api/targets/hook?waiting=deliver")
    listed = (await house.get("/api/targets")).json["items"]
    await house.post(f"/api/targets/{listed[0]['id']}/resume")
    await receiver.wait_for(1)

    async def is_gone() -> bool:
        return not (await house.get("/api/targets")).json["items"]

    await _until(is_gone)
    assert removal.json == {"waiting": 1}
    assert [target["name"] for target in listed] == ["hook"]


async def test_targets_are_paged(house: House) -> None:
    for number in range(5):
        await house.add_hook("http://127.0.0.1:9/", f"hook-{number}")

    names, cursor = [], None
    while True:
        page = (await house.get("/api/targets?limit=2" + (f"&cursor={cursor}" if cursor else ""))).json
        names += [target["name"] for target in page["items"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break

    assert names == [f"hook-{number}" for number in range(5)]
