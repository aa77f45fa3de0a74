"""The token of `/api/notifications`, tests that really go out, and what became of each message."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

import pytest

from tests.http.house import House
from tests.http.notifying import TOKEN, config_of, put, secrets_kept, told, url_of
from tests.receiver import Receiver, Reply, hang
from tests.servers.ntfy import NtfyServer

# The token.


async def test_token_is_in_the_secret_store_and_nowhere_else(
    ready: House, phone: tuple[NtfyServer, Receiver], capfd: pytest.CaptureFixture[str]
) -> None:
    server, receiver = phone
    answers = [await put(ready, enabled=True, topic="mine", server=url_of(receiver), authToken=TOKEN)]
    server.token = "another"
    receiver.reply(Reply(status=403, body=json.dumps({"error": f"no rights for {TOKEN} here"}).encode()))
    answers.append(await ready.post("/api/notifications/test"))
    answers += [await ready.get(f"/api/{one}") for one in ("notifications", "targets", "settings", "live/snapshot")]

    assert answers[1].status == 502
    assert "no rights for [hidden] here" in answers[1].json["detail"]
    printed = "".join(capfd.readouterr())
    ledger = b"".join(path.read_bytes() for path in ready.services.home.glob("ledger.db*"))
    for form in (TOKEN, json.dumps(TOKEN)[1:-1]):
        assert all(form not in answer.body.decode() for answer in answers)
        assert form not in printed
        assert form.encode() not in ledger
    sent = next(one for one in receiver.requests if one.method == "POST")
    assert sent.headers["authorization"] == f"Bearer {TOKEN}"


async def test_cleared_and_replaced_tokens_leave_the_store(ready: House) -> None:
    await put(ready, topic="mine", authToken="tk_first")
    assert await secrets_kept(ready) == 1
    await put(ready, authToken="tk_second")
    assert await secrets_kept(ready) == 1

    await put(ready, authToken="")

    assert await secrets_kept(ready) == 0
    assert (await config_of(ready))["hasAuthToken"] is False


async def test_clearing_a_token_leaves_a_password_alone(ready: House) -> None:
    await put(ready, topic="mine")
    auth = {"kind": "basic", "username": "me", "password": "pass-word"}
    await ready.patch("/api/targets/ntfy", {"settings": {"auth": auth}})

    config = (await put(ready, authToken="")).json["config"]

    assert config["hasAuthToken"] is False
    assert (await ready.get("/api/targets/ntfy")).json["settings"]["auth"]["kind"] == "basic"
    assert (await put(ready, authToken="tk_now")).json["config"]["hasAuthToken"] is True
    assert await secrets_kept(ready) == 1


async def test_new_token_lets_go_what_the_old_one_paused(ready: House, phone: tuple[NtfyServer, Receiver]) -> None:
    server, receiver = phone
    await put(ready, topic="mine", server=url_of(receiver), authToken="tk_wrong")
    taken = (await ready.post("/api/bindings", {"source": "ingest", "target": "ntfy"})).json
    await ready.post("/api/events", {"type": "t"})
    await _until(ready, "/api/targets/ntfy", lambda target: target["health"]["cause"] == "auth")

    await put(ready, authToken=TOKEN)

    found = await _until(ready, f"/api/deliveries?binding={taken['id']}", lambda page: _all(page, "delivered"))
    assert len(found["items"]) == len(server.shown) == 1


def _all(page: Any, status: str) -> bool:
    return bool(page["items"]) and all(one["status"] == status for one in page["items"])


async def _until(house: House, path: str, is_so: Any) -> Any:
    async with asyncio.timeout(20):
        while True:
            found = (await house.get(path)).json
            if is_so(found):
                return found


# The test message.


async def test_test_message_reaches_the_phone_as_it_is_configured(
    ready: House, phone: tuple[NtfyServer, Receiver]
) -> None:
    server, receiver = phone
    await put(ready, enabled=True, topic="mine", server=url_of(receiver), authToken=TOKEN)

    answer = await ready.post("/api/notifications/test")

    assert (answer.status, answer.json) == (200, {"ok": True, "status": 200})
    (shown,) = server.shown.values()
    assert (shown["topic"], shown["priority"]) == ("mine", 3)
    assert "test" in (shown["title"] + shown["message"]).lower()
    assert (await ready.get("/api/events?type=agent.*")).json["items"] == []
    assert (await ready.get("/api/notifications/recent")).json["items"] == []


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({}, "notifications.disabled"),
        ({"topic": "mine"}, "notifications.disabled"),
        ({"topic": "mine", "enabled": True, "events": {"turn-completed": False}}, "notifications.event_off"),
    ],
)
async def test_test_is_refused_where_nothing_would_be_told(ready: House, config: Any, code: str) -> None:
    assert (await put(ready, **config)).status == 200

    answer = await ready.post("/api/notifications/test")

    assert (answer.status, answer.code) == (400, code)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (
            Reply(status=403, body=b'{"code": 40301, "http": 403, "error": "forbidden"}'),
            "The server answered 403 Forbidden: forbidden",
        ),
        (
            Reply(status=500, body=b"<h1>\x00Down\r\nagain</h1>"),
            "The server answered 500 Internal Server Error: <h1>Down again</h1>",
        ),
        (Reply(status=599, body=b"odd"), "The server answered 599: odd"),
        (Reply(status=502, body=b""), "The receiver answered 502."),
        (Reply(status=200, body=b"Welcome!"), "Something answered, but it is no ntfy server. It said: Welcome!"),
        (Reply(is_closed=True), None),
    ],
)
async def test_failed_test_is_502_with_the_servers_words(ready: House, reply: Reply, words: str | None) -> None:
    async with Receiver() as receiver:
        await put(ready, enabled=True, topic="mine", server=url_of(receiver))
        receiver.default = reply

        answer = await ready.post("/api/notifications/test")

    assert (answer.status, answer.code) == (502, "notifications.test_failed")
    assert words is None or answer.json["detail"] == words
    assert all(answer.json["diagnosis"][part] for part in ("what", "advice", "risk"))


async def test_words_of_a_failed_test_are_two_hundred_characters_at_most(ready: House) -> None:
    async with Receiver() as receiver:
        await put(ready, enabled=True, topic="mine", server=url_of(receiver))
        receiver.default = Reply(status=500, body="é".encode() * 5_000)

        detail = (await ready.post("/api/notifications/test")).json["detail"]

    assert len(detail) == 200
    assert detail.endswith("é…")


async def test_server_that_is_not_there_is_told_in_words(ready: House) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        await put(ready, enabled=True, topic="mine", server=f"http://127.0.0.1:{taken.getsockname()[1]}")
        refused = await ready.post("/api/notifications/test")
    await put(ready, server="https://push.invalid")
    unknown = await ready.post("/api/notifications/test")

    for answer in (refused, unknown):
        assert (answer.status, answer.code) == (502, "notifications.test_failed")
        assert 0 < len(answer.json["detail"]) <= 200


async def test_server_that_never_answers_is_given_up_at_the_deadline(ready: House) -> None:
    async with Receiver() as receiver:
        await put(ready, enabled=True, topic="mine", server=url_of(receiver))
        await ready.patch("/api/settings/delivery.deadline_s", {"value": 1})
        receiver.default = hang()

        answer = await ready.post("/api/notifications/test")

    assert (answer.status, answer.code) == (502, "notifications.test_failed")
    assert answer.json["detail"]


# What became of notifications.


async def test_recent_tells_of_each_its_agent_its_receiver_and_its_fate(ready: House) -> None:
    await put(ready, enabled=True, topic="mine")
    ends = [
        ("pending", None, "waiting"),
        ("in_flight", None, "sending"),
        ("delivered", None, "sent"),
        ("failed", None, "waiting"),
        ("dlq", None, "failed"),
        ("dismissed", "by_hand", "dismissed"),
        ("expired", "time_limit", "expired"),
        ("withheld", "merged", "merged"),
        *(
            ("withheld", reason, "withheld")
            for reason in (
                "notifications_off", "event_off", "subagent", "quiet_hours", "at_desk", "resolved", "nothing_to_update"
            )
        ),
    ]  # fmt: skip
    made = [(await told(ready, status=status, reason=reason))[0] for status, reason, _ in ends]

    found = (await ready.get("/api/notifications/recent")).json

    assert found["nextCursor"] is None
    items = list(reversed(found["items"]))
    assert [one["deliveryId"] for one in items] == made
    assert [(one["reason"], one["fate"]) for one in items] == [(reason, fate) for _, reason, fate in ends]
    ended = [one["words"] for one in items if one["fate"] in ("withheld", "merged", "expired")]
    assert len(set(ended)) == len(ended)
    assert all(one["words"][0].isupper() and one["words"].endswith(".") for one in items)
    one = items[0]
    assert (one["agentId"], one["tool"], one["project"], one["title"]) == ("agent-0", "claude-code", "shop", "Mend it")
    assert one["receiver"] == {"target": "ntfy", "endpoint": "mine"}
    event = (await ready.get(f"/api/events/{one['eventId']}")).json
    assert (one["at"], one["eventType"]) == (event["at"], "agent.turn-completed")


async def test_recent_keeps_to_its_limit_and_to_notifications(ready: House) -> None:
    await put(ready, topic="first")
    old = await told(ready, n=3)
    await put(ready, topic="")
    await put(ready, topic="second")
    new = await told(ready, n=3)
    await ready.add_hook("http://127.0.0.1:9/")
    await ready.post("/api/bindings", {"source": "ingest", "target": "hook"})
    await ready.post("/api/events", {"type": "t"})

    async def ids(limit: int) -> list[str]:
        items = (await ready.get(f"/api/notifications/recent?limit={limit}")).json["items"]
        return [one["deliveryId"] for one in items]

    everything = [*reversed(new), *reversed(old)]
    assert await ids(500) == everything
    assert [await ids(n) for n in (1, 4, 6)] == [everything[:1], everything[:4], everything]
    assert (await ready.get("/api/notifications/recent?limit=0")).code == "request.invalid"


async def test_recent_of_other_events_tells_of_no_agent(ready: House) -> None:
    await ready.services.configuration.set("notifications.enabled", "true")
    await ready.add_hook("http://127.0.0.1:9/")
    await ready.services.dispatcher.pause(next(iter(ready.services.known.directory.targets)))
    bound = {"source": "ingest", "target": "hook", "policy": {"isNotification": True}}
    assert (await ready.post("/api/bindings", bound)).status == 201
    await ready.post("/api/events", {"type": "t", "data": {"agent": {"id": "x", "tool": "y", "machine": "z"}}})

    (one,) = (await ready.get("/api/notifications/recent")).json["items"]

    assert (one["agentId"], one["tool"], one["eventType"], one["fate"]) == (None, "", "t", "waiting")
    assert "paused" in one["words"]


async def test_reader_may_look_and_only_an_admin_may_change(ready: House) -> None:
    made = (await ready.post("/api/tokens", {"name": "r", "scope": "read"})).json["token"]

    statuses = [
        (await ready.get("/api/notifications", token=made)).status,
        (await ready.get("/api/notifications/recent", token=made)).status,
        (await ready.ask("PUT", "/api/notifications", {}, token=made)).status,
        (await ready.post("/api/notifications/test", token=made)).status,
    ]

    assert statuses == [200, 200, 403, 403]
