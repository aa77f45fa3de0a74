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


COUNT = "/api/deliveries/count?status=dlq&target=hook"
DEAD = {"count": 3, "isAtLeast": False, "startCursor": "90", "nextCursor": None}
CHOSEN = {"filter": {"status": ["dlq"], "target": "hook"}, "limit": 500, "cursor": "90"}


def bulk(
    changed: int, *, next_cursor: str | None = None, skipped: list[dict[str, str]] | None = None
) -> dict[str, object]:
    left = skipped or []
    return {"matched": changed + len(left), "changed": changed, "skipped": left, "nextCursor": next_cursor}


def test_bulk_work_is_confirmed_by_a_person(home: Path, daemon: Scripted) -> None:
    daemon.on("GET", COUNT, 200, DEAD)
    daemon.on("POST", "/api/deliveries/replay", 200, bulk(3))

    ran = run_in_terminal(
        "replay", "--status", "dlq", "--target", "hook", home=home, answers=[("Replay 3 deliveries?", "y")]
    )

    assert ran.code == 0
    assert "3 of 3 deliveries to be sent again." in ran.out
    assert [asked.body for asked in of(daemon, "POST")] == [CHOSEN]


def test_bulk_work_that_is_not_confirmed_is_not_done(home: Path, daemon: Scripted) -> None:
    daemon.on("GET", COUNT, 200, DEAD)

    ran = run_in_terminal(
        "dismiss", "--status", "dlq", "--target", "hook", home=home, answers=[("Dismiss 3 deliveries?", "n")]
    )

    assert ran.code == 130
    assert of(daemon, "POST") == []


def test_a_script_must_say_yes_to_bulk_work(home: Path, daemon: Scripted) -> None:
    daemon.on("GET", COUNT, 200, DEAD)
    skipped = [{"id": "d2", "reason": "it is being sent"}]
    daemon.on("POST", "/api/deliveries/dismiss", 200, bulk(2, skipped=skipped))

    refused = run_cli("dismiss", "--status", "dlq", "--target", "hook", home=home)
    done = run_cli("dismiss", "--status", "dlq", "--target", "hook", "--yes", "--json", home=home)

    assert (refused.code, "--yes" in refused.err) == (2, True)
    assert done.json == {"matched": 3, "changed": 2, "skipped": skipped}


def test_bulk_work_counts_to_the_end_and_goes_in_chunks_from_there(home: Path, daemon: Scripted) -> None:
    count = "/api/deliveries/count?target=hook&q=odd"
    daemon.on("GET", count, 200, {"count": 900, "isAtLeast": True, "startCursor": "90", "nextCursor": "50"})
    daemon.on("GET", f"{count}&cursor=50", 200, {**DEAD, "count": 200, "startCursor": "50"})
    left = {"90": bulk(500, next_cursor="60"), "60": bulk(500, next_cursor="40"), "40": bulk(100)}
    daemon.answers["POST", "/api/deliveries/replay"] = lambda asked: (200, left[asked.body["cursor"]])

    ran = run_in_terminal(
        "replay", "--target", "hook", "--search", "odd", home=home, answers=[("Replay 1100 deliveries?", "y")]
    )

    assert "1100 of 1100 deliveries to be sent again." in ran.out
    assert "1100/1100" in ran.out
    assert [asked.body["cursor"] for asked in of(daemon, "POST")] == ["90", "60", "40"]


def test_bulk_work_that_breaks_off_says_how_far_it_came(home: Path, daemon: Scripted) -> None:
    daemon.on("GET", COUNT, 200, {**DEAD, "count": 800})

    def replay(asked: Asked) -> tuple[int, object] | None:
        return (200, bulk(500, next_cursor="60")) if asked.body["cursor"] == "90" else None

    daemon.answers["POST", "/api/deliveries/replay"] = replay

    ran = run_cli("replay", "--status", "dlq", "--target", "hook", "-y", home=home)

    assert ran.code != 0
    assert "Stopped after 500 of 800." in ran.err


def test_ids_go_in_chunks(home: Path, daemon: Scripted) -> None:
    daemon.answers["POST", "/api/deliveries/replay"] = lambda asked: (200, bulk(len(asked.body["ids"])))

    ran = run_cli("replay", *(f"d{number}" for number in range(1_100)), "--json", home=home)

    assert ran.json["changed"] == 1_100
    assert [len(asked.body["ids"]) for asked in of(daemon, "POST")] == [500, 500, 100]


def test_deliveries_are_searched_with_every_option(home: Path, daemon: Scripted) -> None:
    query = "status=failed%2Cdlq&endpoint=4&code=http_404&q=a+b&since=1767225600000&until=1767229200000&limit=50"
    daemon.on("GET", f"/api/deliveries?{query}", 200, {"items": [], "nextCursor": None, "searchedTo": None})

    ran = run_cli(
        *("deliveries", "--status", "failed,dlq", "--endpoint", "4", "--code", "http_404", "--search", "a b"),
        *("--since", "2026-01-01T00:00Z", "--until", "2026-01-01T02:00+01:00"),
        home=home,
    )

    assert (ran.code, ran.out) == (0, "No deliveries here.\n")


@pytest.mark.parametrize("arguments", [["--status", "dlq,lost"], ["--since", "soon"], ["--until", "5 parsecs"]])
def test_search_that_makes_no_sense_is_not_asked(home: Path, daemon: Scripted, arguments: list[str]) -> None:
    ran = run_cli("deliveries", *arguments, home=home)

    assert ran.code == 2
    assert daemon.asked == []


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
