"""What a person is asked before something is lost or shown, and what a script says instead."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.support import Asked, Scripted, run_cli, run_in_terminal

WAITING = {"status": 409, "code": "binding.has_waiting", "detail": "12 deliveries have not ended.", "waiting": 12}
GONE = {"id": 7, "waiting": 12}


def of(daemon: Scripted, method: str) -> list[Asked]:
    return [asked for asked in daemon.asked if asked.method == method]


@pytest.mark.parametrize("answer", ["deliver", "dismiss"])
def test_unbinding_says_what_waits_and_does_as_the_person_says(home: Path, daemon: Scripted, answer: str) -> None:
    daemon.on("DELETE", "/api/bindings/7?waiting=refuse", 409, WAITING)
    daemon.on("DELETE", f"/api/bindings/7?waiting={answer}", 200, GONE)

    ran = run_in_terminal("unbind", "7", home=home, answers=[("What shall become of them?", answer)])

    assert ran.code == 0
    assert "12 deliveries still wait." in ran.out
    assert [asked.path for asked in of(daemon, "DELETE")][-1] == f"/api/bindings/7?waiting={answer}"


def test_unbinding_can_be_called_off(home: Path, daemon: Scripted) -> None:
    daemon.on("DELETE", "/api/bindings/7?waiting=refuse", 409, WAITING)

    ran = run_in_terminal("unbind", "7", home=home, answers=[("What shall become of them?", "cancel")])

    assert ran.code == 130
    assert len(of(daemon, "DELETE")) == 1


def test_a_script_that_unbinds_is_told_how_to_say_it(home: Path, daemon: Scripted) -> None:
    daemon.on("DELETE", "/api/bindings/7?waiting=refuse", 409, WAITING)

    ran = run_cli("unbind", "7", home=home)

    assert ran.code == 1
    assert "posthouse unbind 7 --waiting deliver|dismiss" in ran.err
    assert "[binding.has_waiting]" in ran.err


def test_a_script_that_says_it_is_not_asked(home: Path, daemon: Scripted) -> None:
    daemon.on(
        "GET",
        "/api/bindings?source=ingest&target=hook&limit=500",
        200,
        {"items": [{"id": 7, "endpoint": "default", "state": "active"}]},
    )
    daemon.on("DELETE", "/api/bindings/7?waiting=dismiss", 200, GONE)

    ran = run_cli("unbind", "ingest", "hook", "--waiting", "dismiss", home=home)

    assert (ran.code, ran.out) == (0, "Binding 7 is gone.\n")


DEAD = [{"id": f"d{number}"} for number in range(3)]
DLQ = "/api/deliveries?status=dlq&target=hook&limit=500"


def test_bulk_work_is_confirmed_by_a_person(home: Path, daemon: Scripted) -> None:
    daemon.on("GET", DLQ, 200, {"items": DEAD, "nextCursor": None})
    daemon.on("POST", "/api/deliveries/replay", 200, {"matched": 3, "changed": 3, "skipped": []})

    ran = run_in_terminal(
        "replay", "--status", "dlq", "--target", "hook", home=home, answers=[("Replay 3 deliveries?", "y")]
    )

    assert ran.code == 0
    assert "3 of 3 deliveries to be sent again." in ran.out
    assert of(daemon, "POST")[0].body == {"ids": ["d0", "d1", "d2"]}


def test_bulk_work_that_is_not_confirmed_is_not_done(home: Path, daemon: Scripted) -> None:
    daemon.on("GET", DLQ, 200, {"items": DEAD, "nextCursor": None})

    ran = run_in_terminal(
        "dismiss", "--status", "dlq", "--target", "hook", home=home, answers=[("Dismiss 3 deliveries?", "n")]
    )

    assert ran.code == 130
    assert of(daemon, "POST") == []


def test_a_script_must_say_yes_to_bulk_work(home: Path, daemon: Scripted) -> None:
    daemon.on("GET", DLQ, 200, {"items": DEAD, "nextCursor": None})
    skipped = [{"id": "d2", "reason": "it is being sent"}]
    daemon.on("POST", "/api/deliveries/dismiss", 200, {"matched": 3, "changed": 2, "skipped": skipped})

    refused = run_cli("dismiss", "--status", "dlq", "--target", "hook", home=home)
    done = run_cli("dismiss", "--status", "dlq", "--target", "hook", "--yes", "--json", home=home)

    assert (refused.code, "--yes" in refused.err) == (2, True)
    assert done.json == {"matched": 3, "changed": 2, "skipped": skipped}


def test_bulk_work_goes_in_chunks(home: Path, daemon: Scripted) -> None:
    ids = [f"d{number}" for number in range(1_100)]
    daemon.on(
        "GET", "/api/deliveries?target=hook&limit=500", 200, {"items": [{"id": i} for i in ids], "nextCursor": None}
    )

    def replay(asked: Asked) -> tuple[int, object]:
        count = len(asked.body["ids"])
        return 200, {"matched": count, "changed": count, "skipped": []}

    daemon.answers["POST", "/api/deliveries/replay"] = replay

    ran = run_cli("replay", "--target", "hook", "-y", "--json", home=home)

    assert ran.json["changed"] == 1_100
    assert [len(asked.body["ids"]) for asked in of(daemon, "POST")] == [500, 500, 100]


@pytest.mark.parametrize("arguments", [["replay"], ["dismiss", "d1", "--status", "dlq"]])
def test_bulk_work_needs_ids_or_a_filter_and_not_both(home: Path, daemon: Scripted, arguments: list[str]) -> None:
    ran = run_cli(*arguments, home=home)

    assert ran.code == 2
    assert daemon.asked == []


def test_a_secret_is_asked_for_without_being_shown(home: Path, daemon: Scripted) -> None:
    made = {"target": {"settings": {"url": "https://a.test"}}, "secret": None, "check": {"ok": True}}
    daemon.on("POST", "/api/targets", 201, made)
    arguments = ["target", "add", "webhook", "--name", "hook", "--url", "https://a.test", "--auth", "bearer"]

    ran = run_in_terminal(*arguments, home=home, answers=[("Bearer token:", "t0p-s3cret")])

    assert ran.code == 0
    assert "t0p-s3cret" not in ran.out
    assert of(daemon, "POST")[0].body["settings"]["auth"] == {"kind": "bearer", "token": "t0p-s3cret"}


def test_a_signing_secret_is_printed_once_and_plain_http_is_warned_of(home: Path, daemon: Scripted) -> None:
    def made(asked: Asked) -> tuple[int, object]:
        settings = {"url": asked.body["settings"]["url"]}
        return 201, {"target": {"settings": settings}, "secret": "whsec_fresh", "check": None}

    daemon.answers["POST", "/api/targets"] = made

    ran = run_cli(
        "target", "add", "webhook", "--name", "h", "--url", "http://a.test/x", "--sign", "--no-check", home=home
    )

    assert of(daemon, "POST")[0].body["settings"]["sign"] is True
    assert "Signing secret: whsec_fresh\n" in ran.out
    assert "another machine and the URL begins with http" in ran.err
    assert of(daemon, "POST")[0].body["check"] is False


def test_colours_appear_on_a_terminal_only_and_not_under_no_color(home: Path, daemon: Scripted) -> None:
    daemon.on("GET", "/api/bindings/7", 200, {})

    coloured = run_in_terminal("target", "show", "x", home=home, answers=[], environ={"NO_COLOR": ""})
    plain = run_in_terminal("target", "show", "x", home=home, answers=[], environ={"NO_COLOR": "1"})
    piped = run_cli("target", "show", "x", home=home, environ={"NO_COLOR": ""})

    assert "\x1b[31m" in coloured.out
    assert "\x1b" not in plain.out
    assert "\x1b" not in piped.err
    assert json.loads(run_cli("target", "show", "x", "--json", home=home).err)["code"] == "not_found"
